"""The images that may become a poster: raster images, recognised by their first bytes. Pure."""

from __future__ import annotations

import hashlib
import io
import warnings

from plex.exceptions import ImageTooBig, UnusableImage

try:
    from PIL import Image, ImageOps
except ImportError:  # Pillow is optional: without it a big image is refused
    Image = None  # type: ignore[assignment]

# Plex answers 500 to an upload above 10 MB; a little below leaves room for either kind of "MB".
MAX_BYTES = 10_480_000

# The longest side, in pixels, of a scaled image: sharper than any Plex client shows a poster.
_SIDES = (2560, 1920, 1280)
_QUALITY = 90
# The limits of a cover. Others of Pillow's formats start programs, or are no pictures.
_FORMATS = ("JPEG", "MPO", "PNG", "GIF", "WEBP", "AVIF", "HEIF", "BMP", "TIFF")
# A small file can unpack to gigabytes. These many pixels cost less than 300 MB: a plain JPEG is
# unpacked no larger than needed, video formats keep several pictures while they unpack one.
_MOST_PIXELS = 20_000_000
_MOST_PLAIN_JPEG = 80_000_000
_MOST_VIDEO = 8_000_000
_VIDEO = frozenset({"WEBP", "AVIF", "HEIF"})
_SCALABLE = frozenset({"L", "LA", "RGB", "RGBA", "CMYK", "YCbCr"})  # as they are
_ORIENTATION = 0x0112
_UNUSABLE = (
    "Plex cannot take this cover: save the cover in Stash as JPEG or PNG, or install Pillow."
)

# Why Plex does not show a cover, as the ledger notes it beside the reason codes of bad images.
KEPT = "kept"  # a user's image stays
UNASKED = "unasked"  # ours was uploaded, and Plex was not asked since which one it shows


def image_kind(data: bytes) -> str | None:
    """Return ``jpeg``, ``png``, ``gif`` or ``webp`` by the magic bytes, ``None`` for all else.

    SVG placeholders, HTML login pages and empty bodies are ``None``, under any headers.
    """
    if data.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "gif"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "webp"
    return None


def sha1_of(data: bytes) -> str:
    """Return the SHA-1 (hex) by which Plex names an uploaded image."""
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()


def can_convert() -> bool:
    """Whether Pillow is here, which scales and converts."""
    return Image is not None


def mark_of(data: bytes, sent: bytes) -> str:
    """The ledger's mark of an upload: the SHA-1 of Stash's bytes, and of other bytes sent."""
    source = sha1_of(data)
    return source if sent == data else f"{source} {sha1_of(sent)}"


def is_mark_of(mark: str, data: bytes) -> bool:
    """Whether *mark* was made from these bytes of Stash."""
    return mark.partition(" ")[0] == sha1_of(data)


def sent_sha1(mark: str) -> str:
    """The SHA-1 of the bytes that Plex was sent."""
    return mark.rpartition(" ")[2]


def fit_for_plex(data: bytes) -> bytes:
    """Return *data* itself when Plex takes it, else a JPEG of the same picture.

    The same bytes always give the same result, so that it is uploaded only once. Raises
    UnusableImage for bytes that Pillow cannot read, ImageTooBig when it cannot be made small
    enough, and either of them when Pillow is not installed.
    """
    if image_kind(data) is None:
        return as_jpeg(data)
    if len(data) <= MAX_BYTES:
        return data
    if not can_convert():
        raise ImageTooBig(
            f"The image has {len(data) / 1e6:.1f} MB, Plex takes 10. "
            "Install Pillow to have it scaled, or save a smaller one in Stash."
        )
    return as_jpeg(data)


def as_jpeg(data: bytes) -> bytes:
    """Return *data* as a JPEG that Plex takes. Raises like :func:`fit_for_plex`."""
    if not can_convert():
        raise UnusableImage(_UNUSABLE)
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            return _scaled(data)
        except (Image.DecompressionBombError, Image.DecompressionBombWarning):
            raise ImageTooBig("The image unpacks to more pixels than a poster can have.") from None
        except (OSError, SyntaxError, ValueError):  # Pillow's errors for damaged files
            raise UnusableImage(_UNUSABLE) from None


def _scaled(data: bytes) -> bytes:
    Image.init()
    formats = [name for name in _FORMATS if name in Image.OPEN]
    with Image.open(io.BytesIO(data), formats=formats) as image:
        if image.width * image.height > _most_pixels(image):
            raise Image.DecompressionBombError
        image.draft("RGB", (_SIDES[0], _SIDES[0]))  # JPEG: unpack no larger than needed
        turned = image.getexif().get(_ORIENTATION, 1)
        # Made small first: each step keeps a whole picture beside the one that it makes.
        picture = image if image.mode in _SCALABLE else image.convert("RGB")
        picture.thumbnail((_SIDES[0], _SIDES[0]))
        picture.getexif()[_ORIENTATION] = turned
        picture = ImageOps.exif_transpose(picture).convert("RGB")
    for side in _SIDES:
        picture.thumbnail((side, side))
        out = io.BytesIO()
        picture.save(out, "JPEG", quality=_QUALITY)
        if out.tell() <= MAX_BYTES:
            return out.getvalue()
    raise ImageTooBig("The image could not be scaled below 10 MB.")


def _most_pixels(image: Image.Image) -> int:
    if image.format in _VIDEO:
        return _MOST_VIDEO
    is_plain_jpeg = image.format in ("JPEG", "MPO") and not image.info.get("progressive")
    return _MOST_PLAIN_JPEG if is_plain_jpeg else _MOST_PIXELS
