"""What may become a poster: raster images, recognised by their first bytes. Pure."""

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
_SIDES = (3840, 2560, 1920, 1280)
_QUALITY = 90
# A small file can unpack to gigabytes. Larger than any photograph: not an image to us.
_MAX_PIXELS = 80_000_000


def image_kind(data: bytes) -> str | None:
    """Return ``jpeg``, ``png``, ``gif`` or ``webp`` by the magic bytes, ``None`` for all else.

    SVG placeholders, HTML login pages and empty bodies are ``None``, whatever their headers say.
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


def needs_upload(remembered: str, data: bytes, *, locked: bool, preserve_plex_edits: bool) -> bool:
    """Decide whether *data* is to be uploaded; *remembered* is the SHA-1 last uploaded, or "".

    What was uploaded once is not uploaded again, so a poster that a person chose in Plex since
    stays until Stash's own image changes. With no memory a locked image is a person's choice,
    which ``preserve_plex_edits`` keeps.
    """
    if remembered:
        return sha1_of(data) != remembered
    return not (locked and preserve_plex_edits)


def fit_for_plex(data: bytes) -> bytes:
    """Return *data* itself when Plex takes it, else a smaller JPEG of the same picture.

    The same bytes always give the same result, so that it is uploaded only once. Raises
    UnusableImage when it is no raster image, ImageTooBig when it cannot be made small enough,
    or Pillow is not installed.
    """
    if image_kind(data) is None:
        raise UnusableImage("The image is not a JPEG, PNG, GIF or WebP.")
    if len(data) <= MAX_BYTES:
        return data
    if Image is None:
        raise ImageTooBig(
            f"The image has {len(data) / 1e6:.1f} MB, Plex takes 10. "
            "Install Pillow to have it scaled, or choose a smaller one in Stash."
        )
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            return _scaled(data)
        except (Image.DecompressionBombError, Image.DecompressionBombWarning):
            raise ImageTooBig("The image unpacks to more pixels than a poster can have.") from None
        except (OSError, SyntaxError, ValueError):  # what Pillow raises for damaged files
            raise UnusableImage("The image is damaged.") from None


def _scaled(data: bytes) -> bytes:
    with Image.open(io.BytesIO(data)) as image:
        if image.width * image.height > _MAX_PIXELS:
            raise Image.DecompressionBombError
        image.draft("RGB", (_SIDES[0], _SIDES[0]))  # JPEG: unpack no larger than needed
        upright = ImageOps.exif_transpose(image)
        picture = upright.convert("RGB")
    for side in _SIDES:
        picture.thumbnail((side, side))
        out = io.BytesIO()
        picture.save(out, "JPEG", quality=_QUALITY)
        if out.tell() <= MAX_BYTES:
            return out.getvalue()
    raise ImageTooBig("The image could not be scaled below 10 MB.")
