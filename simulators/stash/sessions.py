"""Stash's logins: signed and dated cookies (nothing is stored), and one API key."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie

from simulators.stash.records import Clock

Visited = tuple[tuple[str, str], ...]
"""The ``(plugin id, hook type)`` runs that led to a request: Stash's guard against loops."""


class Unauthorized(Exception):
    """A wrong API key: refused even where no credentials are configured."""


@dataclass(frozen=True, slots=True)
class Identity:
    """The sender of a request. ``user`` is "" without a login; ``fresh_cookie`` is to be set."""

    user: str = ""
    visited: Visited = ()
    fresh_cookie: str = ""


class Sessions:
    """Makes and checks cookies. ``max_age`` in seconds (Stash's default is one hour)."""

    def __init__(self, clock: Clock, credentials: tuple[str, str] | None, max_age: int) -> None:
        self.clock = clock
        self.credentials = credentials
        self.max_age = max_age
        self.api_key = ""
        self._secret = secrets.token_bytes(16)

    @property
    def user(self) -> str:
        return self.credentials[0] if self.credentials else ""

    def make_cookie(self, user: str, visited: Visited = ()) -> str:
        fields = {"at": self.clock.now(), "user": user, "visited": visited}
        payload = base64.urlsafe_b64encode(json.dumps(fields).encode())
        return f"{payload.decode()}.{self._sign(payload)}"

    def expire_all(self) -> None:
        """Make every cookie given so far worthless, as their age or a new key would."""
        self._secret = secrets.token_bytes(16)

    def identify(self, cookies: str, key: str) -> Identity:
        """Raises Unauthorized for a wrong, non-empty API key; a bad cookie counts as none."""
        visited, cookie_user, known = self._read_cookie(cookies)
        if key:
            if key != self.api_key:
                raise Unauthorized
            return Identity(self.user, visited)
        fresh = self.make_cookie(cookie_user, visited) if known else ""
        return Identity(cookie_user, visited, fresh)

    def allows(self, identity: Identity) -> bool:
        return self.credentials is None or bool(identity.user)

    def set_cookie_header(self, value: str) -> str:
        return f"session={value}; Path=/; Max-Age={self.max_age}; SameSite=Lax"

    def _read_cookie(self, header: str) -> tuple[Visited, str, bool]:
        try:
            morsel = SimpleCookie(header).get("session")
        except CookieError:
            morsel = None
        payload, _, signature = (morsel.value if morsel else "").rpartition(".")
        if not hmac.compare_digest(signature.encode(), self._sign(payload.encode()).encode()):
            return (), "", False
        fields = json.loads(base64.urlsafe_b64decode(payload))
        if self.clock.now() - fields["at"] > self.max_age:
            return (), "", False
        return tuple((plugin, kind) for plugin, kind in fields["visited"]), fields["user"], True

    def _sign(self, payload: bytes) -> str:
        return hmac.new(self._secret, payload, hashlib.sha256).hexdigest()
