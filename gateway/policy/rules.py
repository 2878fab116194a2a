"""The rules as typed values: the whole of `policy.yaml` and `counties.yaml`."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from gateway.policy.entries import (
    Benefit,
    Channel,
    Cited,
    County,
    Effect,
    Entry,
    GroundName,
    Method,
    RecordKind,
    Strict,
)

Days = Annotated[int, Field(ge=0, le=3660)]
Years = Annotated[int, Field(ge=1, le=100)]
Count = Annotated[int, Field(ge=1)]
_OF_THE_NOTICE = ("一、", "二（", "三（")
Version = Annotated[str, StringConstraints(min_length=1, max_length=40)]


class FutureFacts(Strict):
    """How far after its load time a row may date a fact."""

    tolerance_days: Cited[Days]


class Sources(Strict):
    """Rule 0: what must have been compared, and how lately, before anything is renewed."""

    must_be_compared: Cited[Annotated[list[str], Field(min_length=1)]]
    max_source_age_days: Cited[Days]
    of_life_for_overdue: Cited[list[str]]


class DeathRules(Strict):
    """Rule 2: which deaths are first-hand, and what speaks against one."""

    first_hand: Cited[Annotated[list[str], Field(min_length=1)]]
    echo: Cited[list[str]]
    first_hand_departments_to_corroborate: Cited[Literal[2]]
    grace_days: Cited[Days]
    certification_afterwards: Cited[dict[Method, Literal["conflict", "likely_alive"]]]

    @model_validator(mode="after")
    def _either_first_hand_or_echo(self) -> "DeathRules":
        both = set(self.first_hand.value) & set(self.echo.value)
        if both:
            raise ValueError(f"both first-hand and echo: {', '.join(sorted(both))}")
        return self


class CustodyRules(Strict):
    """Rule 4: what ends a custody."""

    not_an_end: Cited[list[Literal["outside", "prison", "death", "unknown"]]]
    ending_kinds: Cited[Annotated[list[str], Field(min_length=1)]]
    hospital_kinds: Cited[list[str]]


class CertificationRules(Strict):
    """Rule 5: when evidence of life certifies, and when that is announced."""

    weak_pairs_certify: Cited[Literal[False]]
    min_extension_days: Cited[Days]
    renew_when_due_within_days: Cited[Days]


class MassGuard(Strict):
    """When a run finds too much to be published unseen."""

    min_count: Cited[Count]
    max_share: Cited[Annotated[float, Field(gt=0, le=1)]]
    times_the_median: Cited[Count]
    median_of_runs: Cited[Count]


class RestorationRules(Strict):
    """The way back after a suspension."""

    resumption_after_years: Cited[Years]
    commitment_after_years: Cited[Years]
    commitment_after_suspended_years: Cited[Years]
    employer_verification_after_suspended_years: Cited[Years]
    employer_verification_for: Cited[list[str]]
    review_after_suspended_months: Cited[Count]


class NoticeRules(Strict):
    """Who is told, and how long before the end of a certification."""

    due_within_days: Cited[Annotated[list[Days], Field(min_length=1)]]
    tell_suspected: Cited[bool]


class ChannelRules(Strict):
    """Which other way of certifying is suggested to whom."""

    methods: Cited[list[Method]]
    home_visit_from_age: Cited[Count]
    employer_for: Cited[list[str]]
    consular_app_when_abroad: Cited[list[str]]
    custody_suspected: Cited[Channel]
    otherwise: Cited[Channel]
    after_a_notice_without_effect: Cited[Channel]


class LedgerRules(Strict):
    """How long a verification may take."""

    verify_within_days: Cited[Days]


class Rules(Strict):
    """`policy.yaml`."""

    version: Version
    notice: Annotated[str, StringConstraints(min_length=1)]
    benefits: Annotated[dict[str, Benefit], Field(min_length=1)]
    records: Annotated[dict[str, RecordKind], Field(min_length=1)]
    future_facts: FutureFacts
    sources: Sources
    death: DeathRules
    custody: CustodyRules
    certification: CertificationRules
    mass_guard: MassGuard
    restoration: RestorationRules
    notices: NoticeRules
    channels: ChannelRules
    ledger: LedgerRules

    @model_validator(mode="after")
    def _names_are_known(self) -> "Rules":
        listed = {
            "restoration.employer_verification_for": self.restoration.employer_verification_for,
            "channels.employer_for": self.channels.employer_for,
            "channels.consular_app_when_abroad": self.channels.consular_app_when_abroad,
        }
        unknown = [
            f"{key} names {name}"
            for key, names in listed.items()
            for name in names.value
            if name not in self.benefits
        ]
        kinds = {
            "custody.ending_kinds": self.custody.ending_kinds,
            "custody.hospital_kinds": self.custody.hospital_kinds,
        }
        unknown += [
            f"{key} names {name}"
            for key, names in kinds.items()
            for name in names.value
            if name not in self.records
        ]
        if unknown:
            raise ValueError(f"not in the tables above: {'; '.join(unknown)}")
        return self


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

    def benefits_with(self, ground: GroundName, effect: Effect) -> list[str]:
        """The benefits on which a ground has this effect."""
        return [code for code, benefit in self.benefits.items() if effect_of(benefit, ground) == effect]

    def certifying_kinds(self) -> list[str]:
        """The kinds of record whose strong evidence of life certifies."""
        return [kind for kind, record in self.records.items() if record.certifies]

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
