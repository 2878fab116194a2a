"""The forms of an entry in `policy.yaml`: strict, closed, each with the clause it rests on."""

from datetime import date
from itertools import pairwise
from typing import Annotated, Generic, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

T = TypeVar("T")

Clause = Annotated[str, StringConstraints(min_length=2, pattern=r"\S")]
Cite = Annotated[list[Clause], Field(min_length=1)]
"""Where an entry comes from: a clause of the notice, a law by its name, or a section of POLICY."""

GroundName = Literal[
    "death",
    "absence",
    "detention",
    "sentence",
    "sentence_outside_prison",
    "emigration",
    "remarriage",
    "enlisted",
    "also_pension",
]
Method = Literal["self_service", "counter", "community", "home_visit", "consulate", "employer"]
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
PaymentStatus = Literal["paying", "suspended", "stopped_after_verification", "terminated"]
Channel = Literal["self_service", "counter", "community", "home_visit", "consular_app", "employer"]


class Strict(BaseModel):
    """No coercion, no unknown key, no change after loading."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", hide_input_in_errors=True)


class Entry(Strict):
    """Anything that rests on a clause; `chosen` where the notice is silent."""

    cite: Cite
    chosen: bool = False


class Cited(Entry, Generic[T]):
    """One number, word or list, with the clause it rests on."""

    value: T


def _yaml_yes_and_no(value: object) -> object:
    """YAML 1.1 reads a bare yes or no as a boolean."""
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else value


Effect = Annotated[Literal["yes", "no", "hold_only"], BeforeValidator(_yaml_yes_and_no)]
BackPay = Annotated[Literal["yes", "no", "if_acquitted"], BeforeValidator(_yaml_yes_and_no)]


class Ground(Entry):
    """Whether a fact puts a benefit in doubt; `hold_only` holds certification without a suspicion."""

    effect: Effect
    back_pay: BackPay | None = None


class Grounds(Strict):
    """Every fact that may put a benefit in doubt; of those that concern few, the ones left out do not."""

    death: Ground
    absence: Ground
    detention: Ground
    sentence: Ground
    sentence_outside_prison: Ground
    emigration: Ground | None = None
    remarriage: Ground | None = None
    enlisted: Ground | None = None
    also_pension: Ground | None = None


Months = Annotated[int, Field(ge=1, le=120)]


class Benefit(Entry):
    """A benefit with its cycle in calendar months; without a cycle it is never certified."""

    name: Annotated[str, StringConstraints(min_length=1)]
    cycle_months: Months | None
    cycle_months_without_funeral_subsidy: Months | None = None
    grounds: Grounds

    @model_validator(mode="after")
    def _cycles_agree(self) -> "Benefit":
        if self.cycle_months is None and self.cycle_months_without_funeral_subsidy is not None:
            raise ValueError("cycle_months_without_funeral_subsidy needs a cycle_months")
        return self


class RecordKind(Entry):
    """What a kind of record says; only strong evidence of life of a certifying kind certifies."""

    polarity: Literal["of_life", "adverse", "neutral"]
    certifies: bool = False

    @model_validator(mode="after")
    def _only_life_certifies(self) -> "RecordKind":
        if self.certifies and self.polarity != "of_life":
            raise ValueError("only evidence of life certifies")
        return self


class Period(Entry):
    """Days from `from` to `until`, both included; without `until` it lasts."""

    since: date = Field(alias="from")
    until: date | None = None

    @model_validator(mode="after")
    def _in_order(self) -> "Period":
        if self.until is not None and self.until < self.since:
            raise ValueError("until is before from")
        return self


class County(Strict):
    """A county with the periods in which it had no funeral subsidy."""

    county: Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]
    without_funeral_subsidy: Annotated[list[Period], Field(min_length=1)]

    @model_validator(mode="after")
    def _apart(self) -> "County":
        periods = sorted(self.without_funeral_subsidy, key=lambda period: period.since)
        for before, after in pairwise(periods):
            if before.until is None or before.until >= after.since:
                raise ValueError(f"periods overlap: from {before.since} and from {after.since}")
        return self
