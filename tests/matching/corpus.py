"""Layouts of two servers that see the same files, each with what a careful person would say.

``MOUNTS`` x ``TAILS`` says how the same disk is named and how files are; each pair is a layout
with path rules and one without, among decoys. The other tables hold single cases, each with its
own answer.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from tests.matching.corpus_folders import FOLDERS
from tests.matching.corpus_items import ITEMS
from tests.matching.corpus_lives import FILES
from tests.matching.corpus_memory import MEMORY
from tests.matching.corpus_names import NAMES
from tests.matching.corpus_paths import PATHS
from tests.matching.corpus_twins import TWINS
from tests.matching.layouts import Layout

# Stash's folder, Plex's folder, the rule that a person would write.
MOUNTS = {
    "Docker against host": ("/data", "/srv/media", "/data => /srv/media"),
    "host against Docker": ("/home/zoe/Videos", "/media", "/home/zoe/Videos=>/media"),
    "same paths": ("/srv/video", "/srv/video", ""),
    "Unraid": ("/data", "/mnt/user/media", " /data/ =>  /mnt/user/media/ ;"),
    "NAS": ("/stash", "/volume1/video", "/other => /x; /stash => /volume1/video"),
    "macOS": ("/data", "/Volumes/Big Disk/Films", "/data => /Volumes/Big Disk/Films"),
    "Windows drive": ("/data", "D:\\Media", "/data => D:\\Media"),
    "Windows drive, mixed separators": ("/data", "D:\\Media/Films", "/data => d:/media\\films"),
    "Windows against Linux": ("C:\\Stash", "/media", "c:\\stash\\ => /media"),
    "two drives": ("C:\\Users\\Zoë\\Videos", "E:\\Videos", "C:\\Users\\Zoë\\Videos => E:\\Videos"),
    "share": ("/data", "\\\\nas\\video", "/data => \\\\NAS\\Video"),
    "share against drive": ("\\\\nas\\video", "V:\\", "//nas/video => V:\\"),
    "long paths": ("/data", "\\\\?\\D:\\Media", "/data => D:\\Media"),
    "long share": ("/data", "\\\\?\\UNC\\nas\\video", "/data => \\\\nas\\video"),
    "nested rules": ("/data/films", "/mnt/b", "/data => /mnt/a; /data/films => /mnt/b"),
}

# The path below the mount, in the words of one file system.
TAILS = {
    "plain": "Studio/Some Scene.mp4",
    "deep": "a/b/c/d/e/f/g/Deep Water.mkv",
    "quotes": 'Studio/It\'s "Here" – “Now”.mp4',
    "commas": "Studio/Love, Victor, Again, 2.mp4",
    "a comma at the end": "Studio/Wait, what,.mp4",
    "percent": "Studio/100% Real %20 50_50.mp4",
    "brackets": "Studio/[Group] Film (2019) {tmdb-1} [1080p].mkv",
    "emoji": "Studio/Party 🎉👯‍♀️ time.mp4",
    "ampersand, plus and hash": "Studio/Tom & Jerry + #1 = 2.mp4",
    "part one": "Studio/The Story Pt. I.mp4",
    "composed": unicodedata.normalize("NFC", "Été/Amélie à Orléans.mp4"),
    "ideographs": "スタジオ/映画の夜.mp4",
    "Hangul": "스튜디오/영화.mp4",
    "Cyrillic": "Студия/Ночь.mp4",
    "dots": "Studio/Some.Scene.2019.1080p.WEB-DL.x264.mp4",
    "upper case": "STUDIO/SOME SCENE.MP4",
    "spaces": "Studio Two/  Two  Spaces .mp4",
    "many dots": "Studio/...and justice.mp4",
    "no extension": "Studio/Some Scene",
    "video in its folder": "Studio/Some Scene/video.mp4",
    "numbers": "Studio/2019-01-02/00001.mts",
    "episode": "Some Show/Season 01/S01E02.mkv",
    "semicolon in the name": "Studio/Now; Then.mp4",
}


def _join(folder: str, tail: str) -> str:
    windows = "\\" in folder
    separator = "\\" if windows else "/"
    return folder.rstrip("\\/") + separator + (tail.replace("/", "\\") if windows else tail)


def _decoys(folder: str, tail: str) -> list[str]:
    """Neighbours that look like it: the next part, a longer name, its namesakes elsewhere."""
    name = tail.rsplit("/", 1)[-1]
    stem, dot, extension = name.rpartition(".")
    longer = f"{stem}I.{extension}" if dot else f"{name}I"
    next_part = tail.removesuffix(name) + longer
    return [
        _join(folder, next_part) + "|5001|99",
        _join(folder, f"Elsewhere/{name}") + "|5002|98",
        _join(folder, f"Elsewhere/x{name}") + "|5003",
        _join(folder, f"Nowhere/{name}") + "|5004",
    ]


def _products() -> Iterator[Layout]:
    for mount, (stash, plex, rules) in MOUNTS.items():
        for kind, tail in TAILS.items():
            name = f"{mount}, {kind}"
            scene, libraries = _join(stash, tail), [f"Movies {plex}"]
            decoys = _decoys(plex, tail)
            items = [*decoys, _join(plex, tail)]
            yield Layout(f"{name}, without rules", scene, items, [5], "", libraries)
            if rules:
                yield Layout(f"{name}, with rules", scene, items, [5], rules, libraries)
            if mount in ("Docker against host", "Windows drive"):
                yield Layout(f"{name}, absent", scene, decoys, "not_in_plex", rules, libraries)


SPECIAL: tuple[Layout, ...] = (
    *PATHS, *FOLDERS, *NAMES, *ITEMS, *MEMORY, *FILES, *TWINS,
)  # fmt: skip
CORPUS: tuple[Layout, ...] = (*_products(), *SPECIAL)
