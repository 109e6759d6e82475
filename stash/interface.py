"""stashapi's StashInterface with our transport, our login and no questions it does not need."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

import requests
from stashapi.stashapp import StashInterface

from stash.answers import graphql_data
from stash.connection import StashConnection
from stash.transport import SessionCookieOnly, StashAdapter
from validation.transport import BoundedSession

# stashapi logs every failure at error level before raising it; we raise, and the caller says what
# it means. A logger outside the hierarchy reaches no handler.
_QUIET = logging.Logger("stashapi", level=logging.CRITICAL + 1)


@dataclass(frozen=True, slots=True)
class Login:
    """One way to log in: an API key, or a session cookie, or neither where no login is set up."""

    api_key: str = field(default="", repr=False)
    cookie: str = field(default="", repr=False)


class Interface(StashInterface):
    """StashInterface with our transport in place before its constructor asks its questions."""

    RAISE_GQL_ERRORS = True

    def __init__(
        self,
        connection: StashConnection,
        login: Login,
        timeouts: tuple[float, float],
        ca_bundle: str = "",
    ) -> None:
        self._timeouts = timeouts
        super().__init__(
            {
                "Scheme": connection.scheme,
                "Host": connection.host,
                "Port": connection.port,
                "ApiKey": login.api_key,
                "SessionCookie": {"Value": login.cookie} if login.cookie else None,
                "Logger": _QUIET,
            },
            verify_ssl=not connection.is_local,
            force_api_key=True,
        )
        if ca_bundle and not connection.is_local:
            self.s.verify = ca_bundle

    @property
    def s(self) -> requests.Session:
        """The session in the place of the one that stashapi makes for itself."""
        return self._session

    @s.setter
    def s(self, theirs: requests.Session) -> None:
        session = BoundedSession()
        session.headers.update(theirs.headers)
        for prefix in ("http://", "https://"):
            session.mount(prefix, StashAdapter(*self._timeouts))
        session.cookies.set_policy(SessionCookieOnly())
        self._session = session

    def _handle_GQL_response(  # noqa: N802 (the library's name)
        self, response: requests.Response
    ) -> dict[str, object]:
        """The data of an answer without errors."""
        sent = response.request.headers
        return graphql_data(response.content, (sent.get("ApiKey", ""), _session_of(sent)))

    def _get_fragments_introspection(self, *_: object, **__: object) -> dict[str, str]:
        """Ask for no schema: our queries name their fields, and its 500 kB are never used."""
        return {}


def _session_of(headers: Mapping[str, str]) -> str:
    """The session that a request carried, as a secret that no message may repeat."""
    return headers.get("Cookie", "").partition("session=")[2].partition(";")[0]


def set_login(session: requests.Session, login: Login, host: str) -> None:
    """Send exactly *login* from now on; *host* is the server's, as it stands in its URL."""
    session.headers.pop("ApiKey", None)
    session.cookies.clear()
    if login.api_key:
        session.headers["ApiKey"] = login.api_key
    elif login.cookie:
        # Filed under the domain that Stash's own Set-Cookie will have, or the refreshed cookie
        # would be sent behind the old one instead of in its place.
        # The cookie jar knows a host without a dot as "host.local".
        domain = host if "." in host else f"{host}.local"
        session.cookies.set("session", login.cookie, domain=domain, path="/")
