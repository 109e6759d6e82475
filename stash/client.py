"""StashClient: queries to Stash, and a few mutations, over stashapi's StashInterface."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import TypeVar
from urllib.parse import parse_qs, urlsplit

import requests
from requests.exceptions import RequestException
from stashapi.classes import GQLException

from stash import activity, library_files, namesakes
from stash.answers import at, counted, id_of, listed, rows_of
from stash.connection import StashConnection
from stash.exceptions import (
    HOLES,
    StashLoginNeeded,
    StashQueryFailed,
    StashQueryUnknown,
    StashUnavailable,
    check_version,
    translate_stash_exception,
)
from stash.interface import Interface, Login, set_login
from validation.metadata import SCENE_FRAGMENT
from validation.numbers import Endless, longest_listing, most_pages, seconds_awake
from validation.texts import one_line

PLUGIN_ID = "PlexSync"

_SETTINGS = f'configuration {{ plugins(include: ["{PLUGIN_ID}"]) }} plugins {{ id enabled }}'
_SCENE = f"fragment PlexSyncScene on Scene {{ {SCENE_FRAGMENT} }}"
_PAGE_QUERY = """query($filter: FindFilterType, $scenes: SceneFilterType) {
  findScenes(filter: $filter, scene_filter: $scenes) { count scenes { id updated_at } } }"""
_RELATED_PAGE = 500
_LONGEST_VERSION = 100
_VERSION = "version { version }"
_RELATED_KINDS = frozenset({"performers", "studios", "tags", "groups"})

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class StashRead:
    """Scenes as Stash has them now, with what rides along.

    ``scenes`` maps each id that exists to its raw GraphQL object; an id that was asked for and is
    absent is a deleted scene. ``settings`` is our stored settings object; ``plugin_enabled`` is
    False only when Stash lists the plugin as switched off.
    """

    scenes: Mapping[int, Mapping[str, object]]
    settings: Mapping[str, object]
    plugin_enabled: bool


@dataclass(frozen=True, slots=True)
class StashAbout:
    """Stash's ``version``; whether a plugin of our id is ``loaded``, and the names of its tasks."""

    version: str
    loaded: bool
    tasks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ScenePage:
    """One page of scenes by id: (id, ``updated_at``) pairs, never none. ``left`` is how many
    scenes there are from this page on."""

    scenes: tuple[tuple[int, str], ...]
    left: int


