"""A plan as request lines: Plex's parameters, at most 8 kB each, safe in both tag modes."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plex.edit_plan import EditPlan, TagEdit
from plex.requests import MAX_REQUEST_LINE, edit_parameters, edit_path, line_length
from tests.writing import fake_plex
from tests.writing.builders import item

# Other programs share the machine: no deadline per example.


def edits(
    values: dict[str, str] | None = None, tags: dict[str, TagEdit] | None = None, lock: bool = True
) -> EditPlan:
    names = [*(values or {}), *(tags or {})]
    return EditPlan(
        42, 3, "movie", values or {}, tags or {}, dict.fromkeys(names, True) if lock else {}
    )


def test_everything_goes_into_one_request() -> None:
    (parameters,) = edit_parameters(
        edits(
            {"title": "New", "summary": ""},
            {"genre": TagEdit(("a", "b"), ("x",)), "actor": TagEdit((), ("y",))},
        )
    )
    assert parameters == {
        "type": "1",
        "id": "42",
        "title.value": "New",
        "title.locked": "1",
        "summary.value": "",
        "summary.locked": "1",
        "genre[0].tag.tag": "a",
        "genre[1].tag.tag": "b",
        "genre.locked": "1",
        "genre[].tag.tag-": "x",
        "actor.locked": "1",
        "actor[].tag.tag-": "y",
    }


def test_the_path_is_plex_own_and_wholly_encoded() -> None:
    path = edit_path(3, {"type": "1", "id": "42", "title.value": "A & B = C + D? #1 “é”"})
    assert path == (
        "/library/sections/3/all?type=1&id=42&title.value="
        "A%20%26%20B%20%3D%20C%20%2B%20D%3F%20%231%20%E2%80%9C%C3%A9%E2%80%9D"
    )
    assert "genre%5B0%5D.tag.tag=a" in edit_path(3, {"genre[0].tag.tag": "a"})


def test_removed_names_survive_commas_by_being_encoded_twice() -> None:
    (parameters,) = edit_parameters(edits(tags={"actor": TagEdit((), ("Bob, Jr.", "A & B"))}))
    assert parameters["actor[].tag.tag-"] == "Bob%2C%20Jr.,A%20%26%20B"


def test_an_edit_without_locks_sends_none() -> None:
    (parameters,) = edit_parameters(edits({"title": "x"}, {"genre": TagEdit(("a",), ())}, False))
    assert not [name for name in parameters if name.endswith(".locked")]


def test_nothing_is_sent_for_an_empty_plan() -> None:
    assert edit_parameters(edits()) == ()


@pytest.mark.parametrize(("key", "section"), [(0, 3), (-1, 3), (42, 0)])
def test_an_edit_without_an_items_id_is_refused(key: int, section: int) -> None:
    with pytest.raises(ValueError, match="whole library"):
        edit_parameters(EditPlan(key, section, "movie", {"title": "x"}))


def test_an_empty_removal_is_never_sent_because_it_would_remove_all() -> None:
    (parameters,) = edit_parameters(edits(tags={"genre": TagEdit(("a",), ())}))
    assert "genre[].tag.tag-" not in parameters


def test_a_long_plan_is_split_with_fields_before_tags() -> None:
    cast = TagEdit(tuple(f"Performer {n:03}" for n in range(120)), ())
    calls = edit_parameters(
        edits({"title": "New", "titleSort": "New", "summary": "é" * 700}, {"actor": cast})
    )
    assert len(calls) == 2
    assert "title.value" in calls[0] and "titleSort.value" in calls[0]
    assert "actor[119].tag.tag" in calls[1] and "actor.locked" in calls[1]
    assert all(line_length(3, call) <= MAX_REQUEST_LINE for call in calls)


def test_a_field_above_the_limit_is_sent_alone() -> None:
    calls = edit_parameters(edits({"title": "New", "summary": "é" * 3000, "studio": "S"}))
    assert [sorted(call) for call in calls] == [
        ["id", "title.locked", "title.value", "type"],
        ["id", "summary.locked", "summary.value", "type"],
        ["id", "studio.locked", "studio.value", "type"],
    ]


@pytest.mark.parametrize("append", [False, True])
def test_a_list_above_the_limit_is_sent_whole_after_its_removals(append: bool) -> None:
    old = tuple(f"Old performer number {n:04}" for n in range(400))
    new = tuple(f"New performer number {n:04}" for n in range(400))
    plan = edits(tags={"actor": TagEdit((*new, old[0]), old[1:])})
    calls = edit_parameters(plan)
    assert [line_length(3, call) > MAX_REQUEST_LINE for call in calls[:-1]] == [False] * (
        len(calls) - 1
    )
    assert "actor[400].tag.tag" in calls[-1] and "actor[0].tag.tag" in calls[-1]
    assert all("actor.locked" not in call for call in calls[:-1])
    after = fake_plex.apply(item({}, {"actor": old}), plan, append=append)
    assert set(after.tags["actor"]) == {*new, old[0]}


texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=40)
long_texts = st.builds(lambda text, times: text * times, texts, st.integers(1, 60))
tag_edits = st.builds(
    lambda names, gone, times: TagEdit(
        tuple(name * times for name in names), tuple(name * times for name in gone)
    ),
    st.lists(texts.filter(bool), unique=True, max_size=30),
    st.lists(texts.filter(bool), unique=True, max_size=30),
    st.integers(1, 8),
)


@given(
    st.dictionaries(st.sampled_from(["title", "titleSort", "summary", "studio"]), long_texts),
    st.dictionaries(st.sampled_from(["genre", "actor", "collection"]), tag_edits),
    st.booleans(),
)
def test_nothing_is_lost_doubled_or_longer_than_it_must_be(
    values: dict[str, str], tags: dict[str, TagEdit], lock: bool
) -> None:
    plan = edits(
        values, {name: tag for name, tag in tags.items() if tag.wanted or tag.removed}, lock
    )
    calls = edit_parameters(plan)
    sent: dict[str, str] = {}
    removed: dict[str, list[str]] = {}
    for call in calls:
        path = edit_path(3, call)
        arrived = dict(parse_qsl(urlsplit(path).query, keep_blank_values=True))
        assert arrived == call
        assert (arrived.pop("type"), arrived.pop("id")) == ("1", "42")
        for name in [name for name in arrived if name.endswith("-")]:
            parts = arrived.pop(name).split(",")
            removed.setdefault(name.split("[")[0], []).extend(map(unquote, parts))
        assert not sent.keys() & arrived.keys()
        sent |= arrived
        subjects = {re.split(r"[.\[]", name)[0] for name in call} - {"type", "id"}
        together = {"title" if name == "titleSort" else name for name in subjects}
        assert len(f"PUT {path} HTTP/1.1") <= MAX_REQUEST_LINE or len(together) == 1
    wanted = {f"{name}.value": value for name, value in plan.values.items()}
    for name, tag in plan.tags.items():
        wanted |= {f"{name}[{n}].tag.tag": text for n, text in enumerate(tag.wanted)}
    locks = {f"{name}.locked": "1" for name in plan.locks}
    assert sent == wanted | locks
    assert removed == {name: list(tag.removed) for name, tag in plan.tags.items() if tag.removed}
