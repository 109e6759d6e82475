"""Views and star ratings on their way from Plex to Stash: a chore of the resident worker.

A look is made at most every ten minutes, a piece at a time, and only while no edit waits. It keeps
what is new in Plex, and then gives Stash what belongs to scenes whose item is certain in this very
look. Nothing is written to Plex, and nothing is removed from Stash.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from plex.client import READ_MANY_LIMIT, PlexClient
from plex.items import PlexSection
from sync_queue.manager import QueueManager
from sync_queue.state import FromPlexNote
from validation.config import PlexSyncConfig
from validation.errors import PlexSyncError, QueueError, SetupError
from validation.words import count
from worker.gifts import Gifts, Kinds, Tally
from worker.permission import Go, Permission
from worker.plex_history import read_begun, read_history, read_ratings
from worker.servers import Servers

LOOK_SECONDS = 600.0
# After so many looks at a history without news, one is for resume positions instead.
QUIET_LOOKS = 5

log = logging.getLogger("plexsync.from_plex")


class FromPlex:
    """The looks of one worker. The time of the last one is kept, so that a restart makes no look
    more."""

    def __init__(
        self,
        manager: QueueManager,
        servers: Servers,
        permission: Permission,
        clock: Callable[[], float],
    ) -> None:
        self.manager = manager
        self.servers = servers
        self.permission = permission
        last = manager.state.load(FromPlexNote).at
        self.look_at = last + LOOK_SECONDS if last else clock()
        self.looking: Iterator[None] | None = None
        self._quiet_looks = 0

    @property
    def is_on(self) -> bool:
        """Whether the settings, as they were read last, ask for looks."""
        return bool(Kinds.of(self.servers.settings.config))

    def run(self, now: float) -> None:
        """Go on with a look, or begin one that is due. One that fails is made again at the next
        time, and its reason is kept for the user."""
        if self.looking is None:
            if now < self.look_at <= now + LOOK_SECONDS:
                return
            self.look_at = now + LOOK_SECONDS
            self.looking = self._look(now)
        try:
            next(self.looking)
        except StopIteration:
            self.looking = None
        except QueueError:
            raise
        except PlexSyncError as error:
            self.looking = None
            if self.is_on:
                self._fail(now, _failure(error))
            raise

    def _fail(self, now: float, sentence: str) -> None:
        """Keep an obstacle for Status; it is logged once."""
        if self.manager.state.load(FromPlexNote).sentence != sentence:
            log.warning("%s", sentence)
        self._keep(FromPlexNote(now, sentence, problem=True))

    def next_in(self, now: float) -> float:
        """Seconds until the next piece; 0 = there is one to go on with."""
        return 0.0 if self.looking else max(0.0, min(self.look_at - now, LOOK_SECONDS))

    def _look(self, now: float) -> Iterator[None]:
        """One look. The settings are read first: the user may have changed them without a hook."""
        if not self.permission.may_ask_plex() or not isinstance(self.permission.ask_again(), Go):
            return
        config = self.servers.settings.config
        if not config.plays_from_plex and self.manager.plays.is_shown():
            with self.manager.transaction():
                self.manager.plays.forget_shown()
        if not self.is_on:
            self._clear()
            return
        before = self.manager.state.load(FromPlexNote)
        self._keep(replace(before, at=now))
        plex = self.servers.plex(config)
        if config.plays_from_plex:
            yield from self._read_plays(plex, config)
        if config.ratings_from_plex:
            yield from read_ratings(self.manager, plex, self._sections(plex, config))
        yield from self._give(plex, config, now)

    def _read_plays(self, plex: PlexClient, config: PlexSyncConfig) -> Iterator[None]:
        """Read the history, and who watches also the resume positions. A user who only begins
        leaves no row: so they are read once an hour, in place of a history without news."""
        if self._quiet_looks < QUIET_LOOKS:
            has_news = yield from read_history(self.manager, plex)
            self._quiet_looks = 0 if has_news else self._quiet_looks + 1
            if not has_news:
                return
        yield from read_begun(self.manager, plex, self._sections(plex, config))
        self._quiet_looks = 0

    def _sections(self, plex: PlexClient, config: PlexSyncConfig) -> Sequence[PlexSection]:
        return self.servers.file_index(plex).sections(config.libraries)

    def _give(self, plex: PlexClient, config: PlexSyncConfig, now: float) -> Iterator[None]:
        """Give Stash what waits for scenes that have an item; the first time, only show it."""
        plays, server, kinds = self.manager.plays, plex.server, Kinds.of(config)
        only_shows = kinds.plays and not plays.look(server).shown
        gifts = Gifts(self.manager, self.servers, plex, now, kinds=kinds, only_shows=only_shows)
        after = 0
        while waiting := plays.waiting(
            server, now, after, READ_MANY_LIMIT, views=kinds.plays, stars=kinds.ratings
        ):
            after = waiting[-1][0]
            if not gifts.give(waiting):
                return
            yield
        # Views of scenes that are synced later were not shown yet.
        if only_shows and (gifts.tally.plays or not plays.views_wait(server)):
            with self.manager.transaction():
                plays.save_look(server, replace(plays.look(server), shown=True))
        before = self.manager.state.load(FromPlexNote)
        shows = only_shows and gifts.tally.plays > 0
        sentence = _result(gifts.tally, only_shows=shows)
        if sentence:
            log.info("%s", sentence)
            self._keep(FromPlexNote(now, sentence, passing=shows))
        elif before.problem or before.passing:
            self._keep(FromPlexNote(now))

    def _keep(self, note: FromPlexNote) -> None:
        """Keep the result of a look for Status."""
        with self.manager.transaction():
            self.manager.state.save(note)

    def _clear(self) -> None:
        """Nothing is to be said while both settings are off."""
        if self.manager.state.load(FromPlexNote) != FromPlexNote():
            with self.manager.transaction():
                self.manager.state.clear(FromPlexNote)


def _failure(error: PlexSyncError) -> str:
    """Why a look failed, for the user."""
    owner = " Plex shows its history to the server's owner only."
    return (
        f"Views and ratings could not be added to Stash from Plex. {error}"
        f"{owner if isinstance(error, SetupError) else ''} Edits do not wait for this."
    )


def _result(tally: Tally, *, only_shows: bool) -> str:
    """What a look found, for the user; "" for nothing."""
    plays = f"{count(tally.plays, 'play', 'plays')} of {count(tally.scenes, 'scene', 'scenes')}"
    given = [] if only_shows or not tally.plays else [plays]
    if tally.resumes and not only_shows:
        given.append(count(tally.resumes, "resume position", "resume positions"))
    if tally.ratings:
        given.append(count(tally.ratings, "rating", "ratings"))
    said = [f"Added to Stash from Plex: {', '.join(given)}."] if given else []
    if only_shows:
        said.append(
            f"From Plex, {plays} would be added to Stash. The next check, in ten minutes, adds"
            " them, unless Plays from Plex is switched off."
        )
    return " ".join(said)
