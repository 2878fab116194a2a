"""What one changed decision has to tell: at most one event of each group, in this order (POLICY 7)."""

from datetime import date

from gateway.decide.behind import Changed
from gateway.decide.tell.certifications import about_certification
from gateway.decide.tell.findings import about_finding
from gateway.decide.tell.notices import about_notice, about_verification
from gateway.events import BenefitEvent

_GROUPS = (about_finding, about_certification, about_notice, about_verification)


def told_of(changed: Changed, as_of: date) -> list[BenefitEvent]:
    """The events of a changed decision, in the order in which they follow each other."""
    return [event for tell in _GROUPS if (event := tell(changed, as_of))]
