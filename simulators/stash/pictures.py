"""Small real images made from nothing but struct and zlib, and the placeholders Stash serves."""

from __future__ import annotations

import struct
import zlib

Rgb = tuple[int, int, int]

SCENE_PLACEHOLDER = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1280 720">'
    b'<path d="M500 260v200l280-100z" style="fill:#ffffff"/></svg>'
)
"""The answer of `/scene/N/screenshot`, with status 200, for a scene without a cover."""


def png(width: int = 16, height: int = 24, color: Rgb = (200, 40, 40)) -> bytes:
    """A PNG of one colour."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        crc = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + crc

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = (b"\0" + bytes(color) * width) * height
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def content_type(data: bytes) -> str:
    """The type that Go's sniffing finds; text is taken for SVG."""
    if data.startswith(b"\x89PNG"):
        return "image/png"
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    if data.startswith(b"GIF8"):
        return "image/gif"
    return "image/svg+xml" if data.lstrip()[:1] == b"<" else "application/octet-stream"
