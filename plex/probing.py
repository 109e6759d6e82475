"""Which addresses of a server answer: asked side by side, first without any token."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import Thread
from xml.etree import ElementTree

import requests

from plex.addresses import Address, Guard, guard_of, rank
from plex.exceptions import NOT_XML, PlexTemporaryError, translate_plex_exception
from plex.transport import machine_at, plex_session
from validation.errors import PlexSyncError

AT_ONCE = 4
EACH_SECONDS, ALL_SECONDS = 5.0, 15.0
# An answer may take four read timeouts altogether.
_CONNECT_SECONDS, _READ_SECONDS = 3.0, 2.0
_LIBRARIES = "/library/sections"

NO_PLEX = "No Plex answers at this address."
TOO_SLOW = "No answer within {seconds:.0f} seconds."
NOT_TRIED = "Not tested: the other addresses took too long."


@dataclass(frozen=True, slots=True)
class Question:
    """An address to be tested for the ``machine`` that should answer there.

    Without a ``token`` only that is asked. ``listed`` are the addresses that plex.tv has,
    ``ca_bundle`` a file of certificates to believe instead of the usual ones.
    """

    address: Address
    machine: str
    token: str = field(repr=False)
    headers: Mapping[str, str]
    listed: frozenset[str]
    insecure_tls: bool = False
    ca_bundle: str = ""

    @property
    def guard(self) -> Guard:
        """The guard of the token."""
        uri, listed = self.address.uri, self.listed
        return guard_of(uri, self.machine, listed, insecure_tls=self.insecure_tls)


@dataclass(frozen=True, slots=True)
class Probed:
    """The result for one address: ``why`` it cannot be used, "" if it can."""

    address: Address
    milliseconds: int
    why: str

    @property
    def ok(self) -> bool:
        """Whether this address can be used."""
        return not self.why


def probe(question: Question, clock: Callable[[], float] = time.monotonic) -> Probed:
    """Test one address. The token is sent only if the right machine answers, and the guard agrees
    with the connection."""
    uri, begun = question.address.uri, clock()
    session = plex_session(
        insecure_tls=question.insecure_tls,
        ca_bundle=question.ca_bundle,
        connect_timeout=_CONNECT_SECONDS,
        read_timeout=_READ_SECONDS,
        guard=question.guard,
    )
    try:
        found = machine_at(session, uri)
        taken = round(1000 * (clock() - begun))
        if found != question.machine:
            return Probed(question.address, taken, NO_PLEX)
        if question.token:
            sent = {**question.headers, "X-Plex-Token": question.token}
            answer = session.get(f"{uri}{_LIBRARIES}", headers=sent)
            if ElementTree.fromstring(answer.content).tag != "MediaContainer":  # noqa: S314
                raise PlexTemporaryError("The answer is not Plex's.")
    except (PlexSyncError, requests.RequestException, OSError, *NOT_XML) as error:
        # "from None" in effect: only our own sentence leaves this function.
        why = str(translate_plex_exception(error))
        return Probed(question.address, round(1000 * (clock() - begun)), why)
    finally:
        session.close()
    return Probed(question.address, taken, "")


def probe_all(
    questions: Sequence[Question],
    *,
    ask: Callable[[Question], Probed] = probe,
    each: float = EACH_SECONDS,
    total: float = ALL_SECONDS,
) -> tuple[Probed, ...]:
    """Test the addresses, four at once, in their order; the results are in the same order.

    A look-up of a name cannot be interrupted, so each test has a thread of its own, which is
    abandoned when its time is over.
    """
    results: dict[int, Probed] = {}
    begun: dict[int, float] = {}
    answers: SimpleQueue[tuple[int, Probed]] = SimpleQueue()
    end = time.monotonic() + total
    while len(results) < len(questions) and time.monotonic() < end:
        now = time.monotonic()
        for number in [one for one in begun if one not in results and now - begun[one] >= each]:
            late = TOO_SLOW.format(seconds=each)
            results[number] = Probed(questions[number].address, round(1000 * each), late)
        for number in range(len(begun), len(questions)):
            if len(begun.keys() - results.keys()) >= AT_ONCE:
                break
            begun[number] = now
            _start(number, questions[number], ask, answers)
        waits = [begun[one] + each for one in begun.keys() - results.keys()]
        if not waits:
            continue  # the last of them took too long
        try:
            left = max(0.0, min([*waits, end]) - time.monotonic())
            number, probed = answers.get(timeout=left)
        except Empty:
            continue
        results.setdefault(number, probed)
    for number, question in enumerate(questions):
        results.setdefault(number, Probed(question.address, 0, NOT_TRIED))
    return tuple(results[number] for number in range(len(questions)))


def _start(
    number: int,
    question: Question,
    ask: Callable[[Question], Probed],
    answers: SimpleQueue[tuple[int, Probed]],
) -> None:
    run = Thread(target=lambda: answers.put((number, ask(question))), daemon=True)
    run.start()


def best_of(probed: Sequence[Probed], *, relay: bool = False) -> Probed | None:
    """The best address that works; one through Plex's relay only if ``relay``."""
    usable = [one for one in probed if one.ok and (relay or not one.address.relay)]
    return min(usable, key=lambda one: rank(one.address, one.milliseconds), default=None)
