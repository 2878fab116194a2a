"""The rates of the simulated province, as typed values."""

from datetime import date
from pathlib import Path
from typing import Annotated, Final

import yaml
from pydantic import BaseModel, ConfigDict, Field

FILE: Final = Path(__file__).parent / "rates.yaml"
Share = Annotated[float, Field(ge=0, le=1)]
Rate = Annotated[float, Field(ge=0)]
Days = Annotated[float, Field(ge=0)]
Span = tuple[int, int]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Calendar(_Section):
    """How long, over how many people, and in which months something goes wrong."""

    first_month: date
    months: int
    people: int
    corrupted_month: int
    silent_month: int
    silent_department: str
    corrupted_dataset: str
    corrupted_share: Share


class PeopleRates(_Section):
    """Who is on the roster and draws what."""

    joining_share: Share
    dated_joining_share: Share
    women: Share
    age_bands: dict[int, Share]
    first_benefit: dict[str, Share]
    second_benefit: dict[str, dict[str, Share]]
    spouse_survivors: Share
    needs_assistance: Share
    suspended: Share
    counties: list[Share]


class PerDecade(_Section):
    """By what a rate of contacts grows with ten years of age."""

    visits: Rate
    stays: Rate
    checks: Rate
    others: Rate


class ContactRates(_Section):
    """Contacts a year at 65, and how people differ."""

    outpatient_visits: Rate
    visits_by_proxy: Share
    health_checks: Rate
    hospital_stays: Rate
    emergencies: Rate
    settled_visits: Rate
    pharmacy_purchases: Rate
    identity_cards: Rate
    journeys: Rate
    marriages: Rate
    survivor_marriages: Rate
    allowance_from_age: int
    per_decade: PerDecade
    propensity_sigma: Rate
    quiet: Share
    quiet_factor: Share
    elsewhere: Share


class Coverage(_Section):
    """The share of contacts that a department's data shows; `ages` holds from which age on."""

    counties: list[Share]
    ages: dict[int, Share]


class Lateness(_Section):
    """Days from a fact to the department's load."""

    inpatient_stays: Days
    outpatient_visits: Days
    health_checks: Days
    settlements: Days
    identity_cards: Days
    border_crossings: Days
    marriages: Days
    elderly_allowances: Days
    custody: Days
    posted_late: Share
    posted_late_within: Days
    without_begin: Share


class Channel(_Section):
    """One office that hears of deaths."""

    share: Share
    first: Share
    lag: Days
    coverage: str


class DeathRates(_Section):
    """Who dies, and who reports it how late."""

    at_60: Rate
    growth: Rate
    men: Rate
    women: Rate
    winter: Rate
    never_reported: Share
    first_report_median: Days
    first_report_sigma: Rate
    channels: dict[str, Channel]
    day_given: Share
    day_off: Share
    quotes_certificate: Share
    discharge_hard_coded: Share


class MistakeRates(_Section):
    """Reports that are wrong, and what becomes of them."""

    about_the_living: Share
    wrong_id: Share
    namesake: Share
    wrong_row: Share
    corrected: Share
    corrected_after_median: Days
    corrected_after_sigma: Rate
    voided: Share
    amended: Share
    mended_after: Span
    reissued: Share


class SpellingRates(_Section):
    """How rows quote a person."""

    variant: Share
    truly_different: Share
    short_number: Share
    corrected_number: Share
    keeps_former_number: Share


class AfterDeathRates(_Section):
    """What goes on under the name of the dead."""

    purchases: Share
    purchases_more: Rate
    purchases_within: int
    at_pharmacies: Share
    hospital_visit_recorded: Share
    visit_unflagged: Share
    stays_under_the_name: Share
    stays_within: int
    living_stays_under_the_name: Rate


class CustodyRates(_Section):
    """Detention, prison, judgments."""

    inside_at_start: Share
    detained: Rate
    detained_days: Span
    to_prison: Share
    term_days: Span
    release_never_reported: Share
    old_judgments: Share
    old_judgment_years: Span
    correction_after_release: Share
    hospital_from_custody: Rate


class OtherRates(_Section):
    """Who leaves the register alive."""

    emigrants: Rate
    declared_absent: Rate
    absence_revoked: Share
    absence_revoked_after: Span


class AgencyRates(_Section):
    """How people and the agency answer what the gateway tells."""

    habit: Rate
    after_due: Share
    after_overdue: Share
    after_suspension: Share
    answer_days: Span
    suspended_after_overdue: int
    methods: dict[str, Share]
    forged_after_notice: Share
    verified_median: Days
    verified_sigma: Rate
    removed_after: Span


class Rates(_Section):
    """`rates.yaml`."""

    calendar: Calendar
    people: PeopleRates
    contacts: ContactRates
    coverage: dict[str, Coverage]
    lateness: Lateness
    deaths: DeathRates
    mistakes: MistakeRates
    spelling: SpellingRates
    after_death: AfterDeathRates
    custody: CustodyRates
    others: OtherRates
    agency: AgencyRates


def load_rates(people: int | None = None, months: int | None = None, file: Path = FILE) -> Rates:
    """The rates as written, for another number of people or months if given."""
    content = yaml.safe_load(file.read_text("utf-8"))
    content["calendar"] |= {
        name: value for name, value in (("people", people), ("months", months)) if value is not None
    }
    return Rates.model_validate(content)
