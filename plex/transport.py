"""The HTTP side of Plex: timeouts, bounds, no redirects; every bad answer a typed error."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from time import monotonic, time
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError, InsecureRequestWarning

from plex.exceptions import (
    NOT_XML,
    PlexTemporaryError,
    error_for_status,
    is_ok,
    translate_plex_exception,
)

# A listing page of 5,000 items is under 12 MB, fifty full items under 2 MB.
MAX_BODY = 64 * 1024 * 1024
_CHUNK = 8 * 1024  # bytes; small, so that the clock is looked at in a slow answer too
_SLOW_FACTOR = 4  # a body may take so many read timeouts altogether: a drip is not an answer
_LONGEST_WAIT = 3600.0  # seconds of Retry-After that are believed
_SAID_LENGTH = 200  # characters of Plex's own explanation worth showing


def plex_session(*, insecure_tls: bool, connect_timeout: float, read_timeout: float) -> PlexSession:
    """Return a session for one Plex server; timeouts in seconds.

    It ignores the environment: a proxy set for this machine's way to the internet must not see
    the token of a server in the house, and a .netrc must not log in where the token does.
    """
    session = PlexSession()
    session.trust_env = False
    session.verify = not insecure_tls
    if insecure_tls:
        urllib3.disable_warnings(InsecureRequestWarning)  # the user chose exactly this
    for prefix in ("http://", "https://"):
        session.mount(prefix, PlexAdapter(connect_timeout, read_timeout))
    return session


class PlexSession(requests.Session):
    """Leaves queries as they are: ours are percent-encoded, and looking through the kilobytes of an
    edit once more took a sixth of a scene's processor time.

    ``used_at`` is when the last request was answered, or failed (``time.monotonic()``; 0 = never).
    """

    used_at = 0.0

    def send(self, request: requests.PreparedRequest, **how: Any) -> requests.Response:
        """Send *request* and note when that ended."""
        try:
            return super().send(request, **how)
        finally:
            self.used_at = monotonic()

    def prepare_request(self, request: requests.Request) -> requests.PreparedRequest:
        """Prepare *request* with its query untouched."""
        address, mark, query = request.url.partition("?")
        request.url = address
        prepared = super().prepare_request(request)
        prepared.url = f"{prepared.url}{mark}{query}"
        return prepared


class PlexAdapter(HTTPAdapter):
    """Sends one request and returns a complete answer with a good status, or raises our error.

    The status is judged here, before plexapi flattens it and before requests follows a redirect:
    a redirect is an error, so no token reaches another host and no PUT becomes a GET.
    """

    def __init__(self, connect_timeout: float, read_timeout: float) -> None:
        super().__init__()
        self._timeout = (connect_timeout, read_timeout)

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # noqa: ARG002 - the whole body is always read here
        timeout: object = None,  # noqa: ARG002 - ours is set
        verify: bool | str = True,
        cert: bytes | str | tuple[bytes | str, bytes | str] | None = None,
        proxies: Mapping[str, str] | None = None,  # noqa: ARG002 - see plex_session
    ) -> requests.Response:
        """Send *request*; see the class."""
        try:
            response = super().send(
                request, stream=True, timeout=self._timeout, verify=verify, cert=cert
            )
            self._read_body(response)
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            raise translate_plex_exception(error) from None
        if not is_ok(response.status_code):
            raise error_for_status(
                response.status_code,
                retry_after=parse_retry_after(response.headers.get("Retry-After", ""), time()),
                said=_what_it_said(response),
            )
        if response.content.lstrip()[:9].lower().startswith((b"<!doctype", b"<html")):
            raise PlexTemporaryError(
                "A web page came instead of Plex's answer. Is plex_url the address of Plex itself?"
            )
        if "charset" not in response.headers.get("Content-Type", "").lower():
            # requests would read text/* as Latin-1 then, as HTTP once said. Plex writes UTF-8.
            response.encoding = "utf-8"
        return response

    def _read_body(self, response: requests.Response) -> None:
        """Read the body now, while its errors can be distinguished, and no more than MAX_BODY."""
        deadline = monotonic() + _SLOW_FACTOR * self._timeout[1]
        body = bytearray()
        for chunk in response.iter_content(_CHUNK):
            body += chunk
            if len(body) > MAX_BODY or monotonic() > deadline:
                response.close()
                raise PlexTemporaryError("Plex's answer is too long or too slow to be one.")
        response._content = bytes(body)


def parse_retry_after(text: str, now: float) -> float | None:
    """Return the seconds that a Retry-After header asks for (0 to one hour), or ``None``.

    *text* is a number of seconds or an HTTP date; *now* is epoch seconds.
    """
    text = text.strip()
    if text.isascii() and text.isdigit():
        seconds = float(text)
    else:
        try:
            seconds = parsedate_to_datetime(text).timestamp() - now
        except (ValueError, OverflowError):
            return None
    return min(max(seconds, 0.0), _LONGEST_WAIT)


def _what_it_said(response: requests.Response) -> str:
    """Return the part of an answer for the user: Plex's status text, or where a redirect leads."""
    location = urlsplit(response.headers.get("Location", ""))
    if location.hostname:
        return f"it leads to {location.scheme}://{location.hostname}"
    try:
        root = ElementTree.fromstring(response.content)  # noqa: S314 - only Plex can answer here
    except NOT_XML:
        return ""
    return root.get("status", "")[:_SAID_LENGTH].rstrip(".")
