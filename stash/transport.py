"""The HTTP side of Stash: bounds by what was asked; every bad answer a typed error."""

from __future__ import annotations

from http.cookiejar import Cookie, DefaultCookiePolicy
from urllib.parse import urlsplit
from urllib.request import Request

import requests

from stash.exceptions import error_for_status, translate_stash_exception
from validation.documents import MOST_BYTES
from validation.transport import BoundedAdapter

_MOST_IMAGE = 48 * 1024 * 1024  # bytes: more than any cover that Plex could be sent
_LONGEST_COOKIE = 4096


class StashAdapter(BoundedAdapter):
    """Sends one request and returns a complete answer, or raises StashUnavailable.

    Redirects are errors: Stash redirects only to its login page.
    """

    def translate(self, error: Exception) -> Exception:
        """The error of ours."""
        return translate_stash_exception(error)

    def most_bytes(self, request: requests.PreparedRequest) -> int:
        """How long the answer may be: a page of 500 scenes is under 2 MB, a cover under 20 MB."""
        is_query = urlsplit(request.url or "").path.endswith("/graphql")
        return MOST_BYTES if is_query else _MOST_IMAGE

    def judge(self, request: requests.PreparedRequest, response: requests.Response) -> None:  # noqa: ARG002
        """Raise unless the status is good."""
        if response.status_code != requests.codes.ok:
            raise error_for_status(response.status_code)


class SessionCookieOnly(DefaultCookiePolicy):
    """Keeps Stash's own cookie, which it renews, and no other that something else may send."""

    def set_ok(self, cookie: Cookie, request: Request) -> bool:
        """Whether the cookie is kept."""
        is_ours = cookie.name == "session" and len(cookie.value or "") <= _LONGEST_COOKIE
        return is_ours and super().set_ok(cookie, request)
