"""The words events are made of, and the values inside them."""

from datetime import date
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

MAX_EVIDENCE: Final = 40
"""An event names at most so many records; the decision's explanation names them all."""

Decision = Literal["certified", "suspected", "conflicting", "uncovered", "uncompared"]
Quiet = Literal["certified", "uncovered", "uncompared"]
"""A decision that finds nothing against the benefit."""

Reason = Literal[
    "death",
    "absence",
    "detention",
    "sentence",
    "remarriage",
    "enlisted",
    "emigration",
    "also_pension",
]
Cause = Literal[
    "death",
    "absence",
    "custody",
    "remarriage",
    "enlisted",
    "emigration",
    "also_pension",
    "identity_doubt",
]
Confidence = Literal["corroborated", "single_source"]
Channel = Literal["self_service", "counter", "community", "home_visit", "consular_app", "employer"]
Requirement = Literal["commitment", "employer_verification", "in_person_documents"]
Procedure = Literal["automatic", "resumption"]
BackPay = Literal["yes", "no", "agency_decides"]


class Closed(BaseModel):
    """A value of an event: frozen, and with nothing in it that is not declared."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class EvidenceReference(Closed):
    """A record behind a suspicion; `id` is opaque and resolved by a scoped, audited call."""

    id: str
    department: str
    kind: str
    happened_on: date | None = None


class LifeSource(Closed):
    """What a renewal says about its evidence: whose and how strong, no more."""

    department: str
    strength: Literal["strong", "weak"]


class Restoration(Closed):
    """How a suspended payment comes back (notice 二（五）, （七））; `requires` is sorted, each once."""

    procedure: Procedure
    requires: list[Requirement]
    back_pay: BackPay
    clause: str
    post_restoration_review: bool


References = Annotated[list[EvidenceReference], Field(max_length=MAX_EVIDENCE)]
LifeSources = Annotated[list[LifeSource], Field(max_length=MAX_EVIDENCE)]
DayRange = Annotated[list[date], Field(min_length=2, max_length=2)]
"""Two days, earliest and latest."""
