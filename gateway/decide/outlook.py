"""What would change a decision, as sentences for people."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Final, get_args

from gateway.decide.behind import OPEN, Changed, cause_of
from gateway.decide.channels import suggested_channel
from gateway.decide.compared import Gaps
from gateway.policy import GroundName, effect_of

_ENDS: Final[Mapping[str, str]] = {
    "absence": "strong evidence of life after the declaration",
    "custody": "a release, or a correction check-in, dated after the custody began",
    "also_pension": "the roster no longer has the other pension as paid",
}
_CONTRADICTED_BY: Final[Mapping[str, str]] = {
    "death": "strong evidence of life later than the death can be makes it a conflict",
    "custody": "strong evidence of life outside custody and hospital after it began makes it a conflict",
}
_OF_THE_ROSTER: Final = "also_pension"
_NOT_A_REPORT: Final = ("sentence_outside_prison", "also_pension")


def would_change(changed: Changed, as_of: date, gaps: Gaps) -> list[str]:
    """What would: a person, a department, the passing of time."""
    row = changed.row
    return [
        *(closing(cause) for cause in dict.fromkeys((*row["holds"], *row["causes"]))),
        *_by_comparing(changed, as_of, gaps),
        *_by_the_data(changed),
        *_by_certifying(changed, as_of),
    ]


def closing(cause: str) -> str:
    """What is said of a cause whose entry a person is to close."""
    return f"a person closes the verification of {cause}"


def _by_comparing(changed: Changed, as_of: date, gaps: Gaps) -> Iterator[str]:
    oldest = as_of - timedelta(days=changed.policy.sources.max_source_age_days.value)
    for name in dict.fromkeys((*gaps.uncompared, *gaps.of_life)):
        yield f"a complete window of {name} that reaches {oldest} or later"


def _by_the_data(changed: Changed) -> Iterator[str]:
    row = changed.row
    if set(row["causes"]) - {_OF_THE_ROSTER}:
        yield "the department withdraws or corrects its record"
    yield from (_ENDS[cause] for cause in row["causes"] if cause in _ENDS)
    if row["decision"] == "suspected":
        yield from _by_contradicting(changed)
    if row["decision"] not in OPEN:
        yield from _by_a_report(changed)


def _by_contradicting(changed: Changed) -> Iterator[str]:
    """What speaks against the cause taken: a conflict, or the end of a custody that may be over already."""
    taken = cause_of(changed.row["reason"]) or ""
    if taken == "custody" and changed.row["release_unconfirmed"]:
        yield "strong evidence of life after the planned end of the custody"
    elif taken in _CONTRADICTED_BY:
        yield _CONTRADICTED_BY[taken]


def _by_a_report(changed: Changed) -> Iterator[str]:
    benefit = changed.policy.benefits.get(changed.row["benefit"])
    names: tuple[GroundName, ...] = get_args(GroundName)
    reported = [name for name in names if name not in _NOT_A_REPORT]
    grounds = [name for name in reported if benefit and effect_of(benefit, name) == "yes"]
    if grounds:
        yield f"a report that is a ground for this benefit: {', '.join(grounds)}"


def _by_certifying(changed: Changed, as_of: date) -> list[str]:
    row, policy = changed.row, changed.policy
    months = policy.cycle_months(row["benefit"], row["insured_county"], as_of)
    if row["decision"] in OPEN or row["holds"] or not months:
        return []
    if row["decision"] == "certified":
        return [f"{row['valid_until']} passes without newer evidence of life"]
    channel = suggested_channel(row, policy, as_of)
    through = f"certification through another channel: {channel}"
    return (
        [f"strong evidence of life, at most {months} months old", through] if row["matchable"] else [through]
    )
