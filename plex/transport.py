"""The HTTP side of Plex: timeouts, bounds, no redirects; every bad answer a typed error."""

from __future__ import annotations

from contextlib import closing
from email.utils import parsedate_to_datetime
from functools import partial
from http.client import HTTPConnection
from http.cookiejar import DefaultCookiePolicy
from time import monotonic, time
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

import requests

from plex.addresses import OPEN, Guard
from plex.exceptions import (
    NOT_XML,
    AnotherPlex,
    PlexTemporaryError,
    error_for_sign_in,
    error_for_status,
    is_ok,
    translate_plex_exception,
)
from validation.documents import MOST_BYTES, Refused, check_xml
from validation.texts import said
from validation.transport import BoundedAdapter, BoundedSession, TimedResponse, refuse_public

# The header of a request for a picture; every other answer is XML.
PICTURE = {"Accept": "image/*"}
_LONGEST_IDENTITY = 64 * 1024
_LONGEST_WAIT = 3600.0  # seconds of Retry-After that are believed


def plex_session(
    *,
    insecure_tls: bool,
    connect_timeout: float,
    read_timeout: float,
    ca_bundle: str = "",
    guard: Guard = OPEN,
) -> PlexSession:
    """Return a session for one Plex server; timeouts in seconds. *ca_bundle* is a file of
    certificates to believe instead of the usual ones.
    """
    session = PlexSession()
    session.verify = False if insecure_tls else ca_bundle or True
    # Plex logs in by its token: a cookie would only grow from answer to answer.
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    for prefix in ("http://", "https://"):
        session.mount(prefix, PlexAdapter(connect_timeout, read_timeout, guard))
    return session


class PlexSession(BoundedSession):
    """``used_at`` is when the last request was answered, or failed (``time.monotonic()``; 0 =
    never).
    """

    used_at = 0.0

    @property
    def connections(self) -> int:
        """How many connections were made."""
        ours = (one for one in self.adapters.values() if isinstance(one, BoundedAdapter))
        return sum(one.connections for one in ours)

    def send(self, request: requests.PreparedRequest, **how: Any) -> requests.Response:
        """Send *request* and note when that ended."""
        try:
            return super().send(request, **how)
        finally:
            self.used_at = monotonic()


class PlexAdapter(BoundedAdapter):
    """Sends one request and returns a complete answer with a good status, or raises our error.

    The status is judged here, before plexapi flattens it and before requests follows a redirect. A
    redirect is an error, so no token reaches another host and no PUT becomes a GET.
    """

    def __init__(self, connect_timeout: float, read_timeout: float, guard: Guard = OPEN) -> None:
        check = None if guard == OPEN else partial(let_in, guard=guard)
        super().__init__(connect_timeout, read_timeout, check=check)
        self._signed_in = bool(guard.machine)

    def translate(self, error: Exception) -> Exception:
        """The error of ours."""
        return translate_plex_exception(error)

    def most_bytes(self, request: requests.PreparedRequest) -> int:  # noqa: ARG002 - one for all
        """How long an answer may be."""
        return MOST_BYTES

    def judge(self, request: requests.PreparedRequest, response: requests.Response) -> None:
        """Raise unless *response* is what a Plex answers when all is well."""
        content, status = response.content, response.status_code
        token = request.headers.get("X-Plex-Token", "")
        refused = error_for_sign_in(status, token) if self._signed_in and token else None
        if refused is not None:
            raise refused
        if not is_ok(status):
            raise error_for_status(
                status,
                retry_after=parse_retry_after(response.headers.get("Retry-After", ""), time()),
                said=_what_it_said(response, token),
            )
        if content.lstrip()[:9].lower().startswith((b"<!doctype", b"<html")):
            raise PlexTemporaryError(
                "A web page came instead of Plex's answer. Is plex_url the address of Plex itself?"
            )
        if request.headers.get("Accept") == PICTURE["Accept"]:
            return
        try:
            response._content = check_xml(content)
        except Refused as error:
            raise translate_plex_exception(error) from None
        # Plex writes UTF-8. requests would read text/* without a charset as Latin-1, as HTTP once
        # required, and some of the charsets that it knows take hours for a megabyte.
        response.encoding = "utf-8"


def let_in(connection: HTTPConnection, guard: Guard) -> None:
    """Raise unless *connection*, just opened, may carry a token by *guard*.

    The machine shows itself on this very socket: another may have taken the address since the last
    one. The question is another object's, as *connection* may be in the middle of a request.
    """
    wire = connection.sock
    if guard.private_only:
        refuse_public(wire)
    if not guard.machine:
        return
    asking = HTTPConnection(connection.host, connection.port)
    asking.sock, asking.response_class = wire, TimedResponse
    asking.request("GET", f"{guard.path}/identity", headers={"Accept": "application/xml"})
    with closing(asking.getresponse()) as answer:
        found = _machine_in(answer.read(_LONGEST_IDENTITY)) if answer.status == 200 else ""
        is_whole = answer.isclosed()
    if not found:
        raise PlexTemporaryError(f"Plex does not identify itself (HTTP {answer.status}).")
    if found != guard.machine:
        raise AnotherPlex("Another server answers at the address of Plex; it gets no token.")
    if asking.sock is None or not is_whole:
        raise PlexTemporaryError("Plex, or a proxy before it, closes each connection immediately.")
    asking.sock = None  # what is left of it must not close the socket


def machine_at(session: requests.Session, url: str) -> str:
    """The machineIdentifier of the Plex at *url*, asked for without token; "" for no Plex."""
    return _machine_in(session.get(f"{url}/identity").content)


def _machine_in(content: bytes) -> str:
    try:
        root = ElementTree.fromstring(check_xml(content))  # noqa: S314 - it was checked
    except NOT_XML:
        return ""
    return root.get("machineIdentifier", "") if root.tag == "MediaContainer" else ""


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
        except (ValueError, OverflowError, OSError):
            return None
    return min(max(seconds, 0.0), _LONGEST_WAIT)


def _what_it_said(response: requests.Response, token: str) -> str:
    """Return the part of an answer for the user: Plex's status text, or where a redirect leads."""
    location = urlsplit(response.headers.get("Location", ""))
    if location.hostname:
        return said(f"it leads to {location.scheme}://{location.hostname}", [token])
    try:
        root = ElementTree.fromstring(check_xml(response.content))  # noqa: S314 - it was checked
    except NOT_XML:
        return ""
    return said(root.get("status", ""), [token])
