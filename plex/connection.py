"""The connection to one Plex server. The only place that drives plexapi and tenacity."""

from __future__ import annotations

import functools
import random
import re
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Literal, TypeVar
from xml.etree.ElementTree import Element

import requests
import tenacity

from plex.addresses import OPEN, Guard
from plex.exceptions import (
    NOT_XML,
    AnotherPlex,
    PlexNotFound,
    PlexPermanentError,
    PlexSetupError,
    PlexTemporaryError,
    translate_plex_exception,
)
from plex.isolation import PlexServer
from plex.isolation import exceptions as pa
from plex.items import PlexAbout
from plex.transport import PICTURE, machine_at, plex_session
from validation.errors import PlexSyncError
from validation.texts import one_line

# Three tries within five seconds ride out a restarting proxy or a dropped connection. Anything
# longer is an outage, which is the business of the queue and its circuit breaker.
_TRIES = 3
_TRY_SECONDS = 5.0
_FIRST_WAIT = 0.5

# Not the generator that the whole process shares.
random_fraction = random.SystemRandom().random

LONGEST_NAME = 200
_NUMBERS = re.compile(r"\d[\d,]*")

_T = TypeVar("_T")


class PlexConnection:
    """Requests to one Plex server, for one thread. Connects when first used, with one request.

    plexapi builds the requests and reads the answers through ``PlexServer.query`` alone: its item
    objects fetch more when an attribute is empty, and their lists are cut. A temporary error is
    tried up to three times within five seconds, writes too: each names the final state, so a
    repetition changes nothing. *rng* returns a number in [0, 1); timeouts are seconds. ``served``
    counts the good answers of each part of Plex. ``changes`` counts how often another server was
    found at the address, and ``failures`` requests that failed.
    """

    def __init__(
        self,
        url: str,
        token: str,
        *,
        insecure_tls: bool = False,
        ca_bundle: str = "",
        connect_timeout: float = 5.0,
        read_timeout: float = 30.0,
        guard: Guard = OPEN,
        rng: Callable[[], float] = random_fraction,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._url = url.strip().rstrip("/")
        self._token = token.strip()
        self._machine = guard.machine
        self._session = plex_session(
            insecure_tls=insecure_tls,
            ca_bundle=ca_bundle,
            connect_timeout=connect_timeout,
            read_timeout=read_timeout,
            guard=guard,
        )
        self._rng = rng
        self._sleep = sleep
        self._connected: PlexServer | None = None
        self.served: Counter[str] = Counter()
        self.changes = 0
        self.failures = 0
        self._machine = ""
        self._known_on = -1

    def __repr__(self) -> str:
        return f"PlexConnection({self._url!r})"

    def close(self) -> None:
        """Close the connections; the next request opens a new one."""
        self._session.close()
        self._known_on = -1

    @property
    def server(self) -> str:
        """The server's machineIdentifier. Connects."""
        if self._connected is not None:  # asked several times for each scene
            return str(self._connected.machineIdentifier)
        return str(self._with_retries(lambda plex: plex.machineIdentifier))

    @property
    def version(self) -> str:
        """The version of Plex. Connects."""
        return str(self._with_retries(lambda plex: plex.version))

    @property
    def about(self) -> PlexAbout | None:
        """The server as it described itself; ``None`` until connected. Asks nothing."""
        plex = self._connected
        if plex is None:
            return None
        return PlexAbout(
            one_line(str(plex.friendlyName or ""), LONGEST_NAME),
            one_line(str(plex.version or ""), LONGEST_NAME),
            one_line(str(plex.machineIdentifier), LONGEST_NAME),
            self._url,
        )

    @property
    def used_at(self) -> float:
        """When the last request was answered, or failed (``time.monotonic()``; 0 = never)."""
        return self._session.used_at

    def identity(self) -> bool:
        """Ask once, without token, whether this very Plex answers."""
        try:
            found = machine_at(self._session, self._url)
        except (PlexSyncError, requests.RequestException):
            return False
        if self._connected is not None and found != self._connected.machineIdentifier:
            self._connected = None  # another server has taken the address
            return False
        return found != "" and self._machine in ("", found)

    def confirm(self) -> None:
        """See that the server that is known still answers. This costs a request only if a
        connection was made since: another server cannot take one over.

        Raises PlexTemporaryError when another one answers, or none.
        """
        server = self.server
        if self._session.connections == self._known_on:
            return
        if not self.identity() or self.server != server:
            raise PlexTemporaryError("Another Plex answers at plex_url, or none does.")
        self._known_on = self._session.connections

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Element:
        """The ``MediaContainer`` that Plex answers."""

        def ask(plex: PlexServer) -> Element:
            root = _query(plex, path, headers=dict(headers or {}))
            if root is None or root.tag != "MediaContainer":
                raise PlexTemporaryError("Plex's answer is empty or not what Plex answers.")
            return root

        return self._serve(part_of("get", path), ask)

    def image(self, path: str) -> bytes:
        """The bytes of an image on Plex, asked for once."""
        try:
            answer = self._session.get(
                f"{self._url}{path}", headers={"X-Plex-Token": self._token, **PICTURE}
            )
        except (requests.RequestException, OSError) as error:
            raise translate_plex_exception(error) from None
        return answer.content

    def send(
        self,
        method: Literal["get", "put", "post", "delete"],
        path: str,
        *,
        data: bytes | None = None,
        plain: bool = False,
    ) -> None:
        """Send what changes something; a good answer is empty, or one line where it may be
        ``plain``: plexapi takes each text for XML."""
        send: dict[str, Callable[..., requests.Response]] = {
            "get": self._session.get,
            "put": self._session.put,
            "post": self._session.post,
            "delete": self._session.delete,
        }

        def ask(plex: PlexServer) -> None:
            said: list[str] = []
            try:
                _query(plex, path, method=_heard(send[method], said), data=data)
            except NOT_XML:
                if not plain or not said or "<" in said[-1]:  # a login page
                    raise

        self._serve(part_of(method, path), ask)

    def _serve(self, part: str, ask: Callable[[PlexServer], _T]) -> _T:
        """Ask one part of Plex, and note whether that part serves."""
        try:
            answer = self._with_retries(ask)
        except PlexTemporaryError as error:
            error.part = part
            self.failures += 1
            raise
        self.served[part] += 1
        return answer

    def _with_retries(self, ask: Callable[[PlexServer], _T]) -> _T:
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(_is_worth_a_retry),
            stop=tenacity.stop_after_attempt(_TRIES) | tenacity.stop_before_delay(_TRY_SECONDS),
            wait=lambda state: _FIRST_WAIT * 2**state.attempt_number * self._rng(),
            sleep=self._sleep,
            reraise=True,
        )
        try:
            answer: _T = retrying(self._once, ask)
        except (PlexNotFound, PlexPermanentError) as refusal:
            if self.identity():
                raise
            raise PlexTemporaryError(
                f"Something answers in Plex's place: /identity is not Plex's. It said: {refusal}"
            ) from None
        return answer

    def _once(self, ask: Callable[[PlexServer], _T]) -> _T:
        try:
            return ask(self._server_object())
        except (
            pa.PlexApiException,
            requests.RequestException,
            *NOT_XML,
            OSError,
        ) as error:
            # "from None": these messages hold whole edits, and for a bad header the token.
            raise translate_plex_exception(error) from None

    def _server_object(self) -> PlexServer:
        if self._connected is None:
            if not self._url or not self._token:
                raise PlexSetupError("plex_url and plex_token have to be set.")
            self._connected = self._connect()
        return self._connected

    def _connect(self) -> PlexServer:
        try:
            plex = PlexServer(  # type: ignore[no-untyped-call]
                self._url, self._token, session=self._session
            )
        except PlexNotFound:
            raise PlexTemporaryError("There is no Plex at plex_url (HTTP 404).") from None
        except PlexPermanentError as refusal:
            raise PlexSetupError(
                f"What answers at plex_url refuses even the first question (HTTP {refusal.status})."
                " Is it the address of Plex itself, with https:// where https is spoken?"
            ) from None
        if not vars(plex).get("machineIdentifier"):  # plexapi accepts an empty answer
            raise PlexTemporaryError("Plex answered without saying which server it is.")
        if self._machine not in ("", plex.machineIdentifier):
            self.changes += 1
        self._machine = str(plex.machineIdentifier)
        self._known_on = self._session.connections
        return plex


def part_of(method: str, path: str) -> str:
    """Return the part of Plex that a request asks: its kind, without the numbers of items."""
    address, _, query = path.partition("?")
    searches = " by file" if "&file=" in query else ""
    return f"{method} {_NUMBERS.sub('#', address)}{searches}"


def _query(plex: PlexServer, path: str, **how: object) -> Element | None:
    """plexapi's form of the answer: its root element, or ``None`` when it is empty."""
    root: Element | None = plex.query(path, **how)  # type: ignore[no-untyped-call]
    return root


def _heard(
    send: Callable[..., requests.Response], said: list[str]
) -> Callable[..., requests.Response]:
    """The request as plexapi makes it; the text of each answer goes into ``said``."""

    @functools.wraps(send)
    def ask(*where: object, **how: object) -> requests.Response:
        answer = send(*where, **how)
        said.append(answer.text)
        return answer

    return ask


def _is_worth_a_retry(error: BaseException) -> bool:
    """A server that names the time of the next try is believed, and the queue waits for it."""
    if isinstance(error, AnotherPlex):
        return False
    return isinstance(error, PlexTemporaryError) and error.retry_after is None
