"""Stash and Plex as the newest hook and the newest settings describe them."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any, Protocol

from plex import device_identity
from plex.addresses import Address
from plex.client import PlexClient
from plex.event_stream import EventSource
from plex.index import FileIndex
from plex.items import PlexAbout, PlexSection
from plex.probing import Question, probe_all
from stash.client import StashClient
from stash.connection import StashConnection
from stash.exceptions import StashUnavailable
from sync_queue import credentials
from sync_queue.credentials import ChosenServer
from sync_queue.index_store import IndexStore
from sync_queue.ledger import Ledger
from sync_queue.scenes import Scenes
from sync_queue.state import PerformerTagsNote, StateStore
from validation.config import PlexSyncConfig, missing_setting, validate_config
from validation.errors import SetupError
from validation.metadata import PERFORMER_TAGS
from worker import logs
from worker.access import (
    BY_SETTINGS,
    BY_SIGN_IN,
    Access,
    access_of,
    other_addresses,
    server_in_use,
)

# The environment variable with a file of certificates (PEM) for both servers.
CA_BUNDLE = "PLEXSYNC_CA_BUNDLE"

log = logging.getLogger("plexsync.servers")


class Store(Protocol):
    """Our own memory: ``QueueManager`` has it, and a preview's ``Snapshot``, which is
    read-only."""

    @property
    def data_dir(self) -> str: ...
    @property
    def scenes(self) -> Scenes: ...
    @property
    def ledger(self) -> Ledger: ...
    @property
    def index(self) -> IndexStore: ...
    @property
    def state(self) -> StateStore: ...
    def transaction(self) -> AbstractContextManager[None]: ...
    def stash_connection(self) -> Mapping[str, object]: ...
    def connection_seen_at(self) -> float: ...


@dataclass(frozen=True, slots=True)
class SettingsRead:
    """The settings as Stash had them at ``read_at`` (epoch seconds, 0 = never read).

    ``problems`` are sentences about values whose default is used. ``setup_problem`` names the
    setting that Plex cannot be reached without, "" = none missing. ``enabled`` is False only when
    the plugin is switched off. ``signed_in`` is the server of the sign-in, where that is in use.
    """

    config: PlexSyncConfig
    problems: tuple[str, ...] = ()
    setup_problem: str = ""
    enabled: bool = True
    read_at: float = 0.0
    signed_in: ChosenServer | None = None

    @property
    def access(self) -> Access:
        """How Plex is reached; it works only without a ``setup_problem``."""
        return access_of(self.config, self.signed_in)

    @property
    def source(self) -> str:
        """Where address and token of Plex come from."""
        return BY_SIGN_IN if self.signed_in else BY_SETTINGS


@dataclass(frozen=True, slots=True)
class ScenesRead:
    """Scenes by id as Stash has them, and the settings that came along. Absent ids are deleted
    scenes."""

    scenes: Mapping[int, Mapping[str, Any]]
    settings: SettingsRead


class Servers:
    """The two servers of one worker. Not thread-safe: the sync thread owns it.

    ``sleep`` waits some seconds between two tries of one request to Plex. ``settings`` are those
    that were read last. ``instead`` are values to be tried in place of the stored ones.
    """

    def __init__(
        self,
        store: Store,
        environ: Mapping[str, str],
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        instead: Mapping[str, object] | None = None,
    ) -> None:
        self.store = store
        self.instead = instead or {}
        self.environ = environ
        self.clock = clock
        self.sleep = sleep
        self._ca_bundle = environ.get(CA_BUNDLE, "").strip()
        self.settings = self.judged({})
        self._stash: StashClient | None = None
        self._plex: tuple[tuple[Access, str], PlexClient] | None = None
        self._index: tuple[PlexClient, FileIndex] | None = None

    # -- Stash --------------------------------------------------------------------------------

    @property
    def knows_stash(self) -> bool:
        """Whether any hook, task or variable has given Stash's address yet."""
        told = self.store.stash_connection().get("server_connection")
        return bool(told or self.settings.config.stash_url)

    def stash(self) -> StashClient:
        """The client for the newest connection. Raises ``StashUnavailable`` when none is known."""
        config = self.settings.config
        if self._stash is None:
            self._stash = StashClient(
                self.stash_connection(),
                api_key=config.stash_api_key.get_secret_value(),
                connect_timeout=config.connect_timeout,
                read_timeout=config.read_timeout,
                ca_bundle=self._ca_bundle if not ca_problem(self._ca_bundle) else "",
            )
        else:
            self._stash.set_connection(self.stash_connection())
        return self._stash

    def read_scenes(self, ids: Iterable[int], also: str = "") -> ScenesRead:
        """Read scenes as they are now, with the fields *also*; the settings ride along.

        A second request asks for the tags of performers when the settings of the first need them,
        and those known before did not.
        """
        wanted, tagged = tuple(ids), f"{also} {PERFORMER_TAGS}"
        asked = self._needs_performer_tags(self.settings)
        read = self.stash().read_scenes(wanted, tagged if asked else also)
        settings = self.take_settings(read.settings, read.plugin_enabled)
        if not asked and self._needs_performer_tags(settings):
            read = self.stash().read_scenes(wanted, tagged)
        return ScenesRead(read.scenes, settings)

    def _needs_performer_tags(self, read: SettingsRead) -> bool:
        """Whether the tags of performers count. They are needed after they were switched off too,
        to tell the genres that go by this setting from those that Stash lost."""
        return read.config.performer_tags or self.store.state.load(PerformerTagsNote).counted

    def read_settings(self) -> SettingsRead:
        """Read the settings alone."""
        return self.take_settings(*self.stash().read_settings())

    def stash_connection(self) -> StashConnection:
        """Stash's address: the one that it gave us itself, else the setting ``stash_url``."""
        told = self.store.stash_connection().get("server_connection")
        config = self.settings.config
        key = config.stash_api_key.get_secret_value()
        if isinstance(told, dict) and told:
            return StashConnection.from_stdin(told, api_key=key)
        if config.stash_url:
            return StashConnection.from_url(config.stash_url, api_key=key)
        raise StashUnavailable(
            "PlexSync does not know Stash's address yet: save a scene in Stash, or run a task."
        )

    def take_settings(self, raw: Mapping[str, object], enabled: bool) -> SettingsRead:
        """Use these settings from now on, and log once what is wrong with them."""
        sent = self.store.stash_connection().get("settings")
        stored = raw or (sent if isinstance(sent, dict) else {})
        before, read = self.settings, self.judged({**stored, **self.instead})
        if read.problems != before.problems:
            for problem in read.problems:
                log.warning("%s", problem)
        self.settings = replace(read, enabled=enabled, read_at=self.clock())
        logs.set_debug(read.config.debug_logging)
        if self._stash is not None:
            self._stash.set_api_key(read.config.stash_api_key.get_secret_value())
        return self.settings

    def judged(self, raw: Mapping[str, object]) -> SettingsRead:
        """These settings, with the sign-in where they name no Plex. They are not used yet."""
        report = validate_config(raw, self.environ)
        server, missing = server_in_use(report, self.store.data_dir)
        return SettingsRead(report.config, report.problems, missing, signed_in=server)

    # -- Plex ---------------------------------------------------------------------------------

    def plex(self, config: PlexSyncConfig) -> PlexClient:
        """The client for these settings. Raises ``SetupError`` when they cannot work."""
        server = self.settings.signed_in
        missing = "" if server else missing_setting(config)
        if missing:  # the settings that were read last know whether a given one is unusable
            raise SetupError(self.settings.setup_problem or missing)
        access = access_of(config, server)
        settings = (access, config.plex_library)
        if self._plex is None or settings != self._plex[0]:
            if self._plex is not None:
                self._plex[1].close()
            problem = ca_problem(self._ca_bundle)
            if problem:
                raise SetupError(problem)
            client = PlexClient(
                access.url,
                access.token,
                insecure_tls=access.insecure_tls,
                ca_bundle=self._ca_bundle,
                connect_timeout=access.connect_timeout,
                read_timeout=access.read_timeout,
                identifier=device_identity.client_identifier(self.store.data_dir),
                guard=access.guard,
                sleep=self.sleep,
            )
            self._plex = settings, client
        return self._plex[1]

    def move_on(self) -> bool:
        """Whether another address of the signed-in server answers, and the one in use does not: it
        is used from now on."""
        server = self.settings.signed_in
        if server is None:
            return False
        insecure = self.settings.config.insecure_tls
        listed = frozenset(uri for uri, _local, _relay in server.addresses)
        addresses = (Address(server.uri), *other_addresses(server))
        current, *others = probe_all(
            [
                Question(one, server.machine, "", {}, listed, insecure, self._ca_bundle)
                for one in addresses
            ]
        )
        answers = [one.address.uri for one in others if one.ok]
        if current.ok or not answers:
            return False
        moved = server.at(answers[0])
        log.warning(
            "Plex (%s) does not answer at %s. It answers at %s, which is used from now on.",
            server.name,
            server.uri,
            moved.uri,
        )
        credentials.move(self.store.data_dir, server, moved, self.clock())
        self.settings = replace(self.settings, signed_in=moved)
        return True

    def file_index(self, plex: PlexClient) -> FileIndex:
        """The file index of a server."""
        if self._index is None or self._index[0] is not plex:
            self._index = plex, FileIndex(plex, self.store.index, self.store.transaction)
        return self._index[1]

    def event_source(self) -> EventSource | None:
        """Plex's stream of new files; ``None`` when the settings cannot work."""
        if self.settings.setup_problem or ca_problem(self._ca_bundle):
            return None
        access = self.settings.access
        return EventSource(
            access.url,
            access.token,
            insecure_tls=access.insecure_tls,
            ca_bundle=self._ca_bundle,
            connect_timeout=access.connect_timeout,
            guard=access.guard,
        )

    def plex_seen(self) -> tuple[PlexAbout | None, tuple[PlexSection, ...]]:
        """The server and its libraries as they were seen last. Asks nothing."""
        if self._plex is None:
            return None, ()
        return self._plex[1].about, self._plex[1].known_sections

    def plex_used_at(self) -> float:
        """When Plex last answered, or failed to (``time.monotonic()``; 0 = never). Any thread."""
        plex = self._plex
        return plex[1].used_at if plex else 0.0


def ca_problem(path: str) -> str:
    """A sentence about a file of certificates that cannot be used, "" when it can."""
    try:
        if path:
            ssl.create_default_context(cafile=path)
    except ssl.SSLError:
        return f"{CA_BUNDLE} names a file without certificates in PEM format: {path}."
    except OSError as error:
        return f"{CA_BUNDLE} names a file that cannot be read ({error.strerror}): {path}."
    return ""


def plex_settings(read: SettingsRead) -> tuple[object, ...]:
    """The settings that decide how Plex is reached: another value lifts a hold."""
    return read.access, read.config.plex_library
