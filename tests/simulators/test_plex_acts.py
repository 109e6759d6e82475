"""Acts on files and libraries, and those of a user in Plex's own page."""

from __future__ import annotations

import pytest

from simulators.plex.items import Item, Section
from simulators.plex.server import PlexSimulator
from tests.simulators.plex_http import PlexHttp

A, B, C = "/data/movies/one/a.mp4", "/data/movies/two/b.mp4", "/data/movies/two/c.mp4"


@pytest.fixture
def films(plex: PlexSimulator, movies: Section) -> list[Item]:
    """Three films; the first one has been edited."""
    films = [plex.add_movie(movies, path, added_at=n) for n, path in enumerate((A, B, C), 1)]
    plex.user.edit(films[0], {"title": "Edited"}, {"collection": ["Set"], "genre": ["G"]})
    plex.user.upload_poster(films[0], b"poster")
    return films


def by_file(plex: PlexSimulator) -> dict[str, Item]:
    return {item.files[0]: item for item in plex.items()}


@pytest.mark.parametrize("reuse", [False, True])
def test_a_library_is_made_again_from_its_files(
    plex: PlexSimulator, movies: Section, films: list[Item], reuse: bool
) -> None:
    keys = [item.rating_key for item in films]
    parts = [item.parts[0].id for item in films]
    uuid = movies.uuid
    made = plex.disk.rebuild(
        movies, reuse_keys=reuse, reuse_part_ids=reuse, keep_added_at=reuse, order=[C, A, B]
    )
    assert made == by_file(plex)
    edited = made[A]
    assert (edited.title, edited.locked, edited.posters) == ("a", set(), [])
    assert not any(edited.tags.values())
    assert movies.collections == {}
    now_keys = [made[file].rating_key for file in (C, A, B)]
    now_parts = [made[file].parts[0].id for file in (C, A, B)]
    assert (now_keys == keys) is reuse
    assert (now_parts == parts) is reuse
    assert reuse or not (set(now_keys) & set(keys) or set(now_parts) & set(parts))
    assert ([made[file].added_at for file in (A, B, C)] == [1, 2, 3]) is reuse
    assert movies.uuid != uuid
    assert movies.key == 1


def test_a_rebuild_takes_any_order_and_may_have_another_number(
    plex: PlexSimulator, movies: Section, films: list[Item], http: PlexHttp
) -> None:
    orders = set()
    for seed in range(8):
        made = plex.disk.rebuild(movies, reuse_keys=True, seed=seed)
        orders.add(tuple(sorted(made, key=lambda file: made[file].rating_key)))
    assert len(orders) > 2
    plex.disk.rebuild(movies, reuse_section_key=False)
    assert [each.attrib["key"] for each in http.get("/library/sections")] == ["2"]
    assert http.ask("GET", "/library/sections/1/all").status_code == 404


def test_a_rebuilt_series_has_its_seasons_again(plex: PlexSimulator) -> None:
    section = plex.add_section("Series", "show")
    old = [plex.add_episode(section, f"/s/{n}.mp4", show="Show", index=n) for n in (1, 2)]
    made = plex.disk.rebuild(section, reuse_keys=True, order=["/s/2.mp4", "/s/1.mp4"])
    first = made["/s/1.mp4"]
    assert first.parent and first.parent.parent
    assert (first.parent.parent.title, first.fields["index"]) == ("Show", "1")
    assert [child.files for child in first.parent.children] == [["/s/1.mp4"], ["/s/2.mp4"]]
    assert {item.rating_key for item in made.values()} == {item.rating_key for item in old}


def test_an_item_is_scanned_again_under_a_new_key(plex: PlexSimulator, films: list[Item]) -> None:
    again = plex.disk.scan_again(films[0])
    assert again.files == [A]
    assert again.rating_key > films[2].rating_key
    assert (again.title, films[0].rating_key in plex.library.items) == ("a", False)


