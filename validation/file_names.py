"""File names: the key of the lookup, the needle for Plex's search, the title."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from validation.paths import basename, folded, split_names

# A needle shorter than this finds half a library; the file index answers instead.
_SHORTEST_NEEDLE = 5
# "Saw" identifies a film, "gx" and "cd" do not. Bytes of UTF-8, so that one ideograph is enough.
_TELLING_LETTERS = 3

# Words that programs and cameras give to every file, and that users give to every folder.
_GENERIC_WORDS = """
video videos movie movies film films clip clips scene scenes part parts pt disc disk cd dvd vol
volume title titles track tracks episode episodes season seasons series ep chapter file files
untitled unknown new final full main feature sample trailer preview output export render recording
rec record download downloads media data content stream bdmv vts vob vid img mvi mov dsc dscf dscn
pict gopr gp gx gh pxl dji mvimg screen capture camera cam webcam tape home hd sd uhd mp mkv avi
dcim gopro msdcf canon eos nikon sony apple andro private avchd clpr root card
the and of a an copy kopie copie copia edit edited version видео vidéo vídeo 视频 影片 動画 영상
raw old tmp temp misc other others my channel kanal kamera aufnahme aufnahmen
enregistrement grabación gravação registrazione запись
"""
_GENERIC = frozenset(_GENERIC_WORDS.split())


def file_key(path: str) -> str:
    """The file name for look-ups: one Unicode form, case ignored. A superset of equality."""
    return unicodedata.normalize("NFC", basename(path)).lower()


def tail_key(path: str) -> str:
    """The parent folder's name and the file's for look-ups."""
    return "/".join(map(folded, split_names(path)[-2:]))


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
    keys = {f"path {folded(path)}", f"tail {folder}/{name}"}
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


# The words that release names put behind the title; the title ends before the first of them.
_TRAILER = re.compile(
    r"(?i)\b(?:\d{3,4}[pi]|[48]k|uhd|hdr|x26[45]|h26[45]|hevc|avc|xvid|divx|web[- ]?dl|webrip"
    r"|blu-?ray|b[dr]rip|dvdrip|hdtv|remux|proper|repack)\b.*"
)
# A moment to the second, in any of the usual spellings: two recordings seldom share one.
_MOMENT = re.compile(
    r"(?<!\d)(?:19|20)\d\d([-_.:]?)(?:0[1-9]|1[0-2])\1(?:0[1-9]|[12]\d|3[01])"
    r"\D{0,6}?(?:[01]?\d|2[0-3])([-_.:]?)[0-5]\d\2[0-5]\d"
)
# The number of a download or a message, but no counter that begins with zeros.
_LONG_NUMBER = re.compile(r"(?<!\d)[1-9]\d{12,}")
_DIGEST = re.compile(r"(?=[0-9a-f]{16})(?:[0-9a-f]*?[a-f]\d){3}")
# Numbers that a user gives: an episode, a part, a date before the words, a year.
_USERS_NUMBER = re.compile(
    r"\bs\d+\W?e\d+(?:\W?e\d+)*"
    r"|\b(?:cd|dvd|dis[ck]|part|pt|vol|volume|teil|ep|episode|season|chapter)\W*\d+\b"
    r"|^\W*(?:19|20)\d\d(?:[-.]?\d\d){0,2}\b"
    r"|\b(?:19|20)\d\d\b"
)
_WORD_OR_NUMBER = re.compile(r"[^\W\d]+|\d+")
# "0012" and "4711" count recordings, behind two words too; "2" may be a sequel.
_COUNTER = re.compile(r"0\d\d+|\d{4,}")


@lru_cache(maxsize=4096)
def is_distinctive(text: str) -> bool:
    """Whether a name says enough that two different videos do not share it by chance.

    Judged by its form, since a list of prefixes is never complete: words of a user do, and a time
    stamp to the second. ``video``, ``GOPR0123``, ``Aufnahme 001``, ``Channel 1`` and every other
    single word with a number do not.
    """
    plain = unicodedata.normalize("NFC", text).lower()
    if (
        _MOMENT.search(plain)
        or _LONG_NUMBER.search(plain)
        or _DIGEST.search(plain.replace("-", ""))
    ):
        return True
    letters = "".join(char for char in plain if unicodedata.category(char)[0] != "M")
    spaced = letters.replace("_", " ")
    phrases = _phrases(_USERS_NUMBER.sub(" ", _TRAILER.sub("", spaced).strip() or spaced))
    words = [word for phrase, _number in phrases for word in phrase]
    if len(words) == 1 and any(number for _phrase, number in phrases):
        return False
    return any(_tells(phrase, number) for phrase, number in phrases)


def _phrases(text: str) -> list[tuple[list[str], str]]:
    """The telling words between numbers, each with the number that follows ("" = none)."""
    phrases: list[tuple[list[str], str]] = [([], "")]
    end_of_number = -1
    for token in _WORD_OR_NUMBER.finditer(text):
        if token[0].isdecimal():
            phrases[-1] = (phrases[-1][0], token[0])
            phrases.append(([], ""))
            end_of_number = token.end()
        elif token.start() != end_of_number and _is_telling(token[0]):  # "100CANON" is one code
            phrases[-1][0].append(token[0])
    return phrases


def _is_telling(word: str) -> bool:
    return word not in _GENERIC and len(word.encode()) > 1


def _tells(words: list[str], number: str) -> bool:
    """Whether words say something, although a number follows."""
    if sum(len(word.encode()) for word in words) < _TELLING_LETTERS:
        return False
    wanted = 3 if _COUNTER.fullmatch(number) else 2 if number else 1
    return len(words) >= wanted


def needles(path: str, separator: str = "") -> tuple[str, ...]:
    """Return the texts for ``file=`` that find every file with this file's name; best first.

    Plex: ``file=`` means "contains", a comma means "or", and an empty alternative matches the
    whole library. So the longest piece of the file name without a comma is asked for; where
    possible one without characters that NFC and NFD write differently, else one piece per form.
    With ``separator`` (Plex's own) the folder is asked for too: half a library may be called
    ``video.mp4``. Nothing is returned when no piece could single out a file in a library.
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
