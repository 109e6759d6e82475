"""What Status shows of settings and Plex: noted for it when it changes."""

from __future__ import annotations

from dataclasses import asdict

from plex.candidates import is_chosen
from plex.items import PlexSection
from sync_queue.manager import QueueManager
from sync_queue.state import PerformerTagsNote
from validation.config import PlexSyncConfig
from validation.setting_types import shown_value
from validation.settings import SETTINGS
from worker.servers import Servers, SettingsRead


class Observed:
    """Notes what the servers showed, once for each change."""

    def __init__(self, manager: QueueManager) -> None:
        self.manager = manager
        self._settings: SettingsRead | None = None
        self._plex: object = None

    def note(self, servers: Servers) -> None:
        """Store what has changed since the last call."""
        settings = servers.settings
        if settings.read_at and settings is not self._settings:
            before, self._settings = self._settings, settings
            if before is None or note_of(before) != note_of(settings):
                note_settings(self.manager, settings)
        about, sections = servers.plex_seen()
        seen = (about, sections, settings.config.libraries, settings.source)
        if about is None or seen == self._plex:
            return
        self._plex = seen
        with self.manager.transaction():
            self.manager.state.note("server", {**asdict(about), "source": settings.source})
            libraries = [library_doc(one, settings.config) for one in sections]
            self.manager.state.note("libraries", {"libraries": libraries})


def note_settings(manager: QueueManager, settings: SettingsRead) -> None:
    """Store the settings as they were read, without secrets."""
    with manager.transaction():
        manager.state.note("settings", note_of(settings))
        if settings.config.performer_tags:
            manager.state.save(PerformerTagsNote(counted=True))


def note_of(settings: SettingsRead) -> dict[str, object]:
    """The settings for Status. ``plex`` is the server of a sign-in that is in use."""
    server = settings.signed_in
    named = (
        {"name": server.name, "address": server.uri, "machine": server.machine} if server else {}
    )
    return {
        "values": {one.name: shown_value(getattr(settings.config, one.name)) for one in SETTINGS},
        "missing": settings.setup_problem,
        "plex": named,
        "source": "" if settings.setup_problem else settings.source,
    }


def library_doc(section: PlexSection, config: PlexSyncConfig) -> dict[str, object]:
    """One library of Plex for programs."""
    return {
        "key": section.section_id,
        "title": section.title,
        "type": "show" if section.kind == "episode" else section.kind,
        "chosen": is_chosen(section.title, config.libraries),
    }
