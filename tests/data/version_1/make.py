"""Makes ``data.db`` and ``servers.json``: a data directory that version 1.0 really wrote.

It runs only on the code of version 1.0, commit 339263a, since it is that code that has to write:

    git archive 339263a | tar -x -C OLD
    mkdir OLD/tests/data/version_1 && cp tests/data/version_1/*.py OLD/tests/data/version_1
    cd OLD && python -m tests.data.version_1.make FOLDER

The library, scene by scene, is described in ``scenes``; ``tests/identity/test_update.py`` says
what the first *Sync All* after the update may change.
"""

from __future__ import annotations

import json
import shutil
import site
import sqlite3
import sys
import tempfile
from pathlib import Path

from simulators.faults import Kind
from simulators.plex.items import Item
from simulators.stash.pictures import png
from sync_queue import datadir, version
from sync_queue.models import SYNC_ALL, scene_job
from tests.data.version_1 import state
from tests.resident.bench import PLEX_FOLDER, ROOT, STASH_FOLDER, Bench

MINUTE = 60.0
SETTINGS = {"skip_posters": False, "sync_groups": True}
STASH_LOOSE, PLEX_LOOSE = "/loose/new", "/mnt/films/a"  # no rule leads from one to the other


class OldLibrary:
    """A bench of version 1.0 with scenes in every state that its database knows."""

    def __init__(self, folder: Path) -> None:
        self.bench = Bench(folder, **SETTINGS)
        plex = self.bench.plex
        self.loose = plex.add_section("Films", locations=["/mnt/films"], agent="none")
        self.series = plex.add_section("Series", "show", locations=[f"{PLEX_FOLDER}/series"])

    def add_loose(self, name: str, size: int, **fields: object) -> tuple[int, Item]:
        """A file that is found by name and size, not by its path."""
        files = [{"path": f"{STASH_LOOSE}/{name}", "size": size, "duration": 1234.5}]
        scene = self.bench.stash.library.add_scene(files=files, **fields)  # type: ignore[arg-type]
        path = f"{PLEX_LOOSE}/{name}"
        return scene, self.bench.plex.add_movie(self.loose, path, size=size, duration=1_234_500)

    def add(self, name: str, **fields: object) -> tuple[int, Item]:
        """A file that the rule finds; no two have one size."""
        scene = self.add_scene(name, **fields)
        size = 700_000_000 + scene
        return scene, self.bench.plex.add_movie(
            self.bench.section, f"{PLEX_FOLDER}/{name}", size=size
        )

    def add_scene(self, name: str, **fields: object) -> int:
        """A file that only Stash knows."""
        scene = self.bench.add_scene(name, **fields)
        self.bench.stash.library.scenes[scene].files[0].size += scene
        return scene

    def scenes(self) -> None:
        """Fifteen scenes, named after what is special about them."""
        bench, plex = self.bench, self.bench.plex
        red = png(4, 4, (200, 0, 0))
        full = {"details": "Docks at night.", "studio": "Northlight", "director": "D. Reel"}
        self.add("Everything.mp4", tags=["Noir", "Sea"], performers=["Ada", "Bo"], cover=red,
                  groups=["Harbour"], date="2021-05-06", rating100=80, **full)  # fmt: skip
        self.add_loose("Without Rules.mp4", 710_000_001, title="Without Rules", tags=["Noir"],
                       studio="Northlight", cover=png(4, 4, (0, 0, 200)))  # fmt: skip
        _, adopted = self.add("Adopted.mp4", details="Written by hand.", tags=["Sea"])
        plex.edit(adopted, {"summary": "Written by hand."}, {"genre": ["Sea"]})
        ignored, _ = self.add("Ignored.mp4", details="Synced once.", tags=["Noir"])
        pinned, _ = self.add_loose("Pinned.mp4", 720_000_001, title="Pinned", tags=["Sea"])
        plex.add_movie(self.loose, "/mnt/films/b/Pinned.mp4", size=720_000_001,
                       duration=1_234_500)  # fmt: skip
        self.add_loose("Ambiguous.mp4", 730_000_001, title="Ambiguous", details="Which one?")
        plex.add_movie(self.loose, "/mnt/films/b/Ambiguous.mp4", size=730_000_001,
                       duration=1_234_500)  # fmt: skip
        self.add_scene("Parked.mp4", details="Not in Plex yet.")
        refused, _ = self.add("Refused.mp4", details="Plex said no.")
        _, rated = self.add("Rated.mp4", rating100=40, details="A user rated it first.")
        plex.edit(rated, {"userRating": "9"}, lock=False)
        self.add("Extended.mp4", tags=["Noir"], performers=["Ada"])
        series = f"{STASH_FOLDER}/series/s01e02.mp4"
        bench.stash.library.add_scene(
            "Episode", files=[{"path": series, "size": 500_000_000, "duration": 1500.0}],
            details="Second of six.", performers=["Bo"],
        )  # fmt: skip
        plex.add_episode(self.series, f"{PLEX_FOLDER}/series/s01e02.mp4", show="Tides", index=2)
        waiting, _ = self.add("Waiting.mp4", details="Before.")
        self.add("Moved in Plex.mp4", details="Its library is made anew.", tags=["Sea"])
        sent, _ = self.add("Sent.mp4", details="Before.", tags=["Noir"])
        self.add("Untitled.mp4", title="", details="No title in Stash.")
        self.live(ignored, pinned, refused, waiting, sent)

    def live(self, ignored: int, pinned: int, refused: int, waiting: int, sent: int) -> None:
        """What version 1.0 and its users did with the scenes."""
        bench = self.bench
        jobs = [
            scene_job(scene, SYNC_ALL, bench.clock())
            for scene in bench.stash.library.scenes
            if scene != refused
        ]
        bench.manager.enqueue_all(jobs)
        bench.pass_time(10 * MINUTE)
        with bench.manager.transaction():
            bench.manager.ledger.ignore(ignored)
            server = bench.worker.session.plex().server
            bench.manager.ledger.pin(pinned, server, self.item("/mnt/films/b/Pinned.mp4"))
        bench.edit(ignored, details="An edit that nobody wants in Plex.")
        bench.edit(pinned)
        bench.pass_time(2 * MINUTE)
        bench.plex.faults.add(Kind.STATUS, method="PUT", status=400)
        bench.edit(refused, details="Plex refuses this.")
        bench.run()
        extended = bench.plex.item(self.item(f"{PLEX_FOLDER}/Extended.mp4"))
        bench.plex.edit(extended, {}, {"genre": [*extended.tags["genre"], "A user's"]})
        bench.pass_time(60 * MINUTE)
        bench.clock.now += 2.0
        bench.edit(sent, details="Sent and not read back.", rating100=60)
        bench.run()
        bench.edit(waiting, details="After.")

    def item(self, path: str) -> int:
        """The rating key of the item that holds a file."""
        return next(i.rating_key for i in self.bench.plex.items() if path in i.files)

    def save(self, folder: Path) -> None:
        """Close everything, and copy what the fixture needs."""
        bench = self.bench
        doc = state.dump(bench.plex, bench.stash, bench.clock.now)
        database = Path(datadir.database_path(str(bench.data_dir)))
        bench.close()
        shutil.copyfile(database, folder / "data.db")
        connection = sqlite3.connect(folder / "data.db", isolation_level=None)
        # The folder in which this ran is nobody's business.
        connection.execute(
            "UPDATE connection SET doc = json_set(doc, '$.server_connection.Dir', '/stash',"
            " '$.server_connection.PluginDir', '/stash/plugins/PlexSync')"
        )
        for place in (str(ROOT), *site.getsitepackages()):
            connection.execute(
                "UPDATE dead_letters SET stack_trace = replace(stack_trace, ?, '/plugin')", (place,)
            )
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        text = json.dumps(doc, indent=1, ensure_ascii=False, sort_keys=True)
        (folder / "servers.json").write_text(text + "\n", "utf-8")


def main() -> None:
    """Write both files into the folder that is named."""
    assert version.VERSION.startswith("1."), "this runs on the code of version 1.0 alone"
    with tempfile.TemporaryDirectory() as folder:
        old = OldLibrary(Path(folder))
        old.scenes()
        old.save(Path(sys.argv[1]))


if __name__ == "__main__":
    main()
