"""Events about a certification: moved forward, or taken back."""

from datetime import date
from typing import Any

from gateway.decide.behind import Changed
from gateway.decide.restoration import restoration
from gateway.decide.tell.common import common, is_cleared
from gateway.events import MAX_EVIDENCE, BenefitEvent, CertificationRenewed, EvidenceWithdrawn, LifeSource
from gateway.policy.entries import Entry


def about_certification(changed: Changed, as_of: date) -> BenefitEvent | None:
    """What is to be said of the certification, where the end of a suspicion does not say it already."""
    row = changed.row
    if row["withdrawn"]:
        return _withdrawn(changed, as_of)
    if row["verified"] and is_cleared(changed):
        return None
    if row["renewed"]:
        return _renewed(changed, as_of)
    return _verified(changed, as_of) if row["verified"] and row["certified_on"] else None


def _withdrawn(changed: Changed, as_of: date) -> BenefitEvent:
    clauses = changed.policy.clauses(changed.policy.certification.min_extension_days)
    told = common(changed, as_of)
    return EvidenceWithdrawn(**told, replaces=changed.row["renewal_event_id"], clauses=clauses)


def _renewed(changed: Changed, as_of: date) -> BenefitEvent:
    policy = changed.policy
    life = [found for found in changed.behind if found["role"] == "life"]
    sources = dict.fromkeys((found["department"], found["strength"]) for found in life)
    kinds = [policy.records[kind] for kind in dict.fromkeys(found["kind"] for found in life)]
    return CertificationRenewed(
        **common(changed, as_of),
        **_with_restoration(changed, as_of, [policy.benefits[changed.row["benefit"]], *kinds]),
        method="data_matching",
        evidence=[LifeSource(department=name, strength=strength) for name, strength in sources][
            :MAX_EVIDENCE
        ],
    )


def _verified(changed: Changed, as_of: date) -> BenefitEvent:
    policy = changed.policy
    return CertificationRenewed(
        **common(changed, as_of),
        **_with_restoration(
            changed, as_of, [policy.benefits[changed.row["benefit"]], policy.ledger.verify_within_days]
        ),
        method="verification",
        evidence=[],
    )


def _with_restoration(changed: Changed, as_of: date, entries: list[Entry]) -> dict[str, Any]:
    way_back = restoration(changed, as_of)
    cited = [*entries, changed.policy.restoration.resumption_after_years] if way_back else entries
    return {"restoration": way_back, "clauses": changed.policy.clauses(*cited)}
