"""The cause a benefit takes, the first of POLICY 3.1, and what is said of it."""

from typing import Final

import ibis
import ibis.expr.types as ir

from gateway.decide.days import among, filled, surely, words
from gateway.decide.grounds import OTHERS
from gateway.policy import Policy

_ORDER: Final = (
    ("death_found", "suspected", "death"),
    ("death_refuted", "conflicting", "death"),
    ("absence_found", "suspected", "absence"),
    ("sentence_open", "suspected", "sentence"),
    ("detention_open", "suspected", "detention"),
    ("sentence_found", "suspected", "sentence"),
    ("detention_found", "suspected", "detention"),
    ("sentence_refuted", "conflicting", "sentence"),
    ("detention_refuted", "conflicting", "detention"),
    *((f"{name}_found", "suspected", str(name)) for name in OTHERS),
)
_CUSTODY: Final = ("detention", "sentence")
CAUSES: Final = ("death", "absence", "custody", *OTHERS, "identity_doubt")


def with_finding(table: ir.Table) -> ir.Table:
    """Add `finding` (suspected, conflicting or missing), its `reason`, `confidence` and the live `causes`."""
    table = table.mutate(
        finding=ibis.cases(
            *((table[name], finding) for name, finding, _ in _ORDER), else_=ibis.null("string")
        ),
        reason=ibis.cases(*((table[name], reason) for name, _, reason in _ORDER), else_=ibis.null("string")),
        causes=words(*((str(cause), table[f"{cause}_live"]) for cause in CAUSES)),
    )
    died = surely(table.reason == "death")
    return table.mutate(
        taken=ibis.ifelse(among(table.reason, _CUSTODY), "custody", table.reason),
        confidence=ibis.cases(
            (died & surely(table.corroborated), "corroborated"),
            (table.reason.notnull(), "single_source"),
            else_=ibis.null("string"),
        ),
        rests_on_voided=died & surely(table.rests_on_voided),
        disputed_from=ibis.ifelse(died & table.disputed, table.death_first, ibis.null("date")),
        disputed_until=ibis.ifelse(died & table.disputed, table.death_last, ibis.null("date")),
    )


def with_contradiction(table: ir.Table) -> ir.Table:
    """Add `likely_alive`, and `against_after`: the day after which evidence of life speaks against."""
    conflicting = surely(table.finding == "conflicting")
    died = conflicting & surely(table.reason == "death")
    in_custody = conflicting & ~died
    seen = [
        ibis.ifelse(table[f"{basis}_refuted"], table[f"seen_{basis}"], ibis.null("date"))
        for basis in _CUSTODY
    ]
    return table.mutate(
        likely_alive=died & surely(table.likely_alive_on > table.death_limit),
        against_after=ibis.cases(
            (died, table.death_limit), (in_custody, ibis.least(*seen)), else_=ibis.null("date")
        ),
    )


def with_holds(table: ir.Table, policy: Policy) -> ir.Table:
    """Add `holds`, and what the ledger says of the cause taken: `unresolved`, `confirmed`.

    A cause of death, custody or doubt holds while it is live and while its entry is open; a loss that a
    person confirmed holds whatever its cause.
    """
    causes = policy.holds.causes.value
    open_or_live = table.causes.union(filled(table.ledger_held, "string"))
    lost = filled(table.ledger_confirmed, "string")
    holds = open_or_live.filter(lambda cause: cause.isin(causes)).union(lost).sort()
    table = table.mutate(holds=holds, held=holds.length() > 0)
    return table.mutate(
        unresolved=surely(filled(table.ledger_late, "string").contains(table.taken)),
        confirmed=surely(lost.contains(table.taken)),
    )
