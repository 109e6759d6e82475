"""Server-sent events of Plex: both shapes, any cut, any garbage."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Iterator, Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plex.events import MAX_FRAME, EventKind, EventReader, LibraryEvent

CREATED, FINISHED, DELETED, SCANNED, OTHER = EventKind
NEW = {
    "identifier": "com.plexapp.plugins.library",
    "sectionID": "2",
    "itemID": "7",
    "parentItemID": "6",
    "type": 1,
    "title": "a\n\nb",
    "state": 0,
    "metadataState": "created",
    "updatedAt": 1_700_000_000,
}
ENDED = {
    "event": "ended",
    "Activity": {"type": "library.update.section", "Context": {"librarySectionID": "2"}},
}


def frame(data: object, name: str = "timeline") -> bytes:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n".encode()


def timeline(**changes: object) -> bytes:
    return frame({"TimelineEntry": [NEW | changes]})


def read(*pieces: bytes) -> list[LibraryEvent]:
    reader = EventReader()
    return [event for piece in pieces for event in reader.feed(piece)]


# -- what is read --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        {"TimelineEntry": [NEW]},
        {"TimelineEntry": NEW},
        {"NotificationContainer": {"type": "timeline", "size": 1, "TimelineEntry": [NEW]}},
        {"TimelineEntry": [3, None, NEW, []], "other": {"a": 1}},
        {"TimelineEntry": [NEW | {"itemID": 7, "sectionID": 2}]},
        {"TimelineEntry": [NEW | {"state": "0"}]},
    ],
)
def test_every_shape_of_a_new_item_is_one_event(data: object) -> None:
    assert read(frame(data)) == [LibraryEvent(CREATED, 7, 2)]


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({}, CREATED),
        ({"metadataState": "processing"}, OTHER),
        ({"state": 1}, FINISHED),
        ({"state": 2}, OTHER),
        ({"state": 4}, OTHER),
        ({"state": 5}, FINISHED),
        ({"state": 5, "metadataState": 5}, FINISHED),
        ({"state": 9, "metadataState": "deleted"}, DELETED),
        ({"state": 10**9}, OTHER),
    ],
)
def test_the_state_of_an_item_is_the_kind_of_its_event(
    changes: dict[str, object], kind: EventKind
) -> None:
    assert read(timeline(**changes)) == [LibraryEvent(kind, 7, 2)]


@pytest.mark.parametrize("form", [[ENDED], ENDED])
def test_the_end_of_a_scan_is_an_event_of_its_section(form: object) -> None:
    data = {"ActivityNotification": form}
    assert read(frame(data, "activity")) == [LibraryEvent(SCANNED, 0, 2)]
    assert read(frame({"NotificationContainer": data})) == [LibraryEvent(SCANNED, 0, 2)]


@pytest.mark.parametrize(
    "changes",
    [
        {"event": "updated"},
        {"Activity": {"type": "media.generate.chapters"}},
        {"Activity": "library.update.section"},
    ],
)
def test_other_activities_are_no_events(changes: dict[str, object]) -> None:
    assert read(frame({"ActivityNotification": ENDED | changes})) == []


@pytest.mark.parametrize("context", [None, "2", [2], {"librarySectionID": -1}])
def test_a_scan_of_an_unnamed_section_is_an_event_still(context: object) -> None:
    activity = {"type": "library.update.section", "Context": context}
    data = {"ActivityNotification": ENDED | {"Activity": activity}}
    assert read(frame(data)) == [LibraryEvent(SCANNED, 0, 0)]


BAD_NUMBERS: list[object] = [
    None,
    True,
    1.0,
    -1,
    2**63,
    "-1",
    "",
    " 7",
    "7.0",
    "٧",
    "²",
    "9" * 19 + "9",
    "9" * 5000,
    [7],
    {},
]


@pytest.mark.parametrize("number", [*BAD_NUMBERS, 0, "0"])
def test_an_entry_without_an_item_is_no_event(number: object) -> None:
    assert read(timeline(itemID=number)) == []


@pytest.mark.parametrize("number", BAD_NUMBERS)
def test_an_entry_without_a_state_is_no_event(number: object) -> None:
    assert read(timeline(state=number)) == []


@pytest.mark.parametrize("number", [*BAD_NUMBERS, 0, "0"])
def test_an_event_needs_no_section(number: object) -> None:
    assert read(timeline(sectionID=number)) == [LibraryEvent(CREATED, 7, 0)]


@pytest.mark.parametrize("identifier", ["com.plexapp.system", None, 5, []])
def test_an_entry_of_another_plugin_is_no_event(identifier: object) -> None:
    assert read(timeline(identifier=identifier)) == []


def test_the_largest_number_is_read() -> None:
    assert read(timeline(itemID=str(10**18 - 1)))[0].item == 10**18 - 1


# -- frames --------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_may_end_in_any_way(end: str) -> None:
    text = (timeline() + timeline(state=5)).decode().replace("\n", end)
    assert [event.kind for event in read(text.encode())] == [CREATED, FINISHED]


def test_data_may_stand_on_several_lines_among_others() -> None:
    lines = json.dumps({"TimelineEntry": [NEW]}, indent=1).split("\n")
    text = ": a comment\nid: 5\n" + "".join(f"data:{line}\n" for line in lines) + "retry: 1\nx\n\n"
    assert read(text.encode()) == [LibraryEvent(CREATED, 7, 2)]


def test_a_frame_that_does_not_end_is_no_event() -> None:
    assert read(timeline()[:-1]) == []


UNREADABLE = [
    b"data: {\n\n",
    b"data: \xff\xfe\n\n",
    b"data: " + b"[" * 60_000 + b"\n\n",
    b"data: " + b"9" * 60_000 + b"\n\n",
    b'data: {"TimelineEntry":' * 2 + b"\n\n",
    b"data: []\n\n",
    b"data: null\n\n",
    b"data: NaN\n\n",
    b'data: {"TimelineEntry": NaN}\n\n',
    b'data: {"NotificationContainer": []}\n\n',
    b"event: ping\ndata: {}\n\n",
    b"event: timeline\n\n",
    b"\n\n\n\n",
    b"<html>\n\n",
    b": nothing\n\n",
    b"\x00\n\n",
]


@pytest.mark.parametrize("garbage", UNREADABLE)
def test_an_unreadable_frame_costs_no_other(garbage: bytes) -> None:
    assert read(timeline() + garbage + timeline(state=5)) == [
        LibraryEvent(CREATED, 7, 2),
        LibraryEvent(FINISHED, 7, 2),
    ]


@pytest.mark.parametrize(("more", "events"), [(0, 1), (1, 0), (2, 0), (MAX_FRAME, 0)])
@pytest.mark.parametrize("step", [1, 8192, 10**9])
def test_a_frame_is_read_up_to_its_bound(more: int, events: int, step: int) -> None:
    size = len(timeline()) - 2
    body = timeline(title="a\n\nb" + "x" * (MAX_FRAME - size + more))
    assert len(body) - 2 == MAX_FRAME + more
    assert len(read(*cut_every(body, step))) == events
    assert read(*cut_every(body + timeline(state=5), step))[events:] == [
        LibraryEvent(FINISHED, 7, 2)
    ]


def test_an_endless_line_takes_no_memory() -> None:
    reader = EventReader()
    tracemalloc.start()
    try:
        for _ in range(2_000):
            reader.feed(b"data: " + b"x" * 8_000)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 * MAX_FRAME
    assert reader.frames == 0
    assert reader.feed(b"\n\n" + timeline()) == (LibraryEvent(CREATED, 7, 2),)


def test_frames_are_counted_whatever_is_in_them() -> None:
    reader = EventReader()
    reader.feed(b"event: ping\ndata: {}\n\n: x\n\n" + b"y" * 2 * MAX_FRAME + b"\n\n" + b"data")
    assert reader.frames == 3


# -- cuts and garbage ----------------------------------------------------------------------------


def cut_every(text: bytes, step: int) -> Iterator[bytes]:
    return (text[start : start + step] for start in range(0, len(text), step))


def cut_at(text: bytes, places: Sequence[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(text) + 1) for place in places), len(text)]
    return [text[start:end] for start, end in pairwise(edges)]


PIECES = st.one_of(
    st.sampled_from(
        [
            timeline(),
            timeline(state=5).replace(b"\n", b"\r\n"),
            timeline(state=9).replace(b"\n", b"\r"),
            frame({"ActivityNotification": ENDED}),
            b"x" * (MAX_FRAME + 1),
            b"\n",
            b"\r",
            b"\r\n",
            b"data: ",
            *UNREADABLE[:2],
        ]
    ),
    st.binary(max_size=30),
)
STREAMS = st.lists(PIECES, max_size=12).map(b"".join)


@given(STREAMS, st.lists(st.integers(0, 10**6), max_size=30))
def test_cuts_change_nothing(stream: bytes, places: list[int]) -> None:
    whole, cut = EventReader(), EventReader()
    events = whole.feed(stream)
    assert [event for piece in cut_at(stream, places) for event in cut.feed(piece)] == list(events)
    assert cut.frames == whole.frames


@given(STREAMS)
def test_a_good_frame_after_any_garbage_is_read(stream: bytes) -> None:
    assert read(stream + b"\n\n" + timeline())[-1] == LibraryEvent(CREATED, 7, 2)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "NotificationContainer",
                    "TimelineEntry",
                    "ActivityNotification",
                    "Activity",
                    "Context",
                    "librarySectionID",
                    "itemID",
                    "sectionID",
                    "state",
                    "type",
                ]
            ),
            inner,
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_any_json_is_read_within_bounds(data: object) -> None:
    for event in read(frame(data), frame({"TimelineEntry": data})):
        assert 0 <= event.item < 2**63
        assert 0 <= event.section < 2**63
