"""The HTTP side of Stash: timeouts, bounds, no redirects; every bad answer a typed error."""

from __future__ import annotations

from collections.abc import Mapping
from json import JSONDecodeError
from time import monotonic
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

from stash.exceptions import (
    StashQueryFailed,
    StashUnavailable,
    error_for_status,
    translate_stash_exception,
)

# A page of 500 scenes is under 2 MB and a cover under 20 MB: more is not an answer to us.
MAX_BODY = 64 * 1024 * 1024
_CHUNK = 8 * 1024  # bytes; small, so that the clock is looked at in a slow answer too
_SLOW_FACTOR = 4  # a body may take so many read timeouts altogether: a drip is not an answer
_MESSAGE_LENGTH = 200  # characters of Stash's own error message worth showing


class StashAdapter(HTTPAdapter):
    """Sends one request and returns a complete, checked answer, or raises StashUnavailable.

    Redirects are errors: Stash redirects only to its login page. *connect_timeout* and
    *read_timeout* are seconds.
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
        proxies: Mapping[str, str] | None = None,  # noqa: ARG002 - Stash is local: never a proxy
    ) -> requests.Response:
        """Send *request*; see the class."""
        try:
            response = super().send(
                request, stream=True, timeout=self._timeout, verify=verify, cert=cert
            )
            self._read_body(response)
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            raise translate_stash_exception(error) from None
        if response.status_code != requests.codes.ok:
            raise error_for_status(response.status_code)
        if urlsplit(request.url or "").path.endswith("/graphql"):
            _check_graphql(response)
        return response

    def _read_body(self, response: requests.Response) -> None:
        """Read the body now, while its errors can be told apart, and no more than MAX_BODY."""
        deadline = monotonic() + _SLOW_FACTOR * self._timeout[1]
        body = bytearray()
        for chunk in response.iter_content(_CHUNK):
            body += chunk
            if len(body) > MAX_BODY or monotonic() > deadline:
                response.close()
                raise StashUnavailable("Stash's answer is too long or too slow to be one.")
        response._content = bytes(body)


def _check_graphql(response: requests.Response) -> None:
    """Raise unless *response* holds data and no errors, so that nobody works on half an answer."""
    try:
        answer = response.json()
    except JSONDecodeError:
        raise StashUnavailable("Stash's answer is not JSON.") from None
    if not isinstance(answer, dict):
        raise StashUnavailable("Stash's answer is not a GraphQL answer.")
    errors = answer.get("errors")
    if errors:
        first = errors[0] if isinstance(errors, list) else errors
        message = first.get("message") if isinstance(first, dict) else first
        raise StashQueryFailed(f"Stash reported an error: {str(message)[:_MESSAGE_LENGTH]}")
    if not isinstance(answer.get("data"), dict):
        raise StashUnavailable("Stash's answer has no data.")
