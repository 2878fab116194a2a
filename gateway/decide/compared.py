"""Rule 0: what must have been compared, and how lately, before anything is renewed or found overdue."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from gateway.policy import Policy


@dataclass(frozen=True)
class Gaps:
    """The datasets that were not compared lately enough, in the order of `policy.yaml`.

    While any is `uncompared`, nothing is renewed; while any is missing `of_life`, nothing is overdue.
    """

    uncompared: tuple[str, ...] = ()
    of_life: tuple[str, ...] = ()


def gaps(policy: Policy, compared_until: Mapping[str, date], as_of: date) -> Gaps:
    """What stands in the way of renewals and of overdue notices.

    `compared_until` is the end of the newest closed, complete window of each dataset; a dataset that is
    missing from it was never compared.
    """
    oldest = as_of - timedelta(days=policy.sources.max_source_age_days.value)

    def too_old(datasets: Sequence[str]) -> tuple[str, ...]:
        return tuple(name for name in datasets if compared_until.get(name, date.min) < oldest)

    sources = policy.sources
    return Gaps(too_old(sources.must_be_compared.value), too_old(sources.of_life_for_overdue.value))
