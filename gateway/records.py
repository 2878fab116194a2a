"""What a department's row says about a person, in the gateway's own words (POLICY.md section 2).

Records are frozen and discriminated on `kind`. A record names nobody: the person stands beside it.
`happened_on` is a day in the world, `published_at` the department's load time, `received_at` ours.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Annotated, ClassVar, Final, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

Polarity = Literal["of_life", "adverse", "neutral"]
Strength = Literal["strong", "weak"]
Origin = Literal["department", "agency", "community"]
DeathBasis = Literal[
    "medical_certificate",
    "died_in_hospital",
    "cremation",
    "died_in_custody",
    "declared_by_court",
    "register_cancelled",
    "insurance_terminated",
    "community_report",
]
FIRST_HAND: tuple[DeathBasis, ...] = (
    "medical_certificate",
    "died_in_hospital",
    "cremation",
    "died_in_custody",
    "declared_by_court",
    "community_report",
)
"""Bases that saw the death; the others repeat what somebody else saw (an echo)."""


class Fact(BaseModel):
    """What every record has: when, published when, and from what kind of origin."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    polarity: ClassVar[Polarity]
    published_at: datetime
    """The row's load time at the department; filled by the gateway."""
    received_at: datetime
    """When the gateway took the row; filled by the gateway."""
    origin: Origin = "department"
    """Whose word it is."""


class OfLife(Fact):
    """Something a living person did on a day; `weak` when somebody else may have done it for them."""

    polarity: ClassVar[Polarity] = "of_life"
    happened_on: date
    """The day on which the person was seen."""
    strength: Strength = "strong"
    """Strong: the person was there. Weak: somebody else may have been."""


class Neutral(Fact):
    """Says nothing about entitlement by itself."""

    polarity: ClassVar[Polarity] = "neutral"
    happened_on: date | None = None
    """The day, where one is known."""


class Death(Fact):
    """A death; without a day of its own it is only bounded by `latest`."""

    polarity: ClassVar[Polarity] = "adverse"
    kind: Literal["death"] = "death"
    basis: DeathBasis
    """Who saw it, or from whom it was heard."""
    happened_on: date | None = None
    """The day of death, where it is known."""
    earliest: date | None = None
    """Not before this day."""
    latest: date
    """Not after this day; filled from `happened_on`, whether a day or a bound."""
    certificate: str | None = Field(None, repr=False)
    """The number of the certificate that the row itself is; kept as a hash."""
    derived_from: str | None = Field(None, repr=False)
    """The number of the certificate it rests on: one death told twice is one origin; kept as a hash."""


class Absence(Fact):
    """A court declared the person missing (宣告失踪)."""

    polarity: ClassVar[Polarity] = "adverse"
    kind: Literal["absence"] = "absence"
    happened_on: date
    """The day of the declaration, or that it names."""


class Custody(Fact):
    """Held (detention) or serving (sentence) from `began_on` until released or otherwise ended."""

    polarity: ClassVar[Polarity] = "adverse"
    kind: Literal["custody"] = "custody"
    basis: Literal["detention", "sentence"]
    """Held before a judgment, or serving one."""
    began_on: date
    """The first day; a row without it is refused."""
    ends_on: date | None = None
    """The planned end, which changes."""
    released_on: date | None = None
    """The day it really ended."""
    released_to: Literal["outside", "prison", "death", "unknown"] | None = None
    """Where to; only `outside` is a release."""


class Release(OfLife):
    """Left custody alive and in person (刑满、假释、暂予监外执行)."""

    kind: Literal["release"] = "release"


class CommunityCorrection(OfLife):
    """Checked in with the community-correction office in person (社区矫正)."""

    kind: Literal["community_correction"] = "community_correction"


class HospitalStay(OfLife):
    """Admitted to hospital; the day is the admission, a discharge proves nothing."""

    kind: Literal["hospital_stay"] = "hospital_stay"


class OutpatientVisit(OfLife):
    """Seen as an outpatient; weak when a relative came instead."""

    kind: Literal["outpatient_visit"] = "outpatient_visit"


class HealthCheck(OfLife):
    """Examined in a health check."""

    kind: Literal["health_check"] = "health_check"


class Settlement(OfLife):
    """A medical bill settled; strong for inpatient and emergency care only."""

    kind: Literal["settlement"] = "settlement"


