"""What follows from one attempt, for the delivery and for its endpoint."""

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Final, Literal

from gateway.delivery.outcome import Answer, Failure
from gateway.delivery.retry import asked_delay, delay_after

Outcome = Answer | Failure
Health = Literal["works", "fails"]

_MERCY: Final = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT})
_OF_THE_ENDPOINT: Final = _MERCY | {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.SERVICE_UNAVAILABLE}
_OK: Final = range(200, 300)
_BROKEN: Final = 500


@dataclass(frozen=True, slots=True)
class Again:
    """Not taken: what an operator is told, and the seconds until it is tried again; null when given up.

    `apart` says that a batch is tried again event by event.
    """

    reason: str
    delay_s: float | None
    apart: bool


def is_taken(outcome: Outcome) -> bool:
    """Whether the receiver took the delivery: any 2xx, and nothing else."""
    return isinstance(outcome, Answer) and outcome.status in _OK


def is_gone(outcome: Outcome) -> bool:
    """Whether the receiver wants nothing any more: 410."""
    return status_of(outcome) == HTTPStatus.GONE


def status_of(outcome: Outcome) -> int | None:
    """The status that was answered."""
    return outcome.status if isinstance(outcome, Answer) else None


def health(outcome: Outcome) -> Health:
    """What the circuit breaker is told: a 4xx comes from an endpoint that works."""
    return "works" if isinstance(outcome, Answer) and outcome.status < _BROKEN else "fails"


def asks_for_mercy(outcome: Outcome) -> bool:
    """Whether the whole endpoint is to be sent to more slowly."""
    return status_of(outcome) in _MERCY


def asked_s(outcome: Outcome, now: datetime) -> float | None:
    """The seconds that the receiver asked to be left alone."""
    if isinstance(outcome, Failure):
        return None
    return asked_delay(outcome.headers.get("retry-after"), now)


def again(outcome: Outcome, attempts: int, chance: float, now: datetime) -> Again:
    """When a delivery that was not taken is tried again; every status but 2xx is, as Standard Webhooks says.

    A batch is taken apart at its first failure; where that may be the endpoint's, at its second.

    Args:
        outcome: what came of the attempt.
        attempts: how many were made, this one included.
        chance: from 0 to 1; places the delay within the jitter.
        now: the present instant, with its time zone.
    """
    delay = delay_after(attempts, chance, asked_s(outcome, now))
    told = _told(outcome)
    reason = told if delay is not None else f"given up after {attempts} attempts: {told}"
    of_the_endpoint = isinstance(outcome, Failure) or outcome.status in _OF_THE_ENDPOINT
    return Again(reason, delay, apart=attempts > 1 or not of_the_endpoint)


def _told(outcome: Outcome) -> str:
    if isinstance(outcome, Failure):
        return f"{outcome.reason.value}: {outcome.detail}"
    return f"HTTP {outcome.status}"
