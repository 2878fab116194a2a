"""The way back of a suspended payment (POLICY 4; notice 二（五）, （七）), from a changed decision.

Years are counted to the new certification; where a suspicion ends without one, to the as-of date. *(chosen)*
A day of suspension that nobody told counts as long ago, the careful side. *(chosen)* Where no certification
before is known there are no five years to count, but a commitment is asked for. *(chosen)*
A confirmed loss that a person takes back was stopped after verification, whatever the roster says. *(chosen)*
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from gateway.clock import add_months
from gateway.decide.behind import CUSTODY_REASONS, Changed, ground_of
from gateway.events import BackPay, Procedure, Requirement, Restoration
from gateway.policy import Policy

Row = Mapping[str, Any]

_STOPPED: Final = "stopped_after_verification"
NOT_PAID: Final = ("suspended", _STOPPED)
"""The payment statuses of a benefit whose payment has to come back."""
_BACK_PAY: Final[Mapping[str, BackPay]] = {"no": "no", "if_acquitted": "agency_decides"}
_YEAR: Final = 12


def restoration(changed: Changed, as_of: date) -> Restoration | None:
    """How payment comes back for a benefit that is certified anew or cleared; none where it is being paid."""
    if changed.row["payment_status"] not in NOT_PAID and changed.settles != "loss":
        return None
    policy, way = changed.policy, _Way(changed, _counted_to(changed.row, as_of))
    return Restoration(
        procedure=way.procedure(),
        requires=way.requires(),
        back_pay=way.back_pay(),
        clause=policy.clauses(policy.restoration.resumption_after_years)[0],
        post_restoration_review=way.suspended_over(policy.restoration.review_after_suspended_months.value),
    )


def required_after_custody(benefit: str, policy: Policy) -> list[Requirement]:
    """What a custody suspicion asks for before a benefit can be certified, sorted."""
    employer = benefit in policy.restoration.employer_verification_for.value
    return ["employer_verification", "in_person_documents"] if employer else ["in_person_documents"]


@dataclass(frozen=True)
class _Way:
    """A suspended benefit and the day to which its years are counted."""

    changed: Changed
    until: date

    @property
    def row(self) -> Row:
        """The decision."""
        return self.changed.row

    @property
    def policy(self) -> Policy:
        """The rules."""
        return self.changed.policy

    def procedure(self) -> Procedure:
        last, years = self._last(), self.policy.restoration.resumption_after_years.value
        long_ago = last is not None and add_months(last, _YEAR * years) <= self.until
        stopped = self.row["payment_status"] == _STOPPED or self.changed.settles == "loss"
        return "resumption" if long_ago or stopped else "automatic"

    def requires(self) -> list[Requirement]:
        rules, benefit = self.policy.restoration, self.row["benefit"]
        needed: set[Requirement] = set()
        if self._commitment():
            needed.add("commitment")
        if self._after_custody():
            needed.update(required_after_custody(benefit, self.policy))
        employer = benefit in rules.employer_verification_for.value
        if employer and self.suspended_over(_YEAR * rules.employer_verification_after_suspended_years.value):
            needed.add("employer_verification")
        return sorted(needed)

    def back_pay(self) -> BackPay:
        """Nothing is paid for time served; where it is not certain what was, the agency decides.

        A custody that was withdrawn, or that a person found harmless, was not served as far as anybody knows.
        """
        after_custody = _BACK_PAY.get(self._said_of_back_pay())
        if after_custody:
            return after_custody if self._was_inside() else "agency_decides"
        unsure = self._after_custody() and self.row["was_reason"] not in CUSTODY_REASONS
        return "agency_decides" if unsure or self.procedure() == "resumption" else "yes"

    def suspended_over(self, months: int) -> bool:
        on = self.row["suspended_on"]
        return on is None or add_months(on, months) < self.until

    def _commitment(self) -> bool:
        rules, last = self.policy.restoration, self._last()
        long_ago = last is None or add_months(last, _YEAR * rules.commitment_after_years.value) < self.until
        return long_ago or self.suspended_over(_YEAR * rules.commitment_after_suspended_years.value)

    def _said_of_back_pay(self) -> str:
        """What the rules say of the custody that was suspected until now; nothing where none was."""
        reason = self.row["was_reason"]
        ground = ground_of(self.policy, self.row["benefit"], reason)
        own = ground.back_pay if ground else None
        return own or self.policy.restoration.back_pay_after_custody.value.get(reason) or ""

    def _was_inside(self) -> bool:
        """Whether a custody since the last certification still stands in the evidence."""
        last = self._last()
        rows = [row for row in self.changed.behind if row["role"] == "custody" and row["standing"] != "doubt"]
        ends = [row["released_on"] or row["ends_on"] for row in rows]
        return any(last is None or end is None or end >= last for end in ends)

    def _after_custody(self) -> bool:
        row, opened_on = self.row, self.row["custody_on"]
        if row["was_reason"] in CUSTODY_REASONS or "custody" in {*row["holds"], *row["causes"]}:
            return True
        since = min(filter(None, (self._last(), row["suspended_on"])), default=None)
        return opened_on is not None and (since is None or opened_on >= since)

    def _last(self) -> date | None:
        """The certification before this one."""
        known = (self.row["was_certified_on"], self.row["roster_certified_on"])
        return max((day for day in known if day and day <= self.until), default=None)


def _counted_to(row: Row, as_of: date) -> date:
    moved: date | None = row["certified_on"] if row["renewed"] or row["verified"] else None
    return moved or as_of
