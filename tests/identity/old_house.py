"""A house whose data directory version 1.0 wrote; both servers are as it left them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from simulators.plex.items import Item
from simulators.plex.server import PlexSimulator
from sync_queue import datadir
from tests.data.version_1 import state
from tests.identity.house import House

FOLDER = Path(state.__file__).parent
DATABASE = FOLDER / "data.db"


class OldHouse(House):
    """See ``tests/data/version_1/make.py`` for what lives in it."""

    def __init__(self, folder: Path, **settings: object) -> None:
        self.doc = json.loads((FOLDER / "servers.json").read_text("utf-8"))
        database = Path(datadir.database_path(str(folder / "data")))
        database.parent.mkdir(parents=True, mode=0o700)
        shutil.copyfile(DATABASE, database)
        database.chmod(0o600)
        super().__init__(folder, **{**self.doc["settings"], **settings})
        self.clock.now = self.doc["now"] + 5
        state.load_plex(self.plex, self.doc)
        state.load_stash(self.stash, self.doc)
        self.tell()
        self.new_worker()

    def new_plex(self) -> PlexSimulator:
        return PlexSimulator(machine_identifier=self.doc["machine_identifier"], clock=self.clock)

    @property
    def database(self) -> Path:
        """The one file of the product's memory."""
        return Path(datadir.database_path(str(self.data_dir)))

    def scene_named(self, name: str) -> int:
        """The scene whose file has that name, without its ending."""
        (found,) = [
            scene.id
            for scene in self.stash.library.scenes.values()
            if scene.files[0].basename == f"{name}.mp4"
        ]
        return found

    def item_named(self, name: str, folder: str = "") -> Item:
        """The item whose file has that name."""
        (found,) = [
            item for item in self.plex.items() if item.files[0].endswith(f"{folder}/{name}.mp4")
        ]
        return found