@pytest.mark.parametrize("keep", [True, False])
def test_a_file_or_folder_is_renamed(
    plex: PlexSimulator, films: list[Item], http: PlexHttp, keep: bool
) -> None:
    [file] = plex.disk.rename_file(A, "/data/movies/one/z.mp4", keep_item=keep)
    assert (file.rating_key == films[0].rating_key) is keep
    assert file.title == ("Edited" if keep else "z")
    assert file.parts[0].id > films[2].parts[0].id
    old = [item.rating_key for item in films[1:]]
    folder = plex.disk.rename_folder("/data/movies/two", "/data/movies/2", keep_items=keep)
    assert [item.files for item in folder] == [["/data/movies/2/b.mp4"], ["/data/movies/2/c.mp4"]]
    assert ([item.rating_key for item in folder] == old) is keep
    assert http.keys("/library/sections/1/all?type=1&file=movies%2Ftwo") == []
    assert len(http.keys("/library/sections/1/all?type=1&file=movies%2F2")) == 2


def test_names_are_swapped(plex: PlexSimulator, films: list[Item]) -> None:
    plex.disk.swap_names("/data/movies/one", "/data/movies/two")
    assert films[0].files == ["/data/movies/two/a.mp4"]
    assert films[1].files == ["/data/movies/one/b.mp4"]
    plex.disk.swap_names(films[0].files[0], films[1].files[0])
    assert films[0].files == ["/data/movies/one/b.mp4"]


def test_a_file_is_replaced_and_moved(plex: PlexSimulator, films: list[Item]) -> None:
    part = films[0].parts[0]
    plex.disk.replace_file(A, size=5, duration=6)
    assert (films[0].parts[0].id, films[0].parts[0].size) == (part.id, 5)
    plex.disk.replace_file(A, size=7, new_part=True)
    assert films[0].parts[0].id != part.id
    other = plex.add_section("Other", locations=["/mnt/one", "/mnt/two"], agent="none")
    moved = plex.disk.move(films[0], other, lambda file: file.replace("/data/movies", "/mnt"))
    assert (moved.section, moved.files) == (other, ["/mnt/one/a.mp4"])
    assert moved.rating_key != films[0].rating_key
    assert [item.files for item in plex.items(films[0].section)] == [[B], [C]]


def test_versions_are_merged_and_split(plex: PlexSimulator, films: list[Item]) -> None:
    plex.disk.merge(films[1], films[0], films[2])
    assert films[1].files == [B, A, C]
    assert plex.items() == [films[1]]
    new = plex.disk.split(films[1])
    assert films[1].files == [A]
    assert [item.files for item in new] == [[B], [C]]


def test_a_conversion_by_plex_comes_first(
    plex: PlexSimulator, films: list[Item], http: PlexHttp
) -> None:
    plex.disk.add_optimised(films[0], "/data/movies/Plex Versions/a.mp4", "Optimized for TV")
    [item] = http.get(f"/library/metadata/{films[0].rating_key}")
    shown = item.findall("Media")
    assert [media.get("proxyType") for media in shown] == ["42", None]
    assert shown[0].get("target") == "Optimized for TV"
    assert int(shown[0].attrib["id"]) > int(shown[1].attrib["id"])
    assert plex.disk.scan_again(films[0]).files == [A]


def test_a_refresh_overwrites_no_locked_field(plex: PlexSimulator, films: list[Item]) -> None:
    film = films[0]
    plex.user.edit(film, {"summary": "Unlocked"}, lock=False)
    plex.disk.teach_agent(film, title="Agent", summary="The agent's")
    plex.refresh_metadata(film)
    assert (film.title, film.fields["summary"]) == ("Edited", "The agent's")
    assert len(film.posters) == 1
    assert film.selected_poster == film.posters[0]


def test_a_user_edits_in_plexs_own_page(plex: PlexSimulator, films: list[Item]) -> None:
    film, user = films[1], plex.user
    user.add_tag(film, "genre", "One")
    user.add_tag(film, "genre", "Two")
    user.add_tag(film, "collection", "Set")
    assert (film.tags["genre"], film.tags["collection"]) == (["One", "Two"], ["Set"])
    user.remove_tag(film, "genre", "one")
    user.leave_collection(film, "Set")
    assert (film.tags["genre"], film.tags["collection"]) == (["Two"], [])
    user.edit(film, {"title": "B"})
    user.rate(film, 7)
    assert film.fields["userRating"] == "7.0"
    user.rate(film, None)
    assert "userRating" not in film.fields
    assert film.locked == {"genre", "collection", "title"}
    user.set_locks(film, False, "title")
    assert "title" not in film.locked
    user.upload_poster(film, b"mine")
    assert (film.selected_poster, len(film.posters)) == (film.posters[0], 1)
    assert "thumb" in film.locked
