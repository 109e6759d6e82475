"""Versions, files and streams of an item as elements."""

from __future__ import annotations

import functools

from simulators.plex.items import Media, Part
from simulators.plex.shape import Shape
from simulators.plex.xml import Element, to_text


@functools.lru_cache(maxsize=100_000)
def media_text(media: Media, shape: Shape) -> str:
    """A version of an item, already written: it never changes and is half of a list's text."""
    return to_text(_media(media, shape))


def _media(media: Media, shape: Shape) -> Element:
    height = media.height
    attributes = {
        "id": str(media.id),
        "duration": str(media.duration),
        "bitrate": str(media.bitrate),
        "width": str(media.width),
        "height": str(media.height),
        "aspectRatio": "1.78",
        "audioChannels": "2",
        "audioCodec": "aac",
        "videoCodec": "h264",
        "videoResolution": "4k" if height >= 2160 else str(height) if height >= 480 else "sd",
        "container": media.parts[0].container,
        "videoFrameRate": "24p",
        "audioProfile": "lc",
        "videoProfile": "high",
        "hasVoiceActivity": "0",
    }
    if media.target:
        attributes |= {"proxyType": "42", "target": media.target, "title": media.target}
    if "Part" in shape.without_elements:
        return Element("Media", attributes)
    return Element("Media", attributes, [_part(part, media, shape) for part in media.parts])


def _part(part: Part, media: Media, shape: Shape) -> Element:
    attributes = {"accessible": "1", "exists": "1"} if shape.check_files else {}
    attributes |= {
        "id": str(part.id),
        "key": f"/library/parts/{part.id}/{part.stamp}/file.{part.container}",
        "duration": str(part.duration),
        "file": part.file,
        "size": str(part.size),
        "audioProfile": "lc",
        "container": part.container,
        "videoProfile": "high",
    }
    if "file" in shape.without_fields:
        del attributes["file"]
    return Element("Part", attributes, _streams(part, media) if shape.full else [])


def _streams(part: Part, media: Media) -> list[Element]:
    common = {"default": "1", "bitrate": str(media.bitrate)}
    size = {"width": str(media.width), "height": str(media.height), "frameRate": "24.000"}
    name = f"{media.height}p (H.264)"
    titles = {"displayTitle": name, "extendedDisplayTitle": name}
    video = {"id": str(part.id * 2), "streamType": "1", **common, "codec": "h264", "index": "0"}
    audio = {"id": str(part.id * 2 + 1), "streamType": "2", "selected": "1", **common}
    audio |= {"codec": "aac", "index": "1", "channels": "2", "samplingRate": "44100"}
    audio |= {"displayTitle": "Unknown (AAC Stereo)"}
    return [Element("Stream", video | size | titles), Element("Stream", audio)]
