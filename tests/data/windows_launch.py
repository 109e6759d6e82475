"""Runs the Windows branches of launching, handing over and writing files on another system.

Only the flags that start a process without a console are Windows' own: they are noted and left out.
"""

import json
import os
import subprocess
import sys
import time

ROOT, FOLDER = sys.argv[1:]
PLUGIN = os.path.join(FOLDER, "plug in")
DATA = os.path.join(FOLDER, "data")
NOTE = os.path.join(FOLDER, "begun")
WORKER = f"""
import os, sys
sys.path.insert(0, {ROOT!r})
from sync_queue import lock
assert sys.argv[1:] == ["--worker"], sys.argv
assert lock.acquire(os.environ["STASH_PLUGIN_DATA"]) is not None
with open({NOTE!r}, "a") as note:
    note.write("w")
os.read(int(os.environ["UNTIL_CLOSED"]), 1)
"""
flags = []


class WindowsPopen(subprocess.Popen):
    def __init__(self, command, *, creationflags, **options):
        flags.append(creationflags)
        # What Windows' own handle inheritance would not do: the test's pipe stays open.
        super().__init__(command, pass_fds=(reader,), **options)
        workers.append(self)


sys.path.insert(0, ROOT)
from sync_queue import datadir, launch, lock
from worker import resident

workers = []
reader, writer = os.pipe()
os.environ.update(UNTIL_CLOSED=str(reader), STASH_PLUGIN_DATA=DATA)
subprocess.Popen = WindowsPopen
os.name, sys.platform = "nt", "win32"


def begun(count):
    """Wait until so many workers in all have taken the lock."""
    deadline = time.monotonic() + 20
    while not os.path.exists(NOTE) or os.path.getsize(NOTE) < count:
        assert time.monotonic() < deadline, "no worker took the lock"
        time.sleep(0.01)


os.makedirs(PLUGIN)
with open(os.path.join(PLUGIN, "PlexSync.py"), "w") as main:
    main.write(WORKER)
datadir.make_private(os.path.join(DATA, "queue"))

# A hook starts a worker, which takes the lock itself; the next hook starts none.
assert launch.ensure_worker(PLUGIN, DATA)
begun(1)
assert lock.worker_alive(DATA)
assert not launch.ensure_worker(PLUGIN, DATA)
os.write(writer, b"x")
workers[0].wait()

# A worker that finds new code starts it, and gives the lock back first.
held = lock.acquire(DATA, patience=0)
assert held is not None
resident.hand_over(PLUGIN, DATA, held)
begun(2)
assert lock.worker_alive(DATA)
os.write(writer, b"x")
workers[1].wait()
assert [worker.returncode for worker in workers] == [0, 0]
assert flags == [0x08000200] * 2, "no console window, a group of its own"

# Files are written whole although a directory cannot be opened, and paths keep their backslashes.
identity = datadir.identity_text("C:\\Users\\Zoë\\.stash")
datadir.write_private(os.path.join(DATA, datadir.IDENTITY), identity)
assert datadir.remembered(DATA) == identity
assert json.loads(identity)["stash_dir"] == "C:\\Users\\Zoë\\.stash"

# A Stash is the same one however its folder's letters are written.
plugin = os.path.join(FOLDER, "another plug in")
first = datadir.resolve(plugin, "C:\\Users\\Zoë\\.stash", {})
assert datadir.resolve(plugin, "c:\\users\\ZOË\\.stash", {}) == first
assert datadir.locate(plugin, "c:\\Users\\zoë\\.Stash", {}) == first
other = datadir.resolve(plugin, "D:\\Users\\Zoë\\.stash", {})
assert other != first
again = datadir.resolve(plugin, "d:\\users\\zoë\\.stash", {})
assert again.lower() == other.lower()  # one folder there

# A file that a virus scanner holds is tried again.
refused = [PermissionError(13, "Access is denied")] * 3
rename = os.replace


def replace_held_file(source, target):
    if refused:
        raise refused.pop()
    rename(source, target)


os.replace = replace_held_file
datadir.write_private(NOTE, b"whole")
assert not refused
assert datadir.content_of(NOTE) == b"whole"
