"""What a file name says: the key it is looked up by, the needle to ask Plex for, its title."""

from __future__ import annotations

import re
import unicodedata

from validation.paths import basename, split_names

# A needle shorter than this finds half a library; the file index answers instead.
_SHORTEST_NEEDLE = 5
# "Alien" tells a film, "gx" and "cd" do not.
_TELLING_LETTERS = 4
# A time stamp to the minute has twelve digits, a camera's counter four to eight.
_TELLING_DIGITS = 12

_WORD = re.compile(r"[^\W\d_]+")
_DIGITS = re.compile(r"\d+")
# Words that programs and cameras give to every file, and that people give to every folder.
_GENERIC_WORDS = """
video videos movie movies film films clip clips scene scenes part parts pt disc disk cd dvd vol
volume title titles track tracks episode episodes season seasons series ep chapter file files
untitled unknown new final full main feature sample trailer preview output export render recording
rec record download downloads media data content stream bdmv vts vob vid img mvi mov dsc dscf dscn
pict gopr gp gx gh pxl dji mvimg screen capture camera cam webcam tape home hd sd uhd mp mkv avi
dcim gopro msdcf canon eos nikon sony apple andro private avchd clpr root card
the and of a an copy version видео vidéo vídeo 视频 影片 動画 영상
"""
_GENERIC = frozenset(_GENERIC_WORDS.split())


def file_key(path: str) -> str:
    """The file name for look-ups: one Unicode form, case ignored. A superset of equality."""
    return unicodedata.normalize("NFC", basename(path)).lower()


def folded_path(path: str) -> str:
    """A full path for look-ups: one Unicode form, case and separators ignored. A superset of
    equality."""
    return unicodedata.normalize("NFC", "/".join(split_names(path.replace("\\", "/")))).lower()


def tail_key(path: str) -> str:
    """The parent folder's name and the file's for look-ups."""
    return "/".join(folded_path(path).split("/")[-2:])


def title_key(title: str) -> str:
    """A title's words for look-ups: without case, punctuation and Unicode form."""
    return " ".join(re.findall(r"\w+", unicodedata.normalize("NFKC", title).casefold()))


def wake_keys(path: str, size: int) -> frozenset[str]:
    """The keys of a file that a scene waits for: a new file in Plex with one of them wakes it.

    Two files share a key when their full paths agree; or name and parent folder; or name and size;
    or parent folder and size. An equal name alone never decides a match, and 10,000 files may be
    called ``video.mp4``: it is a key only where the size is unknown.
    """
    folder, _, name = tail_key(path).rpartition("/")
    keys = {f"path {folded_path(path)}", f"tail {folder}/{name}"}
    sized = {f"name {name} {size}", f"folder {folder} {size}"}
    return frozenset(keys | (sized if size else {f"name {name}"}))


def keys_of_new_file(path: str, size: int) -> frozenset[str]:
    """The keys of a new file in Plex, to be looked up among those of ``wake_keys``."""
    return wake_keys(path, size) | {f"name {file_key(path)}"}


def stem(path: str) -> str:
    """The file name without its extension; a name that is all extension stays whole."""
    name = basename(path)
    head, dot, tail = name.rpartition(".")
    return head if dot and head.strip(".") and " " not in tail else name


def is_distinctive(text: str) -> bool:
    """Whether a name says enough that two different videos do not share it by chance.

    ``video``, ``Disc 1``, ``clip 03`` and a camera's ``GOPR0123`` do not: what counts is letters
    outside of such words, each by its weight in UTF-8 so that two ideographs are enough, or a long
    run of digits such as a time stamp.
    """
    words = _WORD.findall(unicodedata.normalize("NFC", text).lower())
    telling = [word for word in words if word not in _GENERIC]
    digits = sum(char.isdigit() for word in _DIGITS.findall(text) for char in word)
    letters = sum(len(word.encode("utf-8", "replace")) for word in telling)
    return letters >= _TELLING_LETTERS or letters + digits >= _TELLING_DIGITS


def needles(path: str, separator: str = "") -> tuple[str, ...]:
    """What to ask ``file=`` for, to find every file with this file's name; best first.

    Plex: ``file=`` means "contains", a comma means "or", and an empty alternative matches the
    whole library. So the longest piece of the file name without a comma is asked for; where
    possible one without characters that NFC and NFD write differently, else one piece per form.
    With ``separator`` (Plex's own) the folder is asked for too: half a library may be called
    ``video.mp4``. Nothing is returned when no piece could tell one file from a whole library.
    """
    name = basename(path)
    if separator:
        name = separator.join(split_names(path)[-2:])
    extension = basename(path)[len(stem(path)) :]
    whole = unicodedata.normalize("NFC", name)
    stable = "".join("," if _has_two_forms(char) else char for char in whole)
    forms = (name, whole, unicodedata.normalize("NFD", name))
    piece = _longest_piece(stable, extension)
    found = (piece,) if piece else (_longest_piece(form, extension) for form in forms)
    return tuple(dict.fromkeys(filter(None, found)))


def _has_two_forms(char: str) -> bool:
    return bool(unicodedata.combining(char)) or unicodedata.normalize("NFD", char) != char


def _longest_piece(text: str, extension: str) -> str:
    pieces = [piece.strip() for piece in text.split(",")]
    best = max((piece for piece in pieces if piece != extension), key=_length, default="")
    return best if _length(best) >= _SHORTEST_NEEDLE else ""


def _length(text: str) -> int:
    """Of the decomposed text, so that all forms of a name are cut at the same place."""
    return len(unicodedata.normalize("NFD", text))


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
