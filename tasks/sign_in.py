"""Operations ``sign_in``, ``sign_in_state`` and ``sign_out``. Standard library only, so that a page
can begin while the packages are still being fetched, and can ask every two seconds.

No line and no answer holds the PIN's number or a token; the code is in the answer of ``sign_in``
and on the user's terminal alone.
"""

from __future__ import annotations

import os

from plex.device_identity import client_identifier
from plex.plextv import PinExpired, PlexTv, PlexTvUnreachable, SignInAgain
from sync_queue import credentials, datadir
from sync_queue.credentials import Account, Pin, SignIn
from tasks.answer import Answer
from validation.errors import SetupError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tasks.given import Given

WAITING, SIGNED_IN, EXPIRED = "waiting", "signed_in", "expired"
DEVICES = "https://app.plex.tv/desktop/#!/settings/devices/all"
BEGUN = "Open this address, sign in to Plex there, and allow PlexSync:"
SAYS = {
    WAITING: "Waiting for you to allow PlexSync on the page of Plex.",
    SIGNED_IN: "Signed in with Plex. Choose a server now.",
    EXPIRED: "There is no sign-in, or its code has expired. Sign in with Plex.",
}
CHOSEN = "The server {name} is in use. To list the servers again, sign in again."
SIGNED_OUT = (
    "The sign-in is forgotten. To remove the device PlexSync at Plex too, open"
    f" {DEVICES} and delete it there."
)


def begin(given: Given, data_dir: str, now: float) -> Answer:
    """Ask plex.tv for a PIN; the user allows it at the address in the answer."""
    del given
    datadir.make_private(data_dir)
    plex_tv = PlexTv(os.environ, client_identifier(data_dir))
    new = plex_tv.create_pin()
    try:
        server = credentials.read(data_dir, now).server
    except SetupError:
        server = None
    pin = Pin(new.number, new.code, now + new.seconds)
    credentials.write(data_dir, SignIn(pin, None, server))
    url = plex_tv.page(new.code)
    return Answer(
        {"url": url, "code": new.code, "expires_in": new.seconds},
        ["Signing in with Plex has begun."],
        terminal=[BEGUN, url],
    )


def state(given: Given, data_dir: str, now: float) -> Answer:
    """Whether the user has allowed the PIN. Asks plex.tv only as long as that is open."""
    del given
    stored = credentials.read(data_dir, now)
    said = ""
    if stored.pin and stored.account is None and now >= stored.pin.ask_at:
        stored, said = ask(data_dir, stored, stored.pin, now)
    found = EXPIRED
    if stored.account:
        found = SIGNED_IN
    elif stored.pin:
        found = WAITING
    elif stored.server and not said:
        said = CHOSEN.format(name=stored.server.name)
    sentence = said or SAYS[found]
    output = {
        "state": found,
        "account": stored.account.name if stored.account else "",
        "expires_in": int(stored.pin.expires_at - now) if stored.pin else 0,
        "server": stored.server.name if stored.server else "",
        "sentence": sentence,
    }
    return Answer(output, [sentence])


def ask(data_dir: str, stored: SignIn, pin: Pin, now: float) -> tuple[SignIn, str]:
    """The sign-in after one question to plex.tv, stored if it changed; a sentence if it failed."""
    plex_tv = PlexTv(os.environ, client_identifier(data_dir))
    try:
        token = plex_tv.claimed(pin.number)
        if not token:
            return stored, ""
        found, said = SignIn(None, Account(token, name_of(plex_tv, token), now), stored.server), ""
    except PlexTvUnreachable as error:
        if not error.retry_after:
            return stored, str(error)
        later = Pin(pin.number, pin.code, pin.expires_at, now + error.retry_after)
        found, said = SignIn(later, None, stored.server), str(error)
    except (PinExpired, SignInAgain) as error:
        found, said = SignIn(None, None, stored.server), str(error)
    current = credentials.read(data_dir, now).pin
    if current is None or current.number != pin.number:
        return SignIn(None, None, stored.server), SAYS[EXPIRED]  # signed out, or begun again
    credentials.write(data_dir, found)
    return found, said


def name_of(plex_tv: PlexTv, token: str) -> str:
    """The account's name, "" if plex.tv does not say it now. Raises ``SignInAgain``."""
    try:
        return plex_tv.account(token)
    except PlexTvUnreachable:
        return ""


def sign_out(given: Given, data_dir: str, now: float) -> Answer:
    """Forget everything of the sign-in. A worker notices it before its next batch."""
    del given, now
    credentials.forget(data_dir)
    return Answer({"devices": DEVICES, "sentence": SIGNED_OUT}, [SIGNED_OUT])