class StashClient:
    """Reads from one Stash, stores our settings in it, and adds what Plex knows of a scene. Lazily
    connects; use one per worker, from one thread.

    *api_key* is the setting ``stash_api_key``; timeouts are seconds. Every method raises
    StashUnavailable, or StashLoginNeeded when no login we have is accepted.
    """

    def __init__(
        self,
        connection: StashConnection,
        *,
        api_key: str = "",
        connect_timeout: float = 5.0,
        read_timeout: float = 30.0,
        ca_bundle: str = "",
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._connection = connection
        self._monotonic = monotonic
        self._ca_bundle = ca_bundle
        self._api_key = api_key
        self._timeouts = (connect_timeout, read_timeout)
        self._own_key = ""
        self._refused: set[Login] = set()
        self._interface: Interface | None = None
        self._current = Login()
        self.covers = 0  # how many it has given

    def set_connection(self, connection: StashConnection) -> None:
        """Use the newest address and cookie. Only a new address makes a new connection."""
        if connection.address != self._connection.address:
            self._interface = None
            self._own_key = ""
            self._refused.clear()
        self._connection = connection

    def set_api_key(self, api_key: str) -> None:
        """Use *api_key*, the setting ``stash_api_key`` ("" = none), from the next request on."""
        self._api_key = api_key

    def read_scenes(self, ids: Iterable[int], also: str = "") -> StashRead:
        """Read the scenes *ids* as they are now, our settings with them, in one request; of each
        scene also the fields *also*.

        A real Stash answers a list that names one deleted scene with an error and nothing else.
        So a failed list is asked once more as single scenes, still one request, where a deleted
        one is null.
        """
        wanted = sorted(set(ids))
        if not wanted:
            settings, enabled = self.read_settings()
            return StashRead({}, settings, enabled)
        try:
            data = self._query(
                f"query($ids: [ID!]) {{ findScenes(ids: $ids, filter: {{per_page: -1}}) "
                f"{{ scenes {{ ...PlexSyncScene {also} }} }} {_SETTINGS} }} {_SCENE}",
                {"ids": [str(scene_id) for scene_id in wanted]},
            )
            scenes = at(data, list, "findScenes", "scenes")
        except StashQueryFailed:
            singles = " ".join(
                f's{scene_id}: findScene(id: "{scene_id}") {{ ...PlexSyncScene {also} }}'
                for scene_id in wanted
            )
            data = self._query(f"query {{ {singles} {_SETTINGS} }} {_SCENE}", {})
            singles_read = (at(data, object, f"s{scene_id}") for scene_id in wanted)
            scenes = [one for one in singles_read if one is not None]
        return StashRead({id_of(one): one for one in scenes}, *_parse_settings(data))

    def read_newest(self, count: int) -> StashRead:
        """Read the scenes that were added last, our settings with them, in one request."""
        order = {"per_page": count, "sort": "id", "direction": "DESC"}
        data = self._query(
            f"query($filter: FindFilterType) {{ findScenes(filter: $filter) "
            f"{{ scenes {{ ...PlexSyncScene }} }} {_SETTINGS} }} {_SCENE}",
            {"filter": order},
        )
        scenes = at(data, list, "findScenes", "scenes")[:count]
        return StashRead({id_of(one): one for one in scenes}, *_parse_settings(data))

    def read_settings(self) -> tuple[Mapping[str, object], bool]:
        """Read our stored settings and whether the plugin is enabled; see StashRead."""
        return _parse_settings(self._query(f"query {{ {_SETTINGS} }}", {}))

    def configure(self, changes: Mapping[str, object]) -> None:
        """Store *changes* among our settings. Stash replaces the whole map, so the other keys are
        read immediately before and sent back as they are, unknown ones too.
        """
        stored, _ = self.read_settings()
        self._query(
            "mutation($id: ID!, $input: Map!) { configurePlugin(plugin_id: $id, input: $input) }",
            {"id": PLUGIN_ID, "input": {**stored, **changes}},
        )

    def add_plays(self, scene_id: int, times: Iterable[int]) -> None:
        """Add plays to a scene, at these moments (epoch seconds). Stash adds a repeated one
        again."""
        written = [activity.written(moment) for moment in times]
        self._query(activity.ADD_PLAYS, {"id": str(scene_id), "times": written})

    def save_resume(self, scene_id: int, seconds: float) -> None:
        """Store a scene's resume position."""
        self._query(activity.SAVE_RESUME, {"id": str(scene_id), "seconds": seconds})

    def rate(self, scene_id: int, rating100: int) -> None:
        """Rate a scene, 1 to 100. Its hooks run, ours too."""
        change = {"id": str(scene_id), "rating100": rating100}
        self._query(activity.RATE, {"input": change})

    def about(self) -> StashAbout:
        """Read Stash's version, and the tasks of the plugin that it has loaded under our id."""
        data = self._query(
            f"query {{ {_VERSION} plugins {{ id tasks {{ name }} }} }}",
            {},
        )
        ours = [one for one in listed(data, "plugins") if at(one, str, "id") == PLUGIN_ID]
        tasks = tuple(at(task, str, "name") for one in ours for task in listed(one, "tasks"))
        return StashAbout(_version_of(data), bool(ours), tasks)

    def page(self, page: int, size: int) -> tuple[int, list[tuple[int, str]]]:
        """Read page *page* (from 1) of all scenes by id: the total and (id, updated_at) pairs."""
        order = {"page": page, "per_page": size, "sort": "id", "direction": "ASC"}
        data = self._query(_PAGE_QUERY, {"filter": order, "scenes": None})
        total = counted(data, "findScenes", "count")
        _most_pages(total, size)
        return total, [row for row in rows_of(data) if row[0]]

    def pages(self, size: int, *, after: int = 0) -> Iterator[ScenePage]:
        """Read all scenes by id, from above *after*, *size* in one request.

        By id and not by page number: nothing is missed when a scene is deleted meanwhile.
        """
        yield from self._pages(size, after, {})

    def scenes_of(self, kind: str, related_id: int) -> Iterator[int]:
        """Yield the ids of the scenes that have a performer, studio, tag or group.

        *kind* is ``performers``, ``studios``, ``tags`` or ``groups``.
        """
        if kind not in _RELATED_KINDS:
            raise ValueError(f"no scenes by {kind}")
        having = {kind: {"value": [str(related_id)], "modifier": "INCLUDES"}}
        for page in self._pages(_RELATED_PAGE, 0, having):
            yield from (scene_id for scene_id, _ in page.scenes)

    def namesakes(self, names: Iterable[str]) -> namesakes.Found:
        """Every file of Stash that has one of the file *names*, by name.

        One request for all names; a second one where Stash does not take the pattern.
        """
        asked = tuple(dict.fromkeys(names))
        if not asked:
            return {}
        every = {"per_page": namesakes.LIMIT, "sort": "id", "direction": "ASC"}
        by_pattern = {"path": {"value": namesakes.pattern(asked), "modifier": "MATCHES_REGEX"}}
        try:
            data = self._query(namesakes.BY_PATTERN, {"filter": every, "scenes": by_pattern})
            found = namesakes.read_answers([at(data, dict, "findScenes")], asked)
        except StashQueryFailed:
            found = {}
        if not any(found.values()):
            query, variables = namesakes.by_text(asked)
            data = self._query(query, {"filter": every, **variables})
            found = namesakes.read_answers(data.values(), asked)
        return found

    def folders(self) -> tuple[str, ...]:
        """Read the folders that Stash scans for videos."""
        return library_files.read_folders(self._query(library_files.FOLDERS, {}))

    def files(self, page: int, size: int) -> library_files.FilePage:
        """Read the files of page *page* (from 1) of all scenes by id."""
        order = {"page": page, "per_page": size, "sort": "id", "direction": "ASC"}
        found = library_files.read_page(self._query(library_files.PAGE, {"filter": order}))
        _most_pages(found.scenes, size)
        return found

    def count_below(self, folders: Sequence[str]) -> tuple[int, ...]:
        """Count the scenes with a file below each of *folders*. Raises StashQueryFailed where
        Stash does not take the pattern."""
        query, variables = library_files.count_question(folders)
        return library_files.read_counts(self._query(query, variables), len(folders))

    def image(self, path: str) -> bytes | None:
        """Read an image by its *path* (with query) on Stash, or ``None`` when it is a placeholder.

        Stash answers with an SVG where there is no image, and marks the address of a default one.
        """
        parts = urlsplit(path)
        if parts.scheme or parts.netloc or not path.startswith("/"):
            raise ValueError("an image is asked for by its path on Stash")
        if parse_qs(parts.query).get("default") == ["true"]:
            return None
        url = self._connection.base_url + path
        response = self._with_login(lambda stash: _image_answer(stash.s.get(url)))
        self.covers += 1
        kind = response.headers.get("Content-Type", "")
        return None if kind.lower().startswith("image/svg") else response.content

    def _pages(self, size: int, after: int, scenes: Mapping[str, object]) -> Iterator[ScenePage]:
        order = {"per_page": size, "sort": "id", "direction": "ASC"}
        most: int | None = None
        waited = 0.0  # for Stash; who reads the pages takes his own time
        for number in count(1):
            above = {"id": {"value": after, "modifier": "GREATER_THAN"}}
            asked = self._monotonic()
            data = self._query(_PAGE_QUERY, {"filter": order, "scenes": {**scenes, **above}})
            waited += seconds_awake(self._monotonic() - asked)
            read, left = rows_of(data), counted(data, "findScenes", "count")
            most = _most_pages(left, size) if most is None else most
            if number > most:
                raise StashUnavailable("Stash lists more and more scenes.")
            if waited > longest_listing(most):
                raise StashUnavailable("Stash takes too long to list its scenes.")
            rows = tuple(row for row in read if row[0] > after)
            if rows:
                yield ScenePage(rows, left)
                after = rows[-1][0]
            elif len(read) >= size:
                raise StashUnavailable("Stash lists the same scenes again, and not the next ones.")
            if left <= len(read) or not rows:
                return

    def _query(self, query: str, variables: dict[str, object]) -> dict[str, object]:
        """Raises ``StashTooOld`` if Stash does not know the query because of its age."""
        try:
            return self._ask(query, variables)
        except StashQueryUnknown:
            check_version(_version_of(self._ask(f"query {{ {_VERSION} }}", {})))
            raise

    def _ask(self, query: str, variables: dict[str, object]) -> dict[str, object]:
        def ask(stash: Interface) -> dict[str, object]:
            answer: dict[str, object] = stash.call_GQL(query, variables)  # type: ignore[no-untyped-call]
            return answer

        return self._with_login(ask)

    def _with_login(self, ask: Callable[[Interface], _T]) -> _T:
        """Ask with the login that is preferred, then with the others that we have."""
        refusal: StashLoginNeeded | None = None
        for login in self._logins():
            try:
                answer = ask(self._logged_in(login))
            except StashLoginNeeded as error:
                refusal = error
                self._refuse(login)
            except (RequestException, GQLException) as error:
                raise translate_stash_exception(error) from None
            else:
                self._refused.discard(login)
                return answer
        raise StashLoginNeeded(
            "Stash asks for a login: the session has expired or the API key is not valid any more. "
            "Jobs wait; open Stash, or set stash_api_key."
        ) from refusal

    def _logins(self) -> list[Login]:
        """All logins, the preferred one first, refused ones last.

        An API key outlives the session. Without a login set up Stash ignores a cookie but refuses
        a wrong key, so the cookie, even an empty one, is the last resort.
        """
        keys = (self._api_key, self._connection.api_key, self._own_key)
        logins = [Login(api_key=key) for key in dict.fromkeys(keys) if key]
        logins.append(Login(cookie=self._connection.cookie))
        return sorted(logins, key=self._refused.__contains__)

    def _refuse(self, login: Login) -> None:
        self._refused.add(login)
        if login.api_key and login.api_key == self._own_key:
            # Revoked or replaced: connecting again with another login asks Stash for its new key.
            self._own_key = ""
            self._interface = None

    def _logged_in(self, login: Login) -> Interface:
        """Return the interface, connected, with exactly *login* on its session."""
        if self._interface is None:
            try:
                stash = Interface(self._connection, login, self._timeouts, self._ca_bundle)
            except HOLES as error:
                raise translate_stash_exception(error) from None
            self._own_key = str(stash.s.headers.get("ApiKey") or "")
            self._interface = stash
        elif login == self._current:
            return self._interface  # its cookie may have been refreshed by Stash since
        set_login(self._interface.s, login, self._connection.host)
        self._current = login
        return self._interface


def _version_of(data: object) -> str:
    return one_line(str(at(data, object, "version", "version")), _LONGEST_VERSION)


def _most_pages(scenes: int, size: int) -> int:
    try:
        return most_pages(scenes, size)
    except Endless:
        raise StashUnavailable("Stash says that it has more scenes than can be.") from None


def _image_answer(response: requests.Response) -> requests.Response:
    kind = response.headers.get("Content-Type", "").lower()
    if kind.startswith("text/html"):
        raise StashLoginNeeded("Stash sent a page instead of an image.")
    # Stash serves the kinds that it does not know, such as AVIF and HEIC, as plain bytes.
    known = kind.startswith(("image/", "application/octet-stream"))
    if not known or not response.content:
        raise StashUnavailable("Stash sent something else instead of an image.")
    return response


def _parse_settings(data: object) -> tuple[Mapping[str, object], bool]:
    every = at(data, dict, "configuration", "plugins")
    settings = at(every, dict, PLUGIN_ID) if every.get(PLUGIN_ID) is not None else {}
    plugins = listed(data, "plugins")
    off = any(at(p, str, "id") == PLUGIN_ID and not at(p, bool, "enabled") for p in plugins)
    return settings, not off
