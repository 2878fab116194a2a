"""What the six departments share in a month, by kind of record: shares of all rows, as the rules see them."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Kind:
    """One kind of record of one dataset; `share` is of all records of a month."""

    department: str
    dataset: str
    kind: str
    polarity: str
    share: float
    strength: str | None = None
    basis: str | None = None
    identity: str = "match"


def _life(department: str, dataset: str, kind: str, strong: float, weak: float = 0.0) -> list[Kind]:
    both = ((strong, "strong"), (weak, "weak"))
    return [Kind(department, dataset, kind, "of_life", share, strength) for share, strength in both if share]


OF_LIFE: Final = (
    *_life("medical_insurance", "settlements", "settlement", 0.06, 0.47),
    *_life("health", "outpatient_visits", "outpatient_visit", 0.20, 0.05),
    *_life("health", "inpatient_stays", "hospital_stay", 0.05),
    *_life("health", "health_checks", "health_check", 0.04),
    *_life("police", "identity_cards", "identity_card", 0.004, 0.004),
    *_life("police", "border_crossings", "border_crossing", 0.01),
    *_life("civil_affairs", "marriages", "marriage", 0.0012, 0.0004),
    *_life("civil_affairs", "marriages", "divorce", 0.0004),
    *_life("justice", "community_corrections", "community_correction", 0.0004),
    *_life("justice", "prison_custody", "release", 0.0002),
    Kind("health", "outpatient_visits", "outpatient_visit", "of_life", 0.002, "strong", identity="doubt"),
)
NEUTRAL: Final = (
    Kind("civil_affairs", "elderly_allowances", "welfare_payment", "neutral", 0.10),
    Kind("medical_insurance", "settlements", "unclassified", "neutral", 0.005),
    Kind("police", "household_cancellations", "emigration", "neutral", 0.0001),
    Kind("police", "household_cancellations", "enlisted", "neutral", 0.00002),
    Kind("police", "household_cancellations", "register_duplicate", "neutral", 0.0001),
)
CUSTODY: Final = (
    Kind("justice", "prison_custody", "custody", "adverse", 0.0002, basis="sentence"),
    Kind("police", "detentions", "custody", "adverse", 0.0001, basis="detention"),
    Kind("courts", "criminal_judgments", "custody", "adverse", 0.00005, basis="sentence"),
)
ABSENCE: Final = (Kind("courts", "declarations", "absence", "adverse", 0.00001),)
SIGHTINGS: Final = (*OF_LIFE, *NEUTRAL, *CUSTODY, *ABSENCE)

DEATHS: Final = (
    Kind("health", "death_certificates", "death", "adverse", 0.95, basis="medical_certificate"),
    Kind("civil_affairs", "cremations", "death", "adverse", 0.70, basis="cremation"),
    Kind("police", "household_cancellations", "death", "adverse", 0.80, basis="register_cancelled"),
    Kind("medical_insurance", "terminations", "death", "adverse", 0.60, basis="insurance_terminated"),
    Kind("health", "inpatient_stays", "death", "adverse", 0.20, basis="died_in_hospital"),
)
"""Here `share` is how many of the deaths a department tells of; all but the last rest on one certificate."""

DEATH_RATE: Final = 0.002
"""Deaths a month among the people on the roster, as a share of them."""
