"""The people of the synthetic province and the benefits they draw."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from gateway.sandbox.id_numbers import COUNTIES, IdNumbers, has_short_form, short_form, with_bad_check_digit
from gateway.sandbox.names import new_name, variant

BENEFITS = (
    "employee_pension",
    "institution_pension",
    "resident_pension",
    "injury_long_term",
    "survivor_allowance",
    "unemployment_benefit",
)
METHODS = ("self_service", "counter", "community", "home_visit", "consulate", "employer")
_FIRST = (38, 10, 40, 5, 5, 2)
_SECOND = {
    "employee_pension": {"injury_long_term": 60, "survivor_allowance": 40},
    "institution_pension": {"survivor_allowance": 100},
    "resident_pension": {"survivor_allowance": 98, "unemployment_benefit": 2},
    "injury_long_term": {"employee_pension": 100},
    "survivor_allowance": {"resident_pension": 100},
    "unemployment_benefit": {"survivor_allowance": 95, "resident_pension": 5},
}
"""What else somebody draws; to draw a pension beside unemployment benefit is a mistake, so it is rare."""
_AGES = {"injury_long_term": (35, 85), "unemployment_benefit": (30, 59)}
_EMPLOYED = ("employee_pension", "institution_pension", "injury_long_term", "unemployment_benefit")
_FOREIGN = ("H{:08d}01", "M{:08d}02", "P{:09d}")
_NUMBER_TROUBLES = {
    "none": 950,
    "bad": 3,
    "foreign": 3,
    "wrong": 4,
    "short": 5,
    "also_short": 30,
    "former": 7,
}
_STATUSES = {"paying": 957, "suspended": 30, "stopped_after_verification": 10, "terminated": 3}
DAYS_A_YEAR = 365.25


@dataclass(slots=True)
class Benefit:
    """One benefit as the core system knows it.

    `certifications` came through other channels while the person was about, `forged` after their death.
    """

    benefit_id: str
    benefit: str
    county: str
    employer_no: str
    started_on: date
    payment_status: str = "paying"
    suspended_on: date | None = None
    spouse_survivor: bool = False
    gone_on: date | None = None
    certifications: list[tuple[date, str]] = field(default_factory=list)
    forged: list[tuple[date, str]] = field(default_factory=list)


@dataclass(slots=True)
class Person:
    """One synthetic person and the truth about them; dates of what is still to come may already be set.

    `reported_on` is the load day of the first report of the death; `traps` names what was injected.
    """

    number: int
    person_no: str
    id_type: str
    id_number: str
    name: str
    born_on: date
    male: bool
    former_ids: tuple[str, ...] = ()
    roster_id: str = ""
    roster_name: str = ""
    roster_id_corrected_on: date | None = None
    quiet: bool = False
    needs_assistance: bool = False
    on_roster_from: date | None = None
    benefits: list[Benefit] = field(default_factory=list)
    died_on: date | None = None
    reported_on: date | None = None
    declared_on: date | None = None
    left_on: date | None = None
    insurance_ended: bool = False
    away: list[tuple[date, date]] = field(default_factory=list)
    custody: list[tuple[date, date]] = field(default_factory=list)
    busy_until: date = date.min
    traps: set[str] = field(default_factory=set)

    def __repr__(self) -> str:
        """Show the running number only: nothing personal, even of someone invented."""
        return f"Person({self.number})"

    def alive_on(self, day: date) -> bool:
        """Say whether the person lived on that day (the day of death does not count)."""
        return self.died_on is None or day < self.died_on

    def free_on(self, day: date) -> bool:
        """Say whether the person could appear in public: alive, here, not missing, not in custody."""
        here = self.alive_on(day) and not (self.left_on and day >= self.left_on)
        return here and not any(began_on <= day <= ended_on for began_on, ended_on in self.away)

    def roster_id_on(self, day: date) -> str:
        """Return the identity number that the roster of that day carries."""
        corrected = self.roster_id_corrected_on and day >= self.roster_id_corrected_on
        return self.id_number if corrected else self.roster_id

    def keep_away(self, began_on: date, ended_on: date, *, in_custody: bool = False) -> None:
        """Take the person out of public life from one day to another, inclusive."""
        self.away.append((began_on, ended_on))
        if in_custody:
            self.custody.append((began_on, ended_on))
        self.busy_until = max(self.busy_until, ended_on)

    def age_on(self, day: date) -> int:
        """Return the age in whole years, near enough."""
        return int((day - self.born_on).days / DAYS_A_YEAR)


class Registry:
    """Creates people one by one from one random source, so that a province is the same every time."""

    def __init__(self, rng: Random, start: date) -> None:
        self._rng = rng
        self._start = start
        self._ids = IdNumbers()
        self._next_benefit = 1
        self.people: list[Person] = []

    def add_pensioner(self) -> Person:
        """Create someone who is on the roster from the beginning."""
        rng = self._rng
        first = rng.choices(BENEFITS, _FIRST)[0]
        child = first == "survivor_allowance" and self._chance(0.4)
        low, high = (8, 20) if child else _AGES.get(first, (60, 95))
        person = self._person(int(rng.triangular(low, high, low + (high - low) / 3)))
        self._number_troubles(person)
        person.on_roster_from = date.min
        self._grant(person, first, spouse=not child)
        if not child and self._chance(0.25):
            (second,) = rng.choices(tuple(_SECOND[first]), tuple(_SECOND[first].values()))
            self._grant(person, second, spouse=True)
        return person

    def add_other(self) -> Person:
        """Create someone who draws no benefit, yet."""
        return self._person(int(self._rng.triangular(16, 98, 60)))

    def retire(self, person: Person, on: date) -> None:
        """Put someone on the roster from that day."""
        person.on_roster_from = on
        self._grant(person, self._rng.choice(BENEFITS[:3]), spouse=False, started_on=on)

    def _person(self, age: int) -> Person:
        rng, number = self._rng, len(self.people)
        born_on = self._start - timedelta(days=int((age + rng.random()) * DAYS_A_YEAR))
        male = self._chance(0.48)
        id_number = self._ids.new(rng, rng.choice(COUNTIES), born_on, male=male)
        person = Person(number, f"99{number:010d}", "01", id_number, new_name(rng), born_on, male)
        person.roster_id = id_number
        person.roster_name = variant(rng, person.name) if self._chance(0.01) else person.name
        person.quiet = self._chance(0.12)
        person.needs_assistance = self._chance(0.04)
        self.people.append(person)
        return person

    def _chance(self, share: float) -> bool:
        return self._rng.random() < share

    def _number_troubles(self, person: Person) -> None:
        """Give some people on the roster an old, a wrong, a bad or a foreign number."""
        rng, old = self._rng, has_short_form(person.born_on)
        (trouble,) = rng.choices(tuple(_NUMBER_TROUBLES), tuple(_NUMBER_TROUBLES.values()))
        if trouble == "bad":
            person.roster_id = with_bad_check_digit(person.id_number)
        elif trouble == "foreign":
            person.id_type = rng.choice(("06", "07", "08"))
            person.roster_id = person.id_number = rng.choice(_FOREIGN).format(rng.randrange(10**8))
        elif trouble == "wrong":
            person.roster_id = self._ids.new(rng, COUNTIES[0], person.born_on, male=person.male)
            person.roster_id_corrected_on = self._start + timedelta(days=rng.randrange(1, 180))
        elif trouble == "short" and old:
            person.roster_id = short_form(person.id_number)
        elif trouble == "also_short" and old:
            person.former_ids = (short_form(person.id_number),)
        elif trouble == "former":
            person.former_ids = (self._ids.new(rng, COUNTIES[1], person.born_on, male=person.male),)

    def _grant(self, person: Person, kind: str, *, spouse: bool, started_on: date | None = None) -> None:
        rng = self._rng
        employer = f"99E{rng.randrange(400):05d}" if kind in _EMPLOYED else ""
        began_on = started_on or self._started_on(person, kind)
        benefit = Benefit(f"B99{self._next_benefit:010d}", kind, rng.choice(COUNTIES[:6]), employer, began_on)
        self._next_benefit += 1
        benefit.spouse_survivor = kind == "survivor_allowance" and spouse
        if started_on is None:
            self._past(benefit)
        person.benefits.append(benefit)

    def _started_on(self, person: Person, kind: str) -> date:
        young = kind in {"survivor_allowance", "unemployment_benefit", "injury_long_term"}
        years = self._rng.uniform(0.2, 2 if kind == "unemployment_benefit" else 8)
        began_on = self._start - timedelta(days=int(years * DAYS_A_YEAR))
        earliest = person.born_on + timedelta(days=int((0 if young else 60) * DAYS_A_YEAR))
        return max(earliest, began_on) if earliest < self._start else began_on

    def _past(self, benefit: Benefit) -> None:
        """Give a benefit its last certification and, seldom, a suspension."""
        rng = self._rng
        if self._chance(0.97):
            ago = int(rng.triangular(10, 480, 180))
            certified_on = max(benefit.started_on, self._start - timedelta(days=ago))
            benefit.certifications.append((certified_on, rng.choice(METHODS)))
        benefit.payment_status = rng.choices(tuple(_STATUSES), tuple(_STATUSES.values()))[0]
        if benefit.payment_status in {"suspended", "stopped_after_verification"}:
            suspended_on = self._start - timedelta(days=rng.randrange(10, 700))
            benefit.suspended_on = max(benefit.started_on, suspended_on)
