"""One file name in several folders and libraries."""

from __future__ import annotations

from tests.matching.layouts import HD_SD, Layout

FOLDERS = (
    # -- same name in several folders ------------------------------------------------------------
    Layout(
        "two folders, sizes tell",
        "/data/B/Alpha.mp4",
        ["/media/A/Alpha.mp4|5|9", "/media/B/Alpha.mp4"],
        [2],
    ),
    Layout(
        "two folders, the path tells between copies",
        "/data/Bright/Alpha.mp4",
        ["/media/Amber/Alpha.mp4", "/media/Bright/Alpha.mp4"],
        [2],
    ),
    Layout(
        "two discs with copies, folders say little",
        "/data/01/Alpha.mp4",
        ["/media/01/new/Alpha.mp4", "/media/02/new/Alpha.mp4"],
        "ambiguous",
    ),
    Layout(
        "two copies, no folder in common",
        "/data/Xenon/Alpha.mp4",
        ["/media/Amber/Alpha.mp4", "/media/Bright/Alpha.mp4"],
        "ambiguous",
    ),
    Layout(
        "two copies, leniently",
        "/data/Xenon/Alpha.mp4",
        ["/media/Amber/Alpha.mp4", "/media/Bright/Alpha.mp4"],
        "ambiguous",
        lenient=True,
    ),
    Layout(
        "a narrow lead, leniently",
        "/data/01/Alpha.mp4",
        ["/media/01/Alpha.mp4", "/media/02/Alpha.mp4"],
        [1],
        libraries=["Movies /"],
        lenient=True,
    ),
    Layout(
        "a narrow lead, strictly",
        "/data/01/Alpha.mp4",
        ["/media/01/Alpha.mp4", "/media/02/Alpha.mp4"],
        "ambiguous",
        libraries=["Movies /"],
    ),
    Layout(
        "moved to another folder in Plex's view",
        "/downloads/Some Scene.mp4",
        ["/media/Studio/Some Scene.mp4"],
        [1],
    ),
    Layout(
        "a namesake of another size only",
        "/data/B/Alpha.mp4",
        ["/media/A/Alpha.mp4|5|9"],
        "not_in_plex",
    ),
    Layout(
        "a namesake of another size, same duration",
        "/data/B/Alpha.mp4",
        ["/media/A/Alpha.mp4|5"],
        "not_in_plex",
    ),
    Layout(
        "a namesake, nothing else known",
        "/data/B/Alpha.mp4|0|0",
        ["/media/A/Alpha.mp4|0|0"],
        "ambiguous",
    ),
    Layout(
        "a namesake, nothing else known, leniently",
        "/data/B/Alpha.mp4|0|0",
        ["/media/A/Alpha.mp4|0|0"],
        "ambiguous",
        lenient=True,
    ),
    Layout(
        "HD and SD in two libraries",
        "/films/sd/Alpha.mp4|5",
        ["/media/hd/Alpha.mp4", "@2 /media/sd/Alpha.mp4|5"],
        [2],
        libraries=HD_SD,
    ),
    Layout(
        "only the HD version is there",
        "/films/Studio/Alpha (2019)/Alpha.mp4|5",
        ["/media/hd/Studio/Alpha (2019)/Alpha.mp4"],
        "ambiguous",
        libraries=HD_SD,
    ),
    Layout(
        "only the HD version is there, leniently",
        "/films/Studio/Alpha (2019)/Alpha.mp4|5",
        ["/media/hd/Studio/Alpha (2019)/Alpha.mp4"],
        "ambiguous",
        libraries=HD_SD,
        lenient=True,
    ),
    Layout(
        "copies in two libraries",
        "/films/Alpha.mp4",
        ["/media/hd/Alpha.mp4", "@2 /media/sd/Alpha.mp4"],
        "ambiguous",
        libraries=HD_SD,
    ),
    Layout(
        "copies in two libraries, one chosen",
        "/films/Alpha.mp4",
        ["/media/hd/Alpha.mp4", "@2 /media/sd/Alpha.mp4"],
        [2],
        libraries=HD_SD,
        chosen=["SD"],
    ),
    Layout(
        "size and duration contradict a long path",
        "/data/Studio/Series One/Alpha.mp4",
        ["/media/Studio/Series One/Alpha.mp4|5|9"],
        "not_in_plex",
        libraries=["Movies /"],
    ),
    Layout(
        "size contradicts a long path",
        "/data/Studio/Series One/Alpha.mp4",
        ["/media/Studio/Series One/Alpha.mp4|5"],
        "ambiguous",
    ),
    Layout(
        "duration contradicts, size unknown",
        "/data/Studio/Series One/Alpha.mp4|0",
        ["/media/Studio/Series One/Alpha.mp4|0|9"],
        "ambiguous",
    ),
    Layout(
        "duration contradicts, size equal, long path",
        "/data/Studio/Series One/Alpha.mp4",
        ["/media/Studio/Series One/Alpha.mp4|734003201|9"],
        [1],
    ),
    Layout(
        "duration contradicts, size equal, name only",
        "/x/Alpha.mp4",
        ["/media/Studio/Alpha.mp4|734003201|9"],
        "ambiguous",
    ),
    Layout(
        "long path, nothing else known",
        "/data/Studio/Greek Letters/Alpha.mp4|0|0",
        ["/media/Studio/Greek Letters/Alpha.mp4|0|0"],
        [1],
    ),
    Layout(
        "one folder, nothing else known",
        "/data/Studio/Alpha.mp4|0|0",
        ["/media/Studio/Alpha.mp4|0|0"],
        "ambiguous",
    ),
    Layout(
        "durations rounded",
        "/x/Some Scene.mp4|700|1812.9",
        ["/media/y/Some Scene.mp4|700|1812.04"],
        [1],
    ),
)
