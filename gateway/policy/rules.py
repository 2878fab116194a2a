"""The rules as typed values: the whole of `policy.yaml` and `counties.yaml`."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from gateway.policy.checks import basis_faults, ground_faults, pension_faults, record_faults, unknown_names
from gateway.policy.entries import Benefit, County, Effect, Entry, GroundName, RecordKind, Strict
from gateway.policy.sections import (
    AlsoPension,
    CertificationRules,
    ChannelRules,
    CustodyRules,
    DeathRules,
    FutureFacts,
    Holds,
    IdentityRules,
    LedgerRules,
    MassGuard,
    NoticeRules,
    RestorationRules,
    Sources,
)

_OF_THE_NOTICE = ("一、", "二（", "三（")
Version = Annotated[str, StringConstraints(min_length=1, max_length=40)]


class Rules(Strict):
    """`policy.yaml`."""

    version: Version
    notice: Annotated[str, StringConstraints(min_length=1)]
    benefits: Annotated[dict[str, Benefit], Field(min_length=1)]
    records: Annotated[dict[str, RecordKind], Field(min_length=1)]
    future_facts: FutureFacts
    sources: Sources
    death: DeathRules
    identity: IdentityRules
    custody: CustodyRules
    also_pension: AlsoPension
    holds: Holds
    certification: CertificationRules
    mass_guard: MassGuard
    restoration: RestorationRules
    notices: NoticeRules
    channels: ChannelRules
    ledger: LedgerRules

    @model_validator(mode="after")
    def _agrees(self) -> "Rules":
        faults = [*self._unknown_names(), *record_faults(self.records)]
        faults += basis_faults([*self.death.first_hand.value, *self.death.echo.value])
        faults += ground_faults(self.benefits, self.holds.causes.value)
        faults += pension_faults(self.benefits, self.also_pension.pensions.value)
        if faults:
            raise ValueError("; ".join(faults))
        return self

    def _unknown_names(self) -> Iterator[str]:
        restoration, channels, custody = self.restoration, self.channels, self.custody
        of_benefits = {
            "restoration.employer_verification_for": restoration.employer_verification_for.value,
            "channels.employer_for": channels.employer_for.value,
            "channels.consular_app_when_abroad": channels.consular_app_when_abroad.value,
            "also_pension.pensions": self.also_pension.pensions.value,
        }
        of_records = {
            "custody.ending_kinds": custody.ending_kinds.value,
            "custody.hospital_kinds": custody.hospital_kinds.value,
        }
        yield from unknown_names(of_benefits, self.benefits)
        yield from unknown_names(of_records, self.records)


class Counties(Strict):
    """`counties.yaml`."""

    version: Version
    counties: list[County]

    @model_validator(mode="after")
    def _each_once(self) -> "Counties":
        names = [entry.county for entry in self.counties]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"named more than once: {', '.join(twice)}")
        return self


class Policy(Rules):
    """All rules together, as the decider and the events read them."""

    counties: list[County]

    def __hash__(self) -> int:
        return hash(self.version)

    def benefits_with(self, ground: GroundName, effect: Effect) -> list[str]:
        """The benefits on which a ground has this effect."""
        return [code for code, benefit in self.benefits.items() if effect_of(benefit, ground) == effect]

    def certifying_kinds(self) -> list[str]:
        """The kinds of record whose strong evidence of life certifies."""
        return [kind for kind, record in self.records.items() if record.certifies]

    def unconfirmed(self, kinds: Iterable[str]) -> list[str]:
        """Those of some kinds that no entry lists: whatever they say, they certify nobody."""
        return [kind for kind in kinds if kind not in self.records]

    def cycle_months(self, benefit: str, county: str | None, day: date) -> int | None:
        """The cycle of a benefit for a certification of this day; none where it is never certified."""
        found = self.benefits.get(benefit)
        if found is None:
            return None
        shorter = found.cycle_months_without_funeral_subsidy
        return shorter if shorter and self._without_subsidy(county, day) else found.cycle_months

    def clauses(self, *entries: Entry) -> list[str]:
        """What some entries rest on, each once; clauses of the notice carry its number."""
        cited = dict.fromkeys(clause for entry in entries for clause in entry.cite)
        return [
            f"{self.notice} {clause}" if clause.startswith(_OF_THE_NOTICE) else clause for clause in cited
        ]

    def _without_subsidy(self, county: str | None, day: date) -> bool:
        return any(
            period.since <= day and (period.until is None or day <= period.until)
            for entry in self.counties
            if entry.county == county
            for period in entry.without_funeral_subsidy
        )


def effect_of(benefit: Benefit, ground: GroundName) -> Effect:
    """What a ground does to a benefit; a ground that is not listed does nothing."""
    found = getattr(benefit.grounds, ground)
    return found.effect if found else "no"
