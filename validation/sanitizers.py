"""Clean text for Plex: remove only characters that XML, HTTP or Plex's clients cannot carry.

Every function is pure and idempotent: cleaning clean text changes nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

# One line (title, studio, a name), in characters: as long as the longest file name a scanner
# could have made a title of, and more than any Plex client shows.
LINE_LIMIT = 255

# A summary, in characters: several printed pages. Everything travels in the request line, where
# one character outside ASCII takes up to twelve bytes, so 100 kB of text could never arrive.
SUMMARY_LIMIT = 10_000

# A cut looks this many characters back for a space. Scripts written without spaces have none
# near; there it falls between two letters instead of throwing a whole paragraph away.
_LONGEST_WORD = 60

_SURROGATE = re.compile("[\ud800-\udfff]")

# Line ends other than "\n": Windows, old Mac, vertical tab, form feed, NEL, line separator.
_LINE_END = re.compile("\r\n|[\r\v\f\x85\u2028]")
_PARAGRAPH_END = "\u2029"

# Controls, broken surrogates and the characters XML forbids. They stand where something was, so
# each run becomes a space: two words never become one.
_BROKEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]+")

# Invisible characters that go without a trace:
# - explicit bidi embeddings, overrides and isolates (202A-202E, 2066-2069). Right-to-left text
#   reads correctly without them, and one left open would turn around whatever a client prints
#   after it. The marks LRM, RLM and ALM stay: they order punctuation and have no scope.
# - byte order mark, word joiner, deprecated format and annotation characters.
# The joiners ZWJ and ZWNJ stay (emoji, Persian, Indic scripts), and so does the zero-width space,
# which separates words in Thai and Khmer.
_INVISIBLE = re.compile("[\u202a-\u202e\u2060\u2066-\u206f\ufeff\ufff9-\ufffb]")

# The characters trimmed from both ends: every whitespace character, and the zero-width space.
_EDGES = "".join(filter(str.isspace, map(chr, range(0x3001)))) + "\u200b"

# Unicode categories with nothing to see: spaces, controls, format characters, lone accents.
_NOTHING_TO_SEE = frozenset({"Zs", "Zl", "Zp", "Cc", "Cf", "Mn", "Mc", "Me"})

_ZWJ = "\u200d"
_VIRAMA = 9  # the canonical combining class of the signs that join Indic consonants


def sanitize_for_plex(text: str, *, max_length: int | None = None, multiline: bool = False) -> str:
    """Return *text* as Plex can store and show it, at most *max_length* characters long.

    Quotes, dashes, emoji and right-to-left text are kept. With *multiline*, paragraphs and spaces
    are kept as typed and only the ends of lines are trimmed; otherwise every run of whitespace
    becomes one space. The result is in Unicode's NFC form. Text with nothing visible in it
    becomes ``""``. A cut falls at a word's end, and never inside a character as a user sees it.
    """
    if _SURROGATE.search(text):  # two halves of one character, decoded apart, are joined first
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
    text = _LINE_END.sub("\n", text).replace(_PARAGRAPH_END, "\n\n")
    text = _INVISIBLE.sub("", _BROKEN.sub(" ", text))
    text = unicodedata.normalize("NFC", text)
    if multiline:
        text = "\n".join(line.rstrip() for line in text.split("\n"))
    else:
        text = " ".join(text.split())
    if max_length is not None:
        text = _cut(text, max_length)
    text = text.strip(_EDGES)
    visible = any(unicodedata.category(char) not in _NOTHING_TO_SEE for char in text)
    return text if visible else ""


def sanitize_names(names: Iterable[str], *, max_length: int = LINE_LIMIT) -> tuple[str, ...]:
    """Clean each name as one line, keep the order, drop empty ones and repetitions.

    Names with the same :func:`name_key` are one name; the first spelling wins.
    """
    unique: dict[str, str] = {}
    for name in names:
        clean = sanitize_for_plex(name, max_length=max_length)
        if clean:
            unique.setdefault(name_key(clean), clean)
    return tuple(unique.values())


def name_key(name: str) -> str:
    """Return the form under which two names are the same: without case and Unicode form.

    This is Unicode's canonical caseless match (NFD, case folding, NFD).
    """
    if name.isascii():  # the same, and most names are
        return name.lower()
    folded = unicodedata.normalize("NFD", name).casefold()
    return unicodedata.normalize("NFD", folded)


def _cut(text: str, limit: int) -> str:
    """Shorten *text* to at most *limit* characters, at a word's end where one is near."""
    if len(text) <= limit:
        return text
    end = limit
    while end > 0 and not _is_boundary(text, end):
        end -= 1
    for position in range(end, max(0, end - _LONGEST_WORD), -1):
        if text[position].isspace():
            return text[:position]
    return text[:end]


def _is_boundary(text: str, position: int) -> bool:
    """May *text* be cut before *position* without splitting a character as a user sees it?

    A short form of Unicode's rules for grapheme clusters (UAX 29) that errs towards not cutting.
    """
    before, after = text[position - 1], text[position]
    if after.isspace():
        return True
    if before == _ZWJ or _extends(after):
        return False
    if unicodedata.combining(before) == _VIRAMA:
        return False
    return not (_is_flag_letter(after) and _flag_letters_before(text, position) % 2 == 1)


def _extends(char: str) -> bool:
    """Does *char* belong to the one before it: accent, joiner, skin tone, tag, Hangul vowel?"""
    return (
        unicodedata.category(char)[0] == "M"
        or char in "\u200c\u200d"
        or "\U0001f3fb" <= char <= "\U0001f3ff"
        or "\U000e0020" <= char <= "\U000e007f"
        or "\u1160" <= char <= "\u11ff"
        or "\ud7b0" <= char <= "\ud7fb"
    )


def _is_flag_letter(char: str) -> bool:
    """Is *char* a regional indicator, two of which make a flag?"""
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _flag_letters_before(text: str, position: int) -> int:
    """Count the regional indicators that end just before *position*."""
    start = position
    while start > 0 and _is_flag_letter(text[start - 1]):
        start -= 1
    return position - start
