"""What a file name says: the key it is looked up by, the needle to ask Plex for, its title."""

from __future__ import annotations

import re
import unicodedata

from validation.paths import basename

# A needle shorter than this finds half a library; the file index answers instead.
_SHORTEST_NEEDLE = 5


def name_key(path: str) -> str:
    """The file name for look-ups: one Unicode form, case ignored. A superset of equality."""
    return unicodedata.normalize("NFC", basename(path)).lower()


def stem(path: str) -> str:
    """The file name without its extension; a name that is all extension stays whole."""
    name = basename(path)
    head, dot, tail = name.rpartition(".")
    return head if dot and head.strip(".") and " " not in tail else name


def needles(path: str) -> tuple[str, ...]:
    """What to ask ``file=`` for, to find every file with this file's name; best first.

    Plex: ``file=`` means "contains", a comma means "or", and an empty alternative matches the
    whole library. So the longest piece of the file name without a comma is asked for; where
    possible one without characters that NFC and NFD write differently, else one piece per form.
    Nothing is returned when no piece could tell one file from a whole library.
    """
    name = basename(path)
    whole = unicodedata.normalize("NFC", name)
    stable = "".join(
        char if unicodedata.normalize("NFD", char) == char and not unicodedata.combining(char)
        else ","
        for char in whole
    )  # fmt: skip
    piece = _longest_piece(stable, name)
    if piece:
        return (piece,)
    forms = (name, whole, unicodedata.normalize("NFD", name))
    return tuple(dict.fromkeys(filter(None, (_longest_piece(form, name) for form in forms))))


def _longest_piece(text: str, name: str) -> str:
    extension = name[len(stem(name)) :]
    pieces = [piece.strip() for piece in text.split(",")]
    best = max((piece for piece in pieces if piece != extension), key=len, default="")
    return best if len(best) >= _SHORTEST_NEEDLE else ""


# What release names put behind the title: nothing after the first of these belongs to it.
_TRAILER = re.compile(
    r"(?i)\b(?:\d{3,4}[pi]|[48]k|uhd|hdr|x26[45]|h26[45]|hevc|avc|xvid|divx|web[- ]?dl|webrip"
    r"|blu-?ray|b[dr]rip|dvdrip|hdtv|remux|proper|repack)\b.*"
)
_BRACKETS = re.compile(r"\[[^\]]*\]|\{[^}]*\}|\((?:19|20)\d\d\)")


def title_guess(path: str) -> str:
    """The title that a scanner would read out of a file name; never empty for a real file.

    >>> title_guess("/m/Some.Film.(2019).1080p.WEB-DL.mp4")
    'Some Film'
    """
    text = stem(path)
    if " " not in text:
        text = re.sub(r"[._]+", " ", text)
    cut = _TRAILER.sub("", _BRACKETS.sub(" ", text))
    return " ".join(cut.split()).strip(" -_.") or stem(path)
