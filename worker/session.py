"""Stash and Plex as the newest hook and the newest settings describe them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from plex import device_identity
from plex.client import PlexClient
from plex.index import FileIndex
from stash.client import StashClient
from stash.connection import StashConnection
from stash.exceptions import StashUnavailable
from validation.config import PlexSyncConfig, validate_config
from validation.errors import SetupError
from worker import logs
from worker.memory import Memory

log = logging.getLogger("plexsync.session")


class Session:
    """The two servers of one worker. Not thread-safe: the sync thread owns it.

    ``sleep`` waits some seconds between two tries of one request to Plex. ``read_at`` is when the
    settings were read (epoch seconds, 0 = never), ``problems`` what is wrong with them.
    """

    def __init__(
        self,
        manager: Memory,
        environ: Mapping[str, str],
        clock: Callable[[], float],
        sleep: Callable[[float], None],
    ) -> None:
        self.manager = manager
        self.environ = environ
        self.clock = clock
        self.sleep = sleep
        report = validate_config({}, environ)
        self.config, self.setup_problem = report.config, report.setup_problem
        self.plugin_enabled = True
        self.read_at = 0.0
        self._stash: StashClient | None = None
        self._told: Mapping[str, object] = {}
        self._seen_at = 0.0
        self._plex: PlexClient | None = None
        self._index: tuple[PlexClient, FileIndex] | None = None
        self._plex_settings: tuple[object, ...] = ()
        self.problems: tuple[str, ...] = ()

    def news(self) -> bool:
        """Whether, since the last call, a hook or task brought another address or session, or a
        task came.
        """
        told, seen_at = self.manager.stash_connection(), self.manager.connection_seen_at()
        if (told, seen_at) == (self._told, self._seen_at):
            return False
        self._told, self._seen_at = told, seen_at
        return True

    def stash(self) -> StashClient:
        """The client for the newest connection. Raises ``StashUnavailable`` when none is known."""
        self.news()
        connection = self.connection()
        if self._stash is None:
            self._stash = StashClient(
                connection,
                api_key=self.config.stash_api_key.get_secret_value(),
                connect_timeout=self.config.connect_timeout,
                read_timeout=self.config.read_timeout,
            )
        else:
            self._stash.set_connection(connection)
        return self._stash

    @property
    def knows_stash(self) -> bool:
        """Whether anybody has said yet where Stash is."""
        return bool(self._told.get("server_connection") or self.environ.get("STASH_URL"))

    def connection(self) -> StashConnection:
        """Where Stash is: what it told us itself, else ``STASH_URL``."""
        told = self._told.get("server_connection")
        key = self.environ.get("STASH_API_KEY", "")
        if isinstance(told, dict) and told:
            return StashConnection.from_stdin(told, api_key=key)
        if self.environ.get("STASH_URL"):
            return StashConnection.from_url(self.environ["STASH_URL"], api_key=key)
        raise StashUnavailable(
            "Stash has not told PlexSync its address yet: save a scene in Stash, or run a task."
        )

    def read_scenes(self, ids: Iterable[int]) -> Mapping[int, Mapping[str, Any]]:
        """The scenes as they are now; the settings ride along. Absent ids are deleted scenes."""
        read = self.stash().read_scenes(ids)
        self.take_settings(read.settings, read.plugin_enabled)
        return read.scenes

    def has_scene(self, scene_id: int) -> bool:
        """Whether Stash has this scene now."""
        return scene_id in self.read_scenes((scene_id,))

    def read_settings(self) -> None:
        """Read the settings alone."""
        self.take_settings(*self.stash().read_settings())

    def take_settings(self, raw: Mapping[str, object], plugin_enabled: bool) -> None:
        """Use these settings from now on, and say once what is wrong with them."""
        sent = self._told.get("settings")
        report = validate_config(raw or (sent if isinstance(sent, dict) else {}), self.environ)
        self.config, self.setup_problem = report.config, report.setup_problem
        self.plugin_enabled = plugin_enabled
        self.read_at = self.clock()
        if report.problems != self.problems:
            self.problems = report.problems
            for problem in report.problems:
                log.warning("%s", problem)
        logs.set_debug(self.config.debug_logging)
        if self._stash is not None:
            self._stash.set_api_key(self.config.stash_api_key.get_secret_value())

    def file_index(self) -> FileIndex:
        """The file index of the Plex of this moment."""
        plex = self.plex()
        if self._index is None or self._index[0] is not plex:
            self._index = plex, FileIndex(plex, self.manager.index, self.manager.transaction)
        return self._index[1]

    def begin_drain(self) -> None:
        """The queue is empty: the next drain may list whole libraries again."""
        if self._index is not None:
            self._index[1].begin_drain()

    def plex(self) -> PlexClient:
        """The client for the current settings. Raises ``SetupError`` when they cannot work."""
        if self.setup_problem:
            raise SetupError(self.setup_problem)
        settings = plex_settings(self.config)
        if self._plex is None or settings != self._plex_settings:
            if self._plex is not None:
                self._plex.close()
            self._plex = PlexClient(
                self.config.plex_url,
                self.config.plex_token.get_secret_value(),
                insecure_tls=self.config.insecure_tls,
                connect_timeout=self.config.connect_timeout,
                read_timeout=self.config.read_timeout,
                identifier=device_identity.client_identifier(self.manager.data_dir),
                sleep=self.sleep,
            )
            self._plex_settings = settings
        return self._plex

    def plex_used_at(self) -> float:
        """When Plex last answered, or failed to (``time.monotonic()``; 0 = never). Any thread."""
        plex = self._plex
        return plex.used_at if plex else 0.0


def plex_settings(config: PlexSyncConfig) -> tuple[object, ...]:
    """The settings that decide how Plex is reached: another value lifts a hold."""
    return (
        config.plex_url,
        config.plex_token.get_secret_value(),
        config.plex_library,
        config.insecure_tls,
        config.connect_timeout,
        config.read_timeout,
    )