class IdentityCard(OfLife):
    """Applied for an identity card in person (strong) or had one collected (weak)."""

    kind: Literal["identity_card"] = "identity_card"


class BorderCrossing(OfLife):
    """Crossed the border."""

    kind: Literal["border_crossing"] = "border_crossing"


class Marriage(OfLife):
    """Registered a marriage in person; weak for a reissued certificate."""

    kind: Literal["marriage"] = "marriage"


class Divorce(OfLife):
    """Registered a divorce in person."""

    kind: Literal["divorce"] = "divorce"


class CertificationElsewhere(OfLife):
    """Certified through another channel (notice, measures (三)(四))."""

    kind: Literal["certification_elsewhere"] = "certification_elsewhere"
    method: Literal["self_service", "counter", "community", "home_visit", "consulate", "employer"]
    """Through which channel."""
    origin: Origin = "agency"


class CommunityVisit(OfLife):
    """Seen alive on a community visit (走访)."""

    kind: Literal["community_visit"] = "community_visit"
    origin: Origin = "community"


class WelfarePayment(Neutral):
    """Money paid to an account (高龄津贴), often fed by our own certification."""

    kind: Literal["welfare_payment"] = "welfare_payment"


class Emigration(Neutral):
    """Settled abroad (出国定居)."""

    kind: Literal["emigration"] = "emigration"


class Enlisted(Neutral):
    """Joined the armed forces; a ground for the survivor allowance."""

    kind: Literal["enlisted"] = "enlisted"


class RegisterDuplicate(Neutral):
    """A household registration that existed twice was removed."""

    kind: Literal["register_duplicate"] = "register_duplicate"


class Unclassified(Neutral):
    """A row whose codes say nothing the gateway knows; counted, never refused."""

    kind: Literal["unclassified"] = "unclassified"


class Withdrawal(Neutral):
    """Undoes the record of the same dataset whose key is `withdraws`."""

    kind: Literal["withdrawal"] = "withdrawal"
    withdraws: str = Field(repr=False)
    """The key of the row that no longer counts."""


Record = Annotated[
    Death
    | Absence
    | Custody
    | Release
    | CommunityCorrection
    | HospitalStay
    | OutpatientVisit
    | HealthCheck
    | Settlement
    | IdentityCard
    | BorderCrossing
    | Marriage
    | Divorce
    | CertificationElsewhere
    | CommunityVisit
    | WelfarePayment
    | Emigration
    | Enlisted
    | RegisterDuplicate
    | Unclassified
    | Withdrawal,
    Field(discriminator="kind"),
]
RECORD: TypeAdapter[Record] = TypeAdapter(Record)

_MODELS: Final[tuple[type[Fact], ...]] = get_args(get_args(Record)[0])
KINDS: Final[Mapping[str, type[Fact]]] = MappingProxyType(
    {str(model.model_fields["kind"].default): model for model in _MODELS}
)
"""The gateway's own kinds. A department may bring another, which says nothing until policy.yaml lists it."""

_KIND: Final = re.compile(r"[a-z][a-z0-9_]{2,39}")
_KEPT_BESIDE: Final = {"kind", "basis"}
_RESERVED: Final = ("nothing", "voided_certificate")
"""Kinds that evidence of no record has."""


def kind_of(record: type[Fact]) -> str:
    """The kind that a class of records names; empty where it names none."""
    named = record.model_fields.get("kind")
    return named.default if named and isinstance(named.default, str) else ""


def kind_faults(record: type[Fact]) -> Iterator[str]:
    """What is wrong with a kind of record that a department brings itself; nothing with the gateway's own."""
    kind, own = kind_of(record), KINDS.get(kind_of(record))
    if own is record:
        return
    if own is not None or kind in _RESERVED:
        yield f"the kind {kind!r} is the gateway's own: give {record.__name__} a kind that is not"
    elif not _KIND.fullmatch(kind):
        yield 'name its kind: kind: Literal["…"] = "…", in small letters, digits and _, at most 40'
    base = next((each for each in (OfLife, Neutral) if issubclass(record, each)), None)
    if base is None:
        yield "a kind of your own is of life or neutral: subclass records.OfLife or records.Neutral"
        return
    extra = sorted(set(record.model_fields) - set(base.model_fields) - _KEPT_BESIDE)
    if extra or record.polarity != base.polarity:
        yield f"a kind of your own adds nothing but a basis: remove {', '.join(extra) or 'polarity'}"
