"""Several files, several items, and what is known from before."""

from __future__ import annotations

from tests.matching.layouts import HD_SD, OTHER, RULE, TV, Layout
from validation.records import Owner

ITEMS = (
    # -- items with several files, files with several items --------------------------------------
    Layout(
        "second part of a film in two",
        "/data/Alpha cd2.avi",
        ["/media/Alpha cd1.avi|5 ++ /media/Alpha cd2.avi"],
        [1],
        rules=RULE,
    ),
    Layout(
        "second part, the first has its scene",
        "/data/Alpha cd2.avi",
        ["/media/Alpha cd1.avi|5 ++ /media/Alpha cd2.avi"],
        "item_taken",
        rules=RULE,
        owners={1: Owner(8, "/media/Alpha cd1.avi")},
    ),
    Layout(
        "first part takes over from the second",
        "/data/Alpha cd1.avi",
        ["/media/Alpha cd1.avi ++ /media/Alpha cd2.avi|5"],
        [1],
        rules=RULE,
        owners={1: Owner(8, "/media/Alpha cd2.avi")},
    ),
    Layout(
        "first part, chosen by a person for another",
        "/data/Alpha cd1.avi",
        ["/media/Alpha cd1.avi ++ /media/Alpha cd2.avi|5"],
        "item_taken",
        rules=RULE,
        owners={1: Owner(8, "/media/Alpha cd2.avi", pinned=True)},
    ),
    Layout(
        "our own item",
        "/data/Alpha.avi",
        ["/media/Alpha.avi"],
        [1],
        rules=RULE,
        owners={1: Owner(7, "/media/Alpha.avi")},
    ),
    Layout(
        "both parts in one scene",
        ["/data/Alpha cd1.avi|5", "/data/Alpha cd2.avi"],
        ["/media/Alpha cd1.avi|5 ++ /media/Alpha cd2.avi"],
        [1],
        rules=RULE,
    ),
    Layout(
        "both parts in one scene, without rules",
        ["/data/Alpha cd1.avi|5", "/data/Alpha cd2.avi"],
        ["/media/Alpha cd1.avi|5 ++ /media/Alpha cd2.avi"],
        [1],
    ),
    Layout(
        "second version of a film",
        "/data/Alpha 720p.mp4|5",
        ["/media/Alpha 1080p.mp4 ++ /media/Alpha 720p.mp4|5"],
        [1],
    ),
    Layout(
        "two versions as two items of one scene",
        ["/data/Alpha 1080p.mp4", "/data/Alpha 720p.mp4|5"],
        ["/media/Alpha 1080p.mp4", "/media/Alpha 720p.mp4|5"],
        [1, 2],
    ),
    Layout(
        "two files, one in Plex",
        ["/data/Alpha 1080p.mp4", "/data/Alpha 720p.mp4|5"],
        ["/media/Alpha 720p.mp4|5"],
        [1],
        rules=RULE,
    ),
    Layout(
        "two files, each in its library",
        ["/films/hd/Alpha.mp4", "/films/sd/Alpha.mp4|5"],
        ["/media/hd/Alpha.mp4", "@2 /media/sd/Alpha.mp4|5"],
        [1, 2],
        rules="/films => /media",
        libraries=HD_SD,
    ),
    Layout(
        "two copies in one scene, each an item",
        ["/data/Amber/Alpha.mp4", "/data/Bright/Alpha.mp4"],
        ["/media/Amber/Alpha.mp4", "/media/Bright/Alpha.mp4"],
        [1, 2],
    ),
    Layout(
        "two copies in one scene, folders say little",
        ["/data/01/Alpha.mp4", "/data/02/Alpha.mp4"],
        ["/media/01/Alpha.mp4", "/media/02/Alpha.mp4"],
        [1, 2],
    ),
    Layout(
        "two copies in one scene, one item",
        ["/data/Amber/Alpha.mp4", "/data/Bright/Alpha.mp4"],
        ["/media/Cold/Alpha.mp4"],
        [1],
    ),
    Layout(
        "one file by rule, one without",
        ["/data/Alpha.mp4", "/old/Beta Test.mp4|5"],
        ["/media/Alpha.mp4", "/media/else/Beta Test.mp4|5"],
        [1, 2],
        rules=RULE,
    ),
    Layout(
        "one file sure, one ambiguous",
        ["/data/Alpha.mp4", "/old/Beta Test.mp4|5"],
        ["/media/Alpha.mp4", "/media/x/Beta Test.mp4|5", "/media/y/Beta Test.mp4|5"],
        [1],
        rules=RULE,
    ),
    Layout(
        "a file shared by two episodes",
        "/data/Show/S01E01-E02.mkv",
        ["/media/tv/Show/S01E01-E02.mkv", "/media/tv/Show/S01E01-E02.mkv"],
        [1, 2],
        rules="/data => /media/tv",
        libraries=TV,
    ),
    Layout(
        "a file shared by two episodes, without rules",
        "/data/Show/S01E01-E02.mkv",
        ["/media/tv/Show/S01E01-E02.mkv", "/media/tv/Show/S01E01-E02.mkv"],
        [1, 2],
        libraries=TV,
    ),
    Layout(
        "the same episode number of two shows",
        "/data/Show B/Season 1/S01E01.mkv",
        ["/media/tv/Show A/Season 1/S01E01.mkv|5|9", "/media/tv/Show B/Season 1/S01E01.mkv"],
        [2],
        libraries=TV,
    ),
    Layout(
        "another show's episode only",
        "/data/Cats/Season 1/S01E01.mkv",
        ["/media/tv/Dogs/Season 1/S01E01.mkv|5|9"],
        "not_in_plex",
        libraries=TV,
    ),
    Layout("other videos", "/data/Holiday.mp4", ["/media/Holiday.mp4"], [1], libraries=OTHER),
    Layout(
        "a film and an episode of one file",
        "/data/Alpha.mkv",
        ["/media/tv/Alpha.mkv", "@2 /media/tv/Alpha.mkv"],
        [1, 2],
        rules="/data => /media/tv",
        libraries=["TV /media/tv", "Films /media/tv"],
    ),
)
