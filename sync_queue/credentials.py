"""The sign-in: one file, readable by its owner only, and the only place of its secrets.

Standard library only: a page asks every two seconds whether the user has signed in. No class here
has a ``repr`` with a secret in it.
"""

from __future__ import annotations

import json
import os

from sync_queue import datadir
from validation.errors import SetupError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

FILE = "sign_in.json"
FORMAT = 1
_LONGEST = 256 * 1024
# The account's token is needed until a server was chosen, and forgotten after so long anyway.
ACCOUNT_SECONDS = 1800.0
DAMAGED = "The stored sign-in cannot be read. Sign in with Plex again, or sign out."


class Pin:
    """A PIN that waits for the user. ``ask_at``: plex.tv does not want to be asked earlier."""

    __slots__ = ("ask_at", "code", "expires_at", "number")

    def __init__(self, number: int, code: str, expires_at: float, ask_at: float = 0.0) -> None:
        self.number = number
        self.code = code
        self.expires_at = expires_at
        self.ask_at = ask_at


class Account:
    """The account's token, and when it came (epoch seconds)."""

    __slots__ = ("at", "name", "token")

    def __init__(self, token: str, name: str, at: float) -> None:
        self.token = token
        self.name = name
        self.at = at


class ChosenServer:
    """The server that was chosen: ``token`` is its own, ``uri`` the address in use.

    ``addresses`` are those that plex.tv listed, as (uri, local, relay).
    """

    __slots__ = ("addresses", "machine", "name", "token", "uri")

    def __init__(
        self,
        machine: str,
        name: str,
        uri: str,
        token: str,
        addresses: tuple[tuple[str, bool, bool], ...],
    ) -> None:
        self.machine = machine
        self.name = name
        self.uri = uri
        self.token = token
        self.addresses = addresses

    def at(self, uri: str) -> ChosenServer:
        """The same server under another address."""
        return ChosenServer(self.machine, self.name, uri, self.token, self.addresses)

    def key(self) -> tuple[object, ...]:
        """All of it, to be compared."""
        return self.machine, self.name, self.uri, self.token, self.addresses

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ChosenServer) and self.key() == other.key()

    def __hash__(self) -> int:
        return hash(self.key())


class SignIn:
    """All that is stored of a sign-in; each part may be missing."""

    __slots__ = ("account", "pin", "server")

    def __init__(
        self,
        pin: Pin | None = None,
        account: Account | None = None,
        server: ChosenServer | None = None,
    ) -> None:
        self.pin = pin
        self.account = account
        self.server = server


def read(data_dir: str, now: float) -> SignIn:
    """The stored sign-in without what is over: an expired PIN, an account's token that is too old.

    Raises ``SetupError`` for a file that cannot be read: it may hold a server.
    """
    found = _load(data_dir)
    pin, account = found.pin, found.account
    if account and not 0 <= now - account.at < ACCOUNT_SECONDS:
        account = None
    if pin and not now < pin.expires_at:
        pin = None
    return SignIn(pin, account, found.server)


def server_of(data_dir: str) -> ChosenServer | None:
    """The server that was chosen. Raises ``SetupError`` as ``read`` does."""
    return _load(data_dir).server


def write(data_dir: str, sign_in: SignIn) -> None:
    """Store a sign-in whole; nothing to store leaves no file."""
    path = os.path.join(data_dir, FILE)
    if not (sign_in.pin or sign_in.account or sign_in.server):
        forget(data_dir)
        return
    datadir.make_private(data_dir)
    datadir.write_private(path, json.dumps(_doc(sign_in)).encode())


def move(data_dir: str, server: ChosenServer, moved: ChosenServer, now: float) -> None:
    """Store another address of the server, unless the user has signed out or chosen anew. A disk
    that takes nothing keeps the old one: it is only tried first.
    """
    try:
        stored = read(data_dir, now)
        if stored.server == server:
            write(data_dir, SignIn(stored.pin, stored.account, moved))
    except (OSError, SetupError):
        return


def forget(data_dir: str) -> None:
    """Delete all of it."""
    try:
        datadir.remove(os.path.join(data_dir, FILE))
    except FileNotFoundError:
        return


def forget_old(data_dir: str, now: float) -> None:
    """Delete an account's token and a PIN whose time is over from the file."""
    stored, current = _load(data_dir), read(data_dir, now)
    if _has(stored) != _has(current):
        write(data_dir, current)


def _has(sign_in: SignIn) -> tuple[bool, bool]:
    return sign_in.pin is not None, sign_in.account is not None


def stamp(data_dir: str) -> int:
    """A number that changes when the sign-in does; 0 without one."""
    try:
        return os.stat(os.path.join(data_dir, FILE)).st_mtime_ns
    except OSError:
        return 0


def _load(data_dir: str) -> SignIn:
    try:
        content = datadir.patiently(lambda: datadir.content_of(os.path.join(data_dir, FILE)))
    except (FileNotFoundError, NotADirectoryError):
        return SignIn()
    except OSError as error:
        raise SetupError(DAMAGED) from error
    try:
        return _parsed(json.loads(content[:_LONGEST]))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise SetupError(DAMAGED) from None  # the message may hold a secret


def _doc(sign_in: SignIn) -> dict[str, object]:
    pin, account, server = sign_in.pin, sign_in.account, sign_in.server
    doc: dict[str, object] = {"version": FORMAT}
    if pin:
        doc["pin"] = {
            "id": pin.number,
            "code": pin.code,
            "expires_at": pin.expires_at,
            "ask_at": pin.ask_at,
        }
    if account:
        doc["account"] = {"token": account.token, "name": account.name, "at": account.at}
    if server:
        doc["server"] = {
            "machine": server.machine,
            "name": server.name,
            "uri": server.uri,
            "token": server.token,
            "addresses": [list(one) for one in server.addresses],
        }
    return doc


def _parsed(doc: Mapping[str, Any]) -> SignIn:
    if doc["version"] != FORMAT:
        raise ValueError
    pin, account, server = doc.get("pin"), doc.get("account"), doc.get("server")
    return SignIn(
        pin
        and Pin(int(pin["id"]), str(pin["code"]), float(pin["expires_at"]), float(pin["ask_at"])),
        account and Account(str(account["token"]), str(account["name"]), float(account["at"])),
        server
        and ChosenServer(
            str(server["machine"]),
            str(server["name"]),
            str(server["uri"]),
            str(server["token"]),
            tuple(
                (str(uri), bool(local), bool(relay)) for uri, local, relay in server["addresses"]
            ),
        ),
    )
