"""A plex.tv on loopback: PINs that a test lets be claimed or expire, one account, its servers."""

from __future__ import annotations

import hashlib
import json
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self
from urllib.parse import parse_qsl

from simulators.faults import Fault, Faults, Kind
from simulators.http_server import HttpServer, KeepAliveHandler

ACCOUNT_TOKEN = "canary-account-token-1"
STRONG_SECONDS, SHORT_SECONDS = 1800, 900
_PIN = re.compile(r"/api/v2/pins/(\d+)")
Answer = tuple[int, Mapping[str, str], bytes]


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it came."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]

    @property
    def token(self) -> str:
        """The token that came along, in a header or in the address."""
        return self.headers.get("x-plex-token") or self.query.get("X-Plex-Token", "")


@dataclass(slots=True)
class Pin:
    """One PIN. ``token`` is empty until it is claimed."""

    number: int
    code: str
    client: str
    made_at: float
    seconds: int
    token: str = ""

    def doc(self, now: float) -> dict[str, Any]:
        """The PIN as plex.tv answers it."""
        return {
            "id": self.number,
            "code": self.code,
            "product": "PlexSync",
            "trusted": False,
            "qr": f"https://plex.tv/api/v2/pins/qr/{self.code}",
            "clientIdentifier": self.client,
            "location": {"code": "XX", "city": "Harbour"},
            "expiresIn": max(0, int(self.made_at + self.seconds - now)),
            "createdAt": stamp(self.made_at),
            "expiresAt": stamp(self.made_at + self.seconds),
            "authToken": self.token or None,
            "newRegistration": None,
        }


@dataclass(slots=True)
class State:
    """What plex.tv knows. ``token`` is the account's; ``None`` once it is revoked."""

    clock: Callable[[], float]
    token: str | None = ACCOUNT_TOKEN
    pins: dict[int, Pin] = field(default_factory=dict)
    resources: list[dict[str, Any]] = field(default_factory=list)
    requests: list[Asked] = field(default_factory=list)
    faults: Faults = field(default_factory=Faults)
    stopping: threading.Event = field(default_factory=threading.Event)

    def answer(self, asked: Asked) -> Answer:
        """The answer when all is well."""
        if not asked.headers.get("x-plex-client-identifier"):
            return refusal(400, 1000, "X-Plex-Client-Identifier is missing")
        if (asked.method, asked.path) == ("POST", "/api/v2/pins"):
            return self.create(asked)
        pin = _PIN.fullmatch(asked.path)
        if asked.method == "GET" and pin:
            return self.look(asked, int(pin[1]))
        if asked.method == "GET" and asked.path in ("/api/v2/user", "/api/v2/resources"):
            if not self.token or asked.token != self.token:
                return refusal(401, 1001, "User could not be authenticated")
            return as_json(200, USER if asked.path.endswith("user") else self.listed(asked))
        return refusal(404, 1002, "Not Found")

    def create(self, asked: Asked) -> Answer:
        """A new PIN."""
        strong = asked.query.get("strong") == "true"
        number = 1_234_567_890 + len(self.pins)
        secret = hashlib.sha256(str(number).encode()).hexdigest()
        code = secret[:25] if strong else secret[:4].upper()
        seconds = STRONG_SECONDS if strong else SHORT_SECONDS
        client = asked.headers["x-plex-client-identifier"]
        pin = self.pins[number] = Pin(number, code, client, self.clock(), seconds)
        return as_json(201, pin.doc(self.clock()))

    def look(self, asked: Asked, number: int) -> Answer:
        """A PIN that its own client asks for."""
        pin, now = self.pins.get(number), self.clock()
        ours = pin and pin.client == asked.headers["x-plex-client-identifier"]
        if pin is None or not ours or now >= pin.made_at + pin.seconds:
            return refusal(404, 1020, "Code not found or expired")
        return as_json(200, pin.doc(now))

    def listed(self, asked: Asked) -> list[dict[str, Any]]:
        """The account's devices, with the connections that were asked for."""

        def wanted(one: Mapping[str, Any]) -> bool:
            relay = asked.query.get("includeRelay") == "1" or not one["relay"]
            return relay and (asked.query.get("includeHttps") == "1" or one["protocol"] == "http")

        return [
            {**device, "connections": [one for one in device["connections"] if wanted(one)]}
            for device in self.resources
        ]


USER = {
    "id": 4711,
    "uuid": "0123456789abcdef",
    "username": "ann",
    "title": "ann",
    "email": "ann@example.org",
    "friendlyName": "Ann",
    "thumb": "https://plex.tv/users/0123456789abcdef/avatar",
    "home": False,
    "restricted": False,
    "subscription": {"active": True, "status": "Active"},
}


