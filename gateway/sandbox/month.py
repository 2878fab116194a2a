"""One month of the province: whose life moves, on which day, and the weighted decks codes are drawn from."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random

from gateway.sandbox.people import Person
from gateway.sandbox.recording import Recorder

_MONTHS_A_YEAR = 12


def months_later(first: date, months: int) -> date:
    """Return the first of the month so many months later (earlier if negative)."""
    years, month = divmod(first.month - 1 + months, _MONTHS_A_YEAR)
    return date(first.year + years, month + 1, 1)


class Deck:
    """Weighted codes; the first draws give each code once, so that a large province shows them all."""

    def __init__(self, weights: Mapping[str, float]) -> None:
        self._codes = tuple(weights)
        self._weights = tuple(weights.values())
        self._unseen = list(reversed(self._codes))

    def draw(self, rng: Random) -> str:
        """Return the next code."""
        return self._unseen.pop() if self._unseen else rng.choices(self._codes, self._weights)[0]


def new_decks() -> dict[str, Deck]:
    """Return the decks of a province, by what is drawn from them."""
    tables: dict[str, dict[str, float]] = {
        "discharge": {"1": 82, "2": 5, "3": 4, "4": 5, "9": 4},
        "proxy": {"0": 88, "1": 12},
        "inpatient": {"21": 85, "22": 9, "24": 6},
        "outpatient": {"11": 34, "12": 8, "13": 5, "14": 18, "1401": 7, "41": 27, "91": 1},
        "refund": {"no": 98, "yes": 2},
        "marriage": {"IA": 44, "IB": 32, "IC": 12, "ICA": 4, "ICB": 4, "INR": 4},
        "marriage_undone": {"no": 95, "yes": 5},
        "cancellation": {"02": 30, "03": 20, "04": 25, "09": 25},
        "termination": {"2": 30, "9": 70},
        "detention": {"1": 55, "2": 42, "3": 3},
        "probation": {"1": 65, "5": 15, "4": 20},
        "sentence": {"1": 82, "4": 10, "2": 4, "3": 4},
        "prison_end": {"1": 70, "2": 12, "3": 8, "4": 6, "9": 4},
        "correction_end": {"1": 80, "2": 8, "3": 6, "9": 6},
        "correction": {"1": 70, "2": 10, "3": 12, "4": 8},
        "declaration": {"1": 55, "2": 45},
        "revoked": {"yes": 30, "no": 70},
        "void": {"no": 98, "yes": 2},
        "misplaced_death": {"no": 98, "yes": 2},
        "false_death": {"register": 50, "certificate": 50},
    }
    return {name: Deck(weights) for name, weights in tables.items()}


@dataclass(slots=True)
class Month:
    """One calendar month in the making; everything random in it comes from its own `rng`."""

    first: date
    days: int
    rng: Random
    people: list[Person]
    recorder: Recorder
    decks: dict[str, Deck]

    def draw(self, deck: str) -> str:
        """Return the next code of a deck."""
        return self.decks[deck].draw(self.rng)

    def chance(self, share: float) -> bool:
        """Say whether something befalls that befalls this share of cases."""
        return self.rng.random() < share

    def any_day(self) -> date:
        """Return a day of this month."""
        return self.first + timedelta(days=self.rng.randrange(self.days))

    def moment(self, day: date) -> datetime:
        """Return an office hour of a day."""
        return datetime.combine(day, time(self.rng.randrange(8, 18), self.rng.randrange(60), 30))

    def anyone(self, rate: float) -> Iterator[tuple[Person, date]]:
        """Yield people with a day, whatever their state, at a rate per person and month."""
        for _ in range(int(rate * len(self.people) + self.rng.random())):
            person = self.rng.choice(self.people)
            if person.id_type == "01":
                yield person, self.any_day()

    def visible(self, rate: float) -> Iterator[tuple[Person, date]]:
        """Yield people who lead a public life on that day, at a rate per person and month."""
        for person, day in self.anyone(rate):
            if not person.quiet and person.free_on(day):
                yield person, day

    def settled(self, rate: float, youngest: int = 18) -> Iterator[tuple[Person, date]]:
        """Yield people to whom something lasting may happen: nothing else is under way with them."""
        for person, day in self.anyone(rate):
            if person.free_on(day) and day > person.busy_until and person.age_on(day) >= youngest:
                yield person, day
