"""Which other way of certifying is suggested to whom (POLICY 5; notice 二（三）（四）（五）)."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from gateway.clock import add_months
from gateway.decide.behind import CUSTODY_REASONS
from gateway.policy import Channel, Policy


def suggested_channel(row: Mapping[str, Any], policy: Policy, as_of: date) -> Channel:
    """The channel for a decided benefit, from its DECIDED and BESIDE columns.

    Custody comes first, suspected or still held: by 二（五） the person goes to the agency with documents, or
    the employer of an institution pension verifies, whatever else there is.
    """
    rules = policy.channels
    employer = row["benefit"] in rules.employer_for.value
    if row["reason"] in CUSTODY_REASONS or "custody" in row["holds"]:
        return "employer" if employer else rules.custody_suspected.value
    if row["needs_assistance"] or _has_reached(rules.home_visit_from_age.value, row["birth_on"], as_of):
        return "home_visit"
    if employer:
        return "employer"
    if row["abroad"] and row["benefit"] in rules.consular_app_when_abroad.value:
        return "consular_app"
    return rules.after_a_notice_without_effect.value if _was_told(row) else rules.otherwise.value


def _was_told(row: Mapping[str, Any]) -> bool:
    """Whether an earlier run sent a notice of this very cycle."""
    return row["was_notice_days"] is not None and row["was_notice_for"] == row["valid_until"]


def _has_reached(age: int, birth_on: date | None, as_of: date) -> bool:
    return birth_on is not None and add_months(birth_on, 12 * age) <= as_of
