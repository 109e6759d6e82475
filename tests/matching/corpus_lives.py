"""What happens to files over the years, each with and without rules, memory and a rebuild.

Memory never decides: an answer is the same with an entry of the ledger and without one, whether the
library is as it was, was made anew under new keys, or gave the old keys to other films.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from tests.matching.layouts import RULE, TV, Layout

Answer = Sequence[int] | str
_DECOY = "/media/Unrelated Things/Harvest Moon.mkv|77|77"


@dataclass(frozen=True)
class Life:
    """One thing that happens. ``ruled`` is the answer with rules, ``free`` the one without; the
    other words are those of ``Layout``."""

    name: str
    scene: str | Sequence[str]
    items: Sequence[str]
    ruled: Answer
    free: Answer
    memory: Mapping[int, str]
    rules: str = RULE
    stash: Sequence[str] = ()
    libraries: Sequence[str] = ("Movies /media",)

    def layouts(self) -> Iterator[Layout]:
        """The life as layouts."""
        for rules, answer in ((self.rules, self.ruled), ("", self.free)):
            plain = Layout(
                f"{self.name}, {'with' if rules else 'without'} rules",
                self.scene,
                self.items,
                answer,
                rules,
                self.libraries,
                stash=self.stash,
            )
            yield plain
            known = replace(plain, memory=self.memory)
            yield replace(known, name=f"{plain.name}, remembered")
            yield _moved(known, "new keys", len(self.items))
            yield _moved(known, "keys of other films", 1)


def _moved(layout: Layout, name: str, by: int) -> Layout:
    """The layout after a rebuild that gave every item a key that is larger by ``by``."""
    before = [""] * by if name == "new keys" else [_DECOY] * by
    answer = layout.answer
    return replace(
        layout,
        name=f"{layout.name}, {name}",
        items=[*before, *layout.items],
        answer=answer if isinstance(answer, str) else [key + by for key in answer],
        rebuilt=True,
    )


# Counters of cameras and recorders in several languages: letters and digits, one word and a number.
COUNTERS = (
    "GOPR0001", "CIMG0001", "MOVI0001", "DSC_0042", "P1000123", "M2U00001", "C0001", "00001",
    "Channel 1", "Aufnahme 001", "clip01", "VTS_01_1", "Nagranie_07", "Kamera 2 Kanal 1",
    "A001C003_200101_R1AB", "채널 1", "ビデオ 001", "Hero Cam 0012", "VID-20200101-WA0001",
    "20200101_1230_01",
)  # fmt: skip
_CHUNK = "4000000000|530"


def _cards() -> Iterator[Life]:
    for name in COUNTERS:
        for folders in ("", "DCIM/100GOPRO/", "Footage/", "M4ROOT/CLIP/"):
            here = f"Card A/{folders}{name}.MP4"
            there = f"Card B/{folders}{name}.MP4"
            yield Life(
                f"{name}: only the other card's {folders}",
                f"/data/{here}|{_CHUNK}",
                [f"/media/{there}|{_CHUNK}"],
                "ambiguous",
                "ambiguous",
                {1: f"/data/{there} -> /media/{there}"},
            )
        yield Life(
            f"{name}: a trip's folder, a size of its own",
            f"/data/Norway/{name}.MP4|41|9",
            [f"/media/Alps/{name}.MP4|42|8", f"/media/Norway/{name}.MP4|41|9"],
            [2],
            [2],
            {1: f"/data/Alps/{name}.MP4 -> /media/Alps/{name}.MP4"},
        )
        yield Life(
            f"{name}: a trip's folder, one size for all",
            f"/data/Norway/{name}.MP4|{_CHUNK}",
            [f"/media/Norway/{name}.MP4|{_CHUNK}"],
            [1],
            "ambiguous",
            {1: f"/data/Alps/{name}.MP4 -> /media/Alps/{name}.MP4"},
            stash=[f"/data/Alps/{name}.MP4|{_CHUNK}"],
        )


LIVES = (
    *_cards(),
    Life(
        "the folders of two interviews swap names",
        "/data/Bright/Interview.mp4|5|50",
        ["/media/Amber/Interview.mp4|6|60", "/media/Bright/Interview.mp4|5|50"],
        [2],
        [2],
        {1: "/data/Amber/Interview.mp4 -> /media/Amber/Interview.mp4"},
        stash=["/data/Amber/Interview.mp4|6|60"],
    ),
    Life(
        "the folders of two interviews of one size swap names",
        "/data/Bright/Interview.mp4",
        ["/media/Amber/Interview.mp4", "/media/Bright/Interview.mp4"],
        [2],
        "ambiguous",
        {1: "/data/Amber/Interview.mp4 -> /media/Amber/Interview.mp4"},
        stash=["/data/Amber/Interview.mp4"],
    ),
    Life(
        "two files swap names",
        "/data/Beta Tale.mp4|5|50",
        ["/media/Alpha Tale.mp4|6|60", "/media/Beta Tale.mp4|5|50"],
        [2],
        [2],
        {1: "/data/Alpha Tale.mp4 -> /media/Alpha Tale.mp4"},
        stash=["/data/Alpha Tale.mp4|6|60"],
    ),
    Life(
        "a file moves away",
        "/data/Archive/Alpha Tale.mp4|5|50",
        ["/media/Alpha Tale.mp4|6|60", "/media/Archive/Alpha Tale.mp4|5|50"],
        [2],
        [2],
        {1: "/data/Alpha Tale.mp4 -> /media/Alpha Tale.mp4"},
        stash=["/data/Alpha Tale.mp4|6|60"],
    ),
    Life(
        "a file moves away and Plex has not seen it",
        "/data/Archive/Alpha Tale.mp4|5|50",
        ["/media/Alpha Tale.mp4|6|60"],
        "not_in_plex",
        "not_in_plex",
        {1: "/data/Alpha Tale.mp4 -> /media/Alpha Tale.mp4"},
        stash=["/data/Alpha Tale.mp4|6|60"],
    ),
    Life(
        "a series is renumbered",
        "/data/Lost/Season 01/S01E02.mkv|5|50",
        [
            "/media/tv/Lost/Season 01/S01E01.mkv|4|40",
            "/media/tv/Lost/Season 01/S01E02.mkv|5|50",
            "/media/tv/Lost/Season 01/S01E03.mkv|6|60",
        ],
        [2],
        [2],
        {3: "/data/Lost/Season 01/S01E03.mkv -> /media/tv/Lost/Season 01/S01E03.mkv"},
        rules="/data => /media/tv",
        stash=["/data/Lost/Season 01/S01E01.mkv|4|40", "/data/Lost/Season 01/S01E03.mkv|6|60"],
        libraries=TV,
    ),
    Life(
        "a file is replaced and moved",
        "/data/Better/Alpha Tale.mkv|9|50",
        ["/media/Alpha Tale.mp4|5|50", "/media/Better/Alpha Tale.mkv|9|50"],
        [2],
        [2],
        {1: "/data/Alpha Tale.mp4 -> /media/Alpha Tale.mp4"},
    ),
    Life(
        "a namesake lies in the backup, the file itself is not there yet",
        "/data/Alpha Tale.mp4",
        ["/media/backup/Alpha Tale.mp4"],
        "ambiguous",
        "ambiguous",
        {1: "/data/backup/Alpha Tale.mp4 -> /media/backup/Alpha Tale.mp4"},
        stash=["/data/backup/Alpha Tale.mp4"],
    ),
    Life(
        "a namesake lies in the backup, and the file itself came",
        "/data/Alpha Tale.mp4",
        ["/media/backup/Alpha Tale.mp4", "/media/Alpha Tale.mp4"],
        [2],
        "ambiguous",
        {1: "/data/backup/Alpha Tale.mp4 -> /media/backup/Alpha Tale.mp4"},
        stash=["/data/backup/Alpha Tale.mp4"],
    ),
    Life(
        "two mounts with one tree",
        "/data/two/Show/Alpha Tale.mp4",
        ["/mnt/1/Show/Alpha Tale.mp4", "/mnt/2/Show/Alpha Tale.mp4"],
        [2],
        "ambiguous",
        {1: "/data/one/Show/Alpha Tale.mp4 -> /mnt/1/Show/Alpha Tale.mp4"},
        rules="/data/one => /mnt/1; /data/two => /mnt/2",
        stash=["/data/one/Show/Alpha Tale.mp4"],
        libraries=["Movies /mnt"],
    ),
    Life(
        "two mounts with one tree, sizes tell",
        "/data/two/Show/Alpha Tale.mp4|5|50",
        ["/mnt/1/Show/Alpha Tale.mp4|6|60", "/mnt/2/Show/Alpha Tale.mp4|5|50"],
        [2],
        [2],
        {1: "/data/one/Show/Alpha Tale.mp4 -> /mnt/1/Show/Alpha Tale.mp4"},
        rules="/data/one => /mnt/1; /data/two => /mnt/2",
        stash=["/data/one/Show/Alpha Tale.mp4|6|60"],
        libraries=["One /mnt/1", "Two /mnt/2"],
    ),
    Life(
        "mergerfs shows Stash one file twice",
        ["/data/disk1/Film Night.mp4", "/data/pool/Film Night.mp4"],
        ["/media/Film Night.mp4"],
        [1],
        [1],
        {1: "/data/disk2/Film Night.mp4 -> /media/Film Night.mp4"},
        rules="/data/pool => /media",
    ),
    Life(
        "mergerfs shows Plex one file twice",
        "/data/Film Night.mp4",
        ["/media/disk1/Film Night.mp4", "/media/pool/Film Night.mp4"],
        [2],
        "ambiguous",
        {1: "/data/Old Night.mp4 -> /media/disk1/Film Night.mp4"},
        rules="/data => /media/pool",
    ),
    Life(
        "another scene has a copy",
        "/data/Film Night.mp4",
        ["/media/Film Night.mp4"],
        [1],
        "ambiguous",
        {1: "/data/copy/Film Night.mp4 -> /media/Film Night.mp4"},
        stash=["/data/copy/Film Night.mp4"],
    ),
    Life(
        "another scene has a namesake of another size",
        "/data/Film Night.mp4",
        ["/media/x/Film Night.mp4"],
        [1],
        [1],
        {1: "/data/copy/Film Night.mp4 -> /media/x/Film Night.mp4"},
        rules="/data => /media/x",
        stash=["/data/copy/Film Night.mp4|6"],
    ),
)

# A pairing that holds is an equal path, as long as no rule says otherwise.
_HELD = {1: "/data/Xenon/Alpha.mp4 -> /media/Amber/Alpha.mp4"}
_XENON = "/data/Xenon/Alpha.mp4"
PAIRS = (
    Layout(
        "a pair that holds among copies",
        _XENON,
        ["/media/Amber/Alpha.mp4", "/media/Xenon/Alpha.mp4"],
        [1],
        memory=_HELD,
    ),
    Layout(
        "a pair that holds, against a rule",
        _XENON,
        ["/media/Amber/Alpha.mp4", "/media/Xenon/Alpha.mp4"],
        [2],
        rules=RULE,
        memory=_HELD,
    ),
    Layout(
        "a pair that holds, against a rule, nothing else there",
        _XENON,
        ["/media/Amber/Alpha.mp4"],
        "ambiguous",
        rules=RULE,
        memory=_HELD,
    ),
    Layout(
        "a pair that holds, and an equal path",
        "/media/Xenon/Alpha.mp4",
        ["/media/Amber/Alpha.mp4", "/media/Xenon/Alpha.mp4"],
        [2],
        memory={1: "/media/Xenon/Alpha.mp4 -> /media/Amber/Alpha.mp4"},
        index={2: "/media/Xenon/Alpha.mp4"},
    ),
    Layout(
        "a pair that holds, and the file is in a second library",
        _XENON,
        ["/media/Amber/Alpha.mp4", "@2 /media/Amber/Alpha.mp4"],
        [1, 2],
        libraries=["Movies /media", "Amber /media/Amber"],
        memory=_HELD,
        index={2: "@2 /media/Amber/Alpha.mp4"},
    ),
    Layout(
        "a pair that holds, and a better file on both servers",
        "/data/Xenon/Alpha.mp4|9|99",
        ["/media/Amber/Alpha.mp4|5|50"],
        [1],
        memory=_HELD,
    ),
    Layout(
        "a pair whose key came back for the same file",
        _XENON,
        ["/media/Amber/Alpha.mp4", "/media/Xenon/Alpha.mp4"],
        [1],
        memory=_HELD,
        rebuilt=True,  # part ids start again too
    ),
    Layout(
        "a pair of version 1.0 proves nothing",
        _XENON,
        ["/media/Amber/Alpha.mp4", "/media/Bright/Alpha.mp4"],
        "ambiguous",
        memory={1: "/data/old/Alpha.mp4 -> /media/Amber/Alpha.mp4"},
    ),
    Layout(
        "one pair holds, and the second file is in Plex since",
        ["/data/Xenon/Alpha.mp4", "/data/Xenon/Beta Max.mp4|5|50"],
        ["/media/Amber/Alpha.mp4", "/media/Beta Max.mp4|5|50"],
        [1, 2],
        memory=_HELD,
    ),
    Layout(
        "one pair holds, and the scene's files are those of the last search",
        ["/data/Xenon/Alpha.mp4", "/data/Xenon/Beta Max.mp4|5|50"],
        ["/media/Amber/Alpha.mp4"],
        [1],
        memory=_HELD,
        searched=True,
    ),
    Layout(
        "nothing holds, although the scene's files are those of the last search",
        _XENON,
        ["/media/Bright/Alpha.mp4"],
        [1],
        memory=_HELD,
        searched=True,
    ),
)

FILES = (*(layout for life in LIVES for layout in life.layouts()), *PAIRS)
