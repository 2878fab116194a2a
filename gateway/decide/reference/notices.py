"""Which notice is sent now: each threshold once per cycle, the tightest only (POLICY 5)."""

from dataclasses import dataclass
from datetime import date

from gateway.decide.compared import Gaps
from gateway.decide.reference.causes import Benefit
from gateway.decide.reference.certification import Certified, cycle_end


@dataclass(frozen=True)
class Notice:
    """What is sent now, and what has been told in this cycle: `days` 0 is overdue, none is nothing."""

    due: bool
    overdue: bool
    days: int | None
    until: date | None


def notice(benefit: Benefit, now: Certified, gaps: Gaps, *, suspected: bool) -> Notice:
    """The notice of a benefit as it is certified now."""
    until = now.kept.until
    told = _told_before(benefit, until)
    asked = not suspected and _is_asked(benefit)
    threshold = _threshold(benefit, until)
    due = asked and threshold is not None and (told is None or told > threshold) and not now.awaits_renewal
    compared = not gaps.uncompared and not gaps.of_life
    overdue = asked and compared and told != 0 and _ran_out(benefit, until)
    days = threshold if due else 0 if overdue else told
    return Notice(due, overdue, days, until if days is not None else None)


def _told_before(benefit: Benefit, until: date | None) -> int | None:
    """The tightest notice told in this cycle; another valid-until is another cycle."""
    last = benefit.last
    same_cycle = last is not None and last["notice_for"] == until
    return last["notice_days"] if last and same_cycle else None


def _is_asked(benefit: Benefit) -> bool:
    status = benefit.roster["payment_status"]
    paid = status is None or status in benefit.policy.notices.payment_statuses.value
    return paid and benefit.has_cycle


def _threshold(benefit: Benefit, until: date | None) -> int | None:
    if until is None or until < benefit.life.as_of:
        return None
    left = (until - benefit.life.as_of).days
    return min((days for days in benefit.policy.notices.due_within_days.value if left <= days), default=None)


def _ran_out(benefit: Benefit, until: date | None) -> bool:
    """Never certified: only after one cycle on the roster."""
    last_day = until or cycle_end(benefit, benefit.roster["first_seen_on"])
    return last_day is not None and last_day < benefit.life.as_of
