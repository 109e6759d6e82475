"""StashClient against the Stash simulator, over real HTTP."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from typing import Any

import pytest

from simulators.stash.pictures import png
from simulators.stash.server import StashSimulator
from stash.client import StashClient
from stash.connection import StashConnection
from stash.exceptions import StashLoginNeeded, StashQueryFailed, StashUnavailable
from stash.namesakes import LIMIT
from validation.metadata import SceneFile, parse_scene

COVER = png(4, 4, (10, 20, 30))


@pytest.fixture
def stash() -> Iterator[StashSimulator]:
    """An open Stash: no login is set up."""
    with StashSimulator() as simulator:
        yield simulator


@pytest.fixture
def guarded() -> Iterator[StashSimulator]:
    """A Stash with a login."""
    with StashSimulator(credentials=("anna", "secret")) as simulator:
        yield simulator


def connection_to(simulator: StashSimulator) -> StashConnection:
    return StashConnection.from_stdin(simulator.server_connection())


def client_for(simulator: StashSimulator, **options: object) -> StashClient:
    return StashClient(connection_to(simulator), **options)  # type: ignore[arg-type]


def client_with_key_only(simulator: StashSimulator, api_key: str) -> StashClient:
    return StashClient(StashConnection.from_url(simulator.url), api_key=api_key)


# -- scenes ------------------------------------------------------------------------------------


def test_scenes_settings_and_the_switch_come_in_one_request(stash: StashSimulator) -> None:
    first = stash.library.add_scene("One", files=[{"path": "/data/1.mp4"}], performers=["Ann"])
    second = stash.library.add_scene("Two", files=[{"path": "/data/2.mp4"}], studio="S")
    stash.settings = {"plex_url": "http://plex:32400"}
    client = client_for(stash)
    client.read_settings()
    stash.requests.clear()

    read = client.read_scenes([second, first, first])

    assert stash.requests.total == 1
    assert [parse_scene(read.scenes[n]).title for n in (first, second)] == ["One", "Two"]
    assert read.settings == {"plex_url": "http://plex:32400"}
    assert read.plugin_enabled


def test_connecting_asks_for_the_version_and_the_key_and_no_schema(stash: StashSimulator) -> None:
    client_for(stash).read_settings()

    assert dict(stash.requests.by_field) == {"version": 1, "configuration": 2, "plugins": 1}


def test_a_deleted_scene_is_absent_and_the_others_of_its_list_are_not(
    stash: StashSimulator,
) -> None:
    kept = stash.library.add_scene("Kept")
    gone = stash.library.add_scene("Gone")
    stash.scene_destroy(gone)

    read = client_for(stash).read_scenes([kept, gone])

    assert set(read.scenes) == {kept}


def test_no_ids_read_the_settings_alone(stash: StashSimulator) -> None:
    stash.settings = {"paused": True}

    read = client_for(stash).read_scenes([])

    assert read.scenes == {}
    assert read.settings == {"paused": True}


def test_errors_beside_partial_data_are_not_an_answer(stash: StashSimulator) -> None:
    scene = stash.library.add_scene("One", studio="S")
    client = client_for(stash)
    client.read_settings()
    stash.faults.add(
        body="findScene", times=None, error="database is locked", null_at=("findScenes", "scenes")
    )

    with pytest.raises(StashQueryFailed, match="database is locked"):
        client.read_scenes([scene])


def test_the_settings_of_a_plugin_that_never_saved_any_are_empty(stash: StashSimulator) -> None:
    assert client_for(stash).read_settings() == ({}, True)


def test_pages_are_sorted_by_number_and_count_all(stash: StashSimulator) -> None:
    ids = [stash.library.add_scene(f"Scene {n}") for n in range(12)]
    client = client_for(stash)

    total, rows = client.page(2, 5)

    assert total == 12
    assert [scene_id for scene_id, _ in rows] == ids[5:10]
    assert all(updated_at for _, updated_at in rows)
    assert client.page(4, 5) == (12, [])


def test_pages_go_by_id_and_count_what_is_left(stash: StashSimulator) -> None:
    ids = [stash.library.add_scene(f"Scene {n}") for n in range(12)]
    pages = list(client_for(stash).pages(5))
    assert [scene_id for page in pages for scene_id, _ in page.scenes] == ids
    assert [(len(page.scenes), page.left) for page in pages] == [(5, 12), (5, 7), (2, 2)]
    assert all(updated_at for page in pages for _, updated_at in page.scenes)


def test_pages_begin_above_an_id_and_a_page_is_never_empty(stash: StashSimulator) -> None:
    ids = [stash.library.add_scene(f"Scene {n}") for n in range(10)]
    client = client_for(stash)
    (page,) = client.pages(5, after=ids[4])
    assert [scene_id for scene_id, _ in page.scenes] == ids[5:]
    assert list(client.pages(5, after=ids[-1])) == []


def test_a_scene_deleted_between_two_pages_hides_no_other(stash: StashSimulator) -> None:
    ids = [stash.library.add_scene(f"Scene {n}") for n in range(10)]
    pages = client_for(stash).pages(4)
    seen = [scene_id for scene_id, _ in next(pages).scenes]
    stash.scene_destroy(ids[0])
    seen += [scene_id for page in pages for scene_id, _ in page.scenes]
    assert seen == ids


def test_the_scenes_of_a_performer_studio_tag_and_group_are_found(stash: StashSimulator) -> None:
    stash.library.add_scene("Other")
    scene = stash.library.add_scene("It", performers=["P"], studio="S", tags=["T"], groups=["G"])
    library = stash.library
    related = {
        "performers": library.performers.named("P").id,
        "studios": library.studios.named("S").id,
        "tags": library.tags.named("T").id,
        "groups": library.groups.named("G").id,
    }
    client = client_for(stash)

    for kind, related_id in related.items():
        assert list(client.scenes_of(kind, related_id)) == [scene], kind
    with pytest.raises(ValueError, match="galleries"):
        list(client.scenes_of("galleries", 1))


def test_more_related_scenes_than_a_page_are_all_found(stash: StashSimulator) -> None:
    ids = [stash.library.add_scene(f"Scene {n}", tags=["T"]) for n in range(1001)]

    found = list(client_for(stash).scenes_of("tags", stash.library.tags.named("T").id))

    assert found == ids


# -- faults ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault",
    [
        {"close": True},
        {"garbage": True},
        {"html": True},
        {"status": 422},
        {"status": 500},
        {"status": 502},
        {"html": True, "status": 503},
        {"status": 204},
        {"error": "sql: database is locked"},
    ],
    ids=str,
)
def test_every_fault_is_temporary_and_the_next_answer_is_used(
    stash: StashSimulator, fault: dict[str, Any]
) -> None:
    scene = stash.library.add_scene("One")
    client = client_for(stash)
    client.read_settings()
    stash.faults.add(path="/graphql", times=2, **fault)

    with pytest.raises(StashUnavailable) as caught:
        client.read_scenes([scene])
    stash.faults.clear()

    assert not isinstance(caught.value, StashLoginNeeded)
    assert str(caught.value).startswith("Stash")
    assert set(client.read_scenes([scene]).scenes) == {scene}


def test_a_slow_answer_is_not_waited_for_beyond_its_limit(stash: StashSimulator) -> None:
    client = client_for(stash, read_timeout=0.3)
    stash.faults.add(path="/graphql", times=None, delay=30)

    with pytest.raises(StashUnavailable, match="too long"):
        client.read_settings()


def test_a_fault_while_connecting_is_temporary_as_well(stash: StashSimulator) -> None:
    client = client_for(stash)
    stash.faults.add(path="/graphql", garbage=True)

    with pytest.raises(StashUnavailable):
        client.read_settings()

    assert client.read_settings() == ({}, True)


def test_a_stash_that_is_away_is_temporary_and_a_restart_heals_it(stash: StashSimulator) -> None:
    scene = stash.library.add_scene("One")
    client = client_for(stash)
    client.read_scenes([scene])

    stash.stop()
    with pytest.raises(StashUnavailable, match="not reachable"):
        client.read_scenes([scene])
    stash.start()

    assert set(client.read_scenes([scene]).scenes) == {scene}


def test_stashapi_says_nothing_on_its_own(
    stash: StashSimulator, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "plexsync")
    client = client_for(stash)
    stash.faults.add(path="/graphql", status=500)

    with pytest.raises(StashUnavailable):
        client.read_settings()

    assert capfd.readouterr() == ("", "")
    assert caplog.text == ""


# -- logins ------------------------------------------------------------------------------------


def test_stashs_own_api_key_outlives_the_session(guarded: StashSimulator) -> None:
    guarded.set_api_key("own-key")
    client = client_for(guarded)
    client.read_settings()

    guarded.expire_sessions()

    assert client.read_settings() == ({}, True)
    assert guarded.requests.last[-1].auth == "key"


def test_an_expired_session_waits_for_the_next_hooks_cookie(guarded: StashSimulator) -> None:
    client = client_for(guarded)
    client.read_settings()
    guarded.expire_sessions()

    with pytest.raises(StashLoginNeeded, match="open Stash"):
        client.read_settings()
    client.set_connection(connection_to(guarded))
    guarded.requests.clear()

    assert client.read_settings() == ({}, True)
    assert guarded.requests.total == 1  # the cookie changed, the connection did not


def test_a_session_in_use_is_kept_alive_by_the_cookie_that_stash_renews() -> None:
    now = [1_000_000.0]
    with StashSimulator(
        credentials=("anna", "secret"), max_session_age=3600, now=lambda: now[0]
    ) as simulator:
        client = client_for(simulator)
        for _ in range(4):
            client.read_settings()
            now[0] += 2400
        assert client.read_settings() == ({}, True)
        now[0] += 3601
        with pytest.raises(StashLoginNeeded):
            client.read_settings()


def test_only_one_session_cookie_is_ever_sent(guarded: StashSimulator) -> None:
    client = client_for(guarded)
    for _ in range(3):
        client.read_settings()

    assert client._interface is not None
    assert len(client._interface.s.cookies) == 1


def test_a_revoked_own_key_falls_back_to_the_cookie_and_learns_the_new_key(
    guarded: StashSimulator,
) -> None:
    guarded.set_api_key("old-key")
    client = client_for(guarded)
    client.read_settings()

    guarded.set_api_key("new-key")
    assert client.read_settings() == ({}, True)
    guarded.expire_sessions()

    assert client.read_settings() == ({}, True)


def test_a_wrong_key_in_the_settings_falls_back_to_the_cookie(guarded: StashSimulator) -> None:
    client = client_for(guarded, api_key="wrong")

    assert client.read_settings() == ({}, True)
    guarded.requests.clear()
    client.read_settings()

    assert guarded.requests.total == 1  # the refused key is not tried first again


def test_a_wrong_key_is_refused_even_without_a_login_and_nothing_waits_for_it(
    stash: StashSimulator,
) -> None:
    assert client_for(stash, api_key="wrong").read_settings() == ({}, True)
    assert client_with_key_only(stash, "wrong").read_settings() == ({}, True)


def test_a_key_alone_is_enough(guarded: StashSimulator) -> None:
    guarded.set_api_key("own-key")

    assert client_with_key_only(guarded, "own-key").read_settings() == ({}, True)


def test_a_key_set_later_is_used_from_the_next_request_on(guarded: StashSimulator) -> None:
    guarded.set_api_key("own-key")
    client = StashClient(StashConnection.from_url(guarded.url))
    with pytest.raises(StashLoginNeeded):
        client.read_settings()

    client.set_api_key("own-key")

    assert client.read_settings() == ({}, True)


def test_a_key_revoked_with_no_session_left_waits(guarded: StashSimulator) -> None:
    guarded.set_api_key("own-key")
    client = client_for(guarded)
    client.read_settings()
    guarded.set_api_key("")
    guarded.expire_sessions()

    with pytest.raises(StashLoginNeeded):
        client.read_settings()
    client.set_connection(connection_to(guarded))

    assert client.read_settings() == ({}, True)


def test_a_new_address_makes_a_new_connection(guarded: StashSimulator) -> None:
    client = client_for(guarded)
    client.read_settings()
    with StashSimulator() as other:
        other.settings = {"paused": True}

        client.set_connection(connection_to(other))

        assert client.read_settings() == ({"paused": True}, True)


# -- images ------------------------------------------------------------------------------------


def test_a_cover_is_read_with_the_login(guarded: StashSimulator) -> None:
    scene = guarded.library.add_scene("One", cover=COVER)
    client = client_for(guarded)

    assert client.image(f"/scene/{scene}/screenshot?t=1") == COVER


def test_the_placeholder_for_no_cover_is_no_image(stash: StashSimulator) -> None:
    scene = stash.library.add_scene("One")

    assert client_for(stash).image(f"/scene/{scene}/screenshot") is None


def test_a_default_image_is_not_even_asked_for(stash: StashSimulator) -> None:
    assert client_for(stash).image("/performer/1/image?t=1&default=true") is None
    assert stash.requests.total == 0


def test_the_login_page_is_no_image_and_no_redirect_is_followed(guarded: StashSimulator) -> None:
    scene = guarded.library.add_scene("One", cover=COVER)
    client = client_for(guarded)
    client.read_settings()
    guarded.expire_sessions()

    with pytest.raises(StashLoginNeeded):
        client.image(f"/scene/{scene}/screenshot")

    assert "/login" not in guarded.requests.by_path


def test_a_page_with_status_200_is_no_image(stash: StashSimulator) -> None:
    scene = stash.library.add_scene("One", cover=COVER)
    client = client_for(stash)
    stash.faults.add(path="/screenshot", html=True)

    with pytest.raises(StashLoginNeeded):
        client.image(f"/scene/{scene}/screenshot")


def test_an_image_of_a_scene_that_is_gone_is_temporary(stash: StashSimulator) -> None:
    with pytest.raises(StashUnavailable):
        client_for(stash).image("/scene/99/screenshot")


@pytest.mark.parametrize("path", ["http://elsewhere/x", "//elsewhere/x", "scene/1/screenshot", ""])
def test_an_image_is_only_ever_asked_of_stash_itself(stash: StashSimulator, path: str) -> None:
    with pytest.raises(ValueError, match="path on Stash"):
        client_for(stash).image(path)


# -- files by name -----------------------------------------------------------------------------

ODD = "A+B (1) [x] {2}.mp4"


@pytest.fixture
def namesakes(stash: StashSimulator) -> StashSimulator:
    """Files of one name in three folders, one of them on Windows, and others of like names."""
    for path in (
        f"/data/a/{ODD}",
        f"D:\\b\\{ODD}",
        f"/data/c/{ODD}.part",
        f"/data/d/x{ODD}",
        "/data/e/AAB 1 x 2.mp4",
        "/data/f/other.mp4",
    ):
        stash.library.add_scene("", files=[{"path": path, "size": 700, "duration": 12.5}])
    return stash


def test_files_of_many_names_are_found_in_one_request(namesakes: StashSimulator) -> None:
    client = client_for(namesakes)
    client.read_settings()
    namesakes.requests.clear()
    found = client.namesakes([ODD, "other.mp4", "nobody's.mp4"])
    assert [(scene, file.path) for scene, file in found[ODD]] == [
        (1, f"/data/a/{ODD}"),
        (2, f"D:\\b\\{ODD}"),
    ]
    ((scene, file),) = found["other.mp4"]
    assert (scene, file.size, file.duration) == (6, 700, 12.5)
    assert found["nobody's.mp4"] == ()
    assert namesakes.requests.total == 1


def test_a_stash_that_takes_no_pattern_is_asked_by_text(namesakes: StashSimulator) -> None:
    client = client_for(namesakes)
    expected = client.namesakes([ODD, "other.mp4"])
    namesakes.faults.add(body="MATCHES_REGEX", error="unsupported modifier", times=None)
    assert client.namesakes([ODD, "other.mp4"]) == expected
    assert client.namesakes([]) == {}


def test_an_answer_that_is_cut_says_that_there_may_be_more(stash: StashSimulator) -> None:
    for number in range(LIMIT + 1):
        stash.library.add_scene("", files=[{"path": f"/data/{number}/video.mp4"}])
    found = client_for(stash).namesakes(["video.mp4"])["video.mp4"]
    assert len(found) == LIMIT + 1
    assert found[-1] == (0, SceneFile("video.mp4"))


# -- secrets -----------------------------------------------------------------------------------


def test_keys_and_cookies_are_in_no_text_we_make(
    guarded: StashSimulator, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    key = "canary-key"
    connection = connection_to(guarded)
    client = StashClient(connection, api_key=key)
    guarded.faults.add(path="/graphql", nth=3, times=None, status=401)

    with pytest.raises(StashLoginNeeded) as caught:
        client.read_settings()
        client.read_settings()

    texts = [repr(connection), repr(client), caplog.text, repr(client._logins())]
    texts += traceback.format_exception(caught.value)
    texts += [request.path for request in guarded.requests.last]
    assert not any(secret in text for text in texts for secret in (key, connection.cookie))
