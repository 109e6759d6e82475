"""Plex over plain HTTP: what a test sends is what goes over the wire."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping
from typing import Self
from urllib.parse import quote

import requests


class PlexHttp:
    """A client that adds the token and nothing else. ``target`` is a path with its query."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self.session = requests.Session()
        self.session.headers["X-Plex-Token"] = token

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.session.close()

    def ask(
        self, method: str, target: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> requests.Response:
        """Any request. Redirects stay unfollowed."""
        return self.session.request(
            method, self.url + target, data=body, headers=headers, timeout=10, allow_redirects=False
        )

    def get(self, target: str, headers: Mapping[str, str] | None = None) -> ET.Element:
        """The root of an XML answer."""
        response = self.ask("GET", target, headers=headers)
        assert response.status_code == 200, response.status_code
        return ET.fromstring(response.content)

    def put(self, target: str, **parameters: str) -> int:
        """Send an edit; the parameters are added to the target as a client encodes them."""
        pairs = [
            f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in parameters.items()
        ]
        joint = "&" if "?" in target else "?"
        return self.ask("PUT", target + joint * bool(pairs) + "&".join(pairs)).status_code

    def keys(self, target: str) -> list[int]:
        """The rating keys of a listing, in order."""
        return [int(child.attrib["ratingKey"]) for child in self.get(target)]