def stamp(moment: float) -> str:
    """A time as plex.tv writes it."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def as_json(status: int, doc: object) -> Answer:
    """An answer with a document."""
    return status, {"Content-Type": "application/json; charset=utf-8"}, json.dumps(doc).encode()


def refusal(status: int, code: int, message: str) -> Answer:
    """plex.tv's own form of an error."""
    errors = [{"code": code, "message": message, "status": status}]
    return as_json(status, {"errors": errors})


def spoilt(fault: Fault) -> Answer | None:
    """The answer of a fault; ``None`` for one that only delays."""
    if fault.kind is Kind.STATUS:
        code = 1003 if fault.status == 429 else 0
        status, headers, body = refusal(fault.status, code, "planned")
        wait = {"Retry-After": str(fault.retry_after)} if fault.retry_after else {}
        return status, {**headers, **wait}, body
    if fault.kind is Kind.REDIRECT:
        return 302, {"Location": fault.location}, b""
    if fault.kind is Kind.GARBAGE:
        return 200, {"Content-Type": "application/json"}, b"<garbage"
    return None


class PlexTvHandler(KeepAliveHandler):
    """One connection. A subclass made per simulator carries its ``state``."""

    state: State

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def _serve(self) -> None:
        path, _, query = self.path.partition("?")
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(self.command, path, dict(parse_qsl(query)), headers)
        self.body()
        self.state.requests.append(asked)
        fault = self.state.faults.meet(self.command, path)
        if fault and fault.kind is Kind.CLOSE_BEFORE:
            self.hang_up()
            return
        if fault and fault.kind is Kind.DELAY:
            self.state.stopping.wait(fault.seconds)
        status, sent, body = (spoilt(fault) if fault else None) or self.state.answer(asked)
        self.answer(status, dict(sent), body)


class PlexTvSimulator:
    """plex.tv at one address of loopback, which ``PLEXSYNC_PLEXTV_URL`` names.

    ``clock`` gives epoch seconds: PINs expire by it.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.state = State(clock)
        self._http = HttpServer(type("Handler", (PlexTvHandler,), {"state": self.state}))

    @property
    def url(self) -> str:
        """The address, without a trailing slash."""
        return self._http.url

    @property
    def requests(self) -> list[Asked]:
        """Every request, oldest first."""
        return self.state.requests

    @property
    def faults(self) -> Faults:
        """The fault to come."""
        return self.state.faults

    def claim(self) -> Pin:
        """The user signs in and allows the newest PIN."""
        pin = max(self.state.pins.values(), key=lambda one: one.number)
        pin.token = self.state.token or ""
        return pin

    def revoke(self) -> None:
        """The user removes the device: the account's token is worth nothing any more."""
        self.state.token = None

    def add_server(
        self,
        name: str,
        machine: str,
        addresses: Sequence[tuple[str, bool, bool]],
        *,
        token: str | None,
        owned: bool = True,
        https_required: bool = False,
    ) -> None:
        """List a server; ``addresses`` are (uri, local, relay)."""
        connections = [connection(*one) for one in addresses]
        self._add(name, machine, "server", token, connections, owned, https_required)

    def add_player(self, name: str) -> None:
        """List a player, as most accounts have one."""
        self._add(name, f"player-{name}", "client,player,pubsub-player", None, [], True, False)

    def _add(
        self,
        name: str,
        machine: str,
        provides: str,
        token: str | None,
        connections: list[dict[str, Any]],
        owned: bool,
        https_required: bool,
    ) -> None:
        self.state.resources.append(
            {
                "name": name,
                "product": "Plex Media Server" if provides == "server" else "Plex for Android",
                "productVersion": "1.43.0.10492-121068a07",
                "platform": "Linux",
                "clientIdentifier": machine,
                "provides": provides,
                "owned": owned,
                "home": False,
                "sourceTitle": None if owned else "bob",
                "publicAddress": "203.0.113.9",
                "accessToken": token,
                "httpsRequired": https_required,
                "dnsRebindingProtection": False,
                "natLoopbackSupported": False,
                "presence": True,
                "lastSeenAt": stamp(self.state.clock()),
                "connections": connections,
            }
        )

    def start(self) -> Self:
        """Listen."""
        self.state.stopping.clear()
        self._http.start()
        return self

    def stop(self) -> None:
        """Refuse connections; state and port are kept."""
        self.state.stopping.set()
        self._http.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


def connection(uri: str, local: bool, relay: bool) -> dict[str, Any]:
    """One connection of a server. A plex.direct name holds the address in its first label."""
    protocol, _, rest = uri.partition("://")
    host, _, port = rest.rpartition(":")
    address = host.partition(".")[0].replace("-", ".") if ".plex.direct" in host else host
    return {
        "protocol": protocol,
        "address": address.strip("[]"),
        "port": int(port),
        "uri": uri,
        "local": local,
        "relay": relay,
        "IPv6": "[" in host,
    }
