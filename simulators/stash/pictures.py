"""Small real images made from nothing but struct and zlib, and the placeholders Stash serves."""

from __future__ import annotations

import struct
import zlib

Rgb = tuple[int, int, int]

SCENE_PLACEHOLDER = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1280 720">'
    b'<path d="M500 260v200l280-100z" style="fill:#ffffff"/></svg>'
)
"""What `/scene/N/screenshot` answers, with status 200, for a scene without a cover."""


def png(width: int = 16, height: int = 24, color: Rgb = (200, 40, 40)) -> bytes:
    """A PNG of one colour."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        crc = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + crc

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = (b"\0" + bytes(color) * width) * height
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def jpeg(width: int = 16, height: int = 24, grey: int = 90) -> bytes:
    """A grey baseline JPEG: each 8x8 block is its mean (DC) and nothing else."""

    def segment(marker: int, data: bytes) -> bytes:
        return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data

    # Two DC codes: 0 for "as the block before", 10 for a difference of ``size`` bits; one AC
    # code: 0, the end of the block.
    level = grey - 128
    size = abs(level).bit_length()
    dc_table = b"\x00" + bytes([1, 1] + [0] * 14) + bytes([0, size or 1])
    ac_table = b"\x10" + bytes([1] + [0] * 15) + b"\x00"
    blocks = ((width + 7) // 8) * ((height + 7) // 8)
    digits = format(level if level > 0 else level + (1 << size) - 1, f"0{size}b")
    bits = (f"10{digits}0" if size else "00") + "00" * (blocks - 1)
    bits += "1" * (-len(bits) % 8)
    scan = int(bits, 2).to_bytes(len(bits) // 8, "big").replace(b"\xff", b"\xff\x00")
    return b"".join(
        [
            b"\xff\xd8",
            segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0"),
            segment(0xDB, b"\0" + b"\x08" * 64),
            segment(0xC0, struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\x00"),
            segment(0xC4, dc_table),
            segment(0xC4, ac_table),
            segment(0xDA, b"\x01\x01\x00\x00\x3f\x00"),
            scan,
            b"\xff\xd9",
        ]
    )


def webp(width: int = 16, height: int = 24, color: Rgb = (40, 120, 200)) -> bytes:
    """A lossless WebP of one colour: five prefix codes of one symbol each, no pixel data."""
    bits: list[tuple[int, int]] = [(width - 1, 14), (height - 1, 14), (0, 1), (0, 3)]
    bits += [(0, 1), (0, 1), (0, 1)]  # no transform, no colour cache, no meta codes
    red, green, blue = color
    for symbol in (green, red, blue, 255, 0):
        bits += [(1, 1), (0, 1), (1, 1), (symbol, 8)]
    stream, at = 0, 0
    for value, length in bits:
        stream |= value << at
        at += length
    data = b"\x2f" + stream.to_bytes((at + 7) // 8, "little")
    padded = data + b"\0" * (len(data) % 2)
    chunk = b"VP8L" + struct.pack("<I", len(data)) + padded
    return b"RIFF" + struct.pack("<I", 4 + len(chunk)) + b"WEBP" + chunk


def content_type(data: bytes) -> str:
    """What Go's sniffing finds; text is taken for SVG."""
    if data.startswith(b"\x89PNG"):
        return "image/png"
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    if data.startswith(b"GIF8"):
        return "image/gif"
    return "image/svg+xml" if data.lstrip()[:1] == b"<" else "application/octet-stream"
