"""A seeded synthetic province: people, their lives, and the rows that six departments loaded about them."""

import calendar
from collections.abc import Mapping
from datetime import date, datetime, time
from pathlib import Path
from random import Random

from gateway.sandbox.absences import absences
from gateway.sandbox.afterthoughts import afterthoughts
from gateway.sandbox.civil_life import civil_life
from gateway.sandbox.columns import DATASETS
from gateway.sandbox.custody import already_inside, custody
from gateway.sandbox.deaths import deaths
from gateway.sandbox.month import Month, months_later, new_decks
from gateway.sandbox.people import Person, Registry
from gateway.sandbox.recording import Recorder
from gateway.sandbox.roster import remove_reported, roster_changes, write_roster
from gateway.sandbox.rows import Archive, Row
from gateway.sandbox.visits import visits

HISTORY_MONTHS = 18
_OTHERS = 0.3
_ALWAYS = datetime.combine(date.min, time.min)


class Province:
    """A province of so many pensioners and a third as many others, the same for the same arguments.

    Records begin `history_months` before `start` and are made up month by month as later moments are
    asked for; a later moment never changes an earlier row. Times are naive, Asia/Shanghai.
    """

    datasets: Mapping[str, str] = {name: columns.department for name, columns in DATASETS.items()}

    def __init__(self, seed: int, people: int, start: date, *, history_months: int = HISTORY_MONTHS) -> None:
        self.seed = seed
        self.start = start
        self.first_month = months_later(start.replace(day=1), -history_months)
        self._registry = Registry(Random(f"{seed}/people"), start)
        for _ in range(people):
            self._registry.add_pensioner()
        for _ in range(max(1, int(people * _OTHERS))):
            self._registry.add_other()
        self._archive = Archive()
        self._recorder = Recorder(self._archive, self.people)
        self._decks = new_decks()
        self._next_month = self.first_month

    @property
    def people(self) -> list[Person]:
        """Everyone, pensioners first, with the truth as far as months have been made up."""
        return self._registry.people

    def rows(self, dataset: str, *, until: datetime) -> list[Row]:
        """Return what can be seen of a dataset at a moment, in the order of loading.

        A hub dataset shows only the last version of each key, a file dataset (justice) every version.
        """
        return self.window(dataset, _ALWAYS, until, now=until)

    def window(self, dataset: str, since: datetime, until: datetime, *, now: datetime) -> list[Row]:
        """Return the rows loaded in [since, until) that are still served at `now`."""
        self.advance(now)
        return self._archive.between(dataset, since, until, now)

    def advance(self, moment: datetime) -> None:
        """Make up every month that begins before a moment."""
        while self._next_month <= moment.date():
            self._live(self._next_month)
            self._next_month = months_later(self._next_month, 1)

    def roster_csv(self, path: Path, as_of: date, encoding: str = "utf-8") -> int:
        """Write the roster of a day as CSV (UTF-8 or GB18030) and return its number of rows."""
        self.advance(datetime.combine(as_of, time.min))
        return write_roster(path, self.people, as_of, encoding)

    def _live(self, first: date) -> None:
        """Let one month happen, from a random source of its own."""
        rng = self._recorder.rng = Random(f"{self.seed}/{first}")
        days = calendar.monthrange(first.year, first.month)[1]
        month = Month(first, days, rng, self.people, self._recorder, self._decks)
        deaths(month)
        if first == self.first_month:
            already_inside(month)
        custody(month)
        absences(month)
        civil_life(month)
        visits(month)
        remove_reported(month)
        if first >= self.start.replace(day=1):
            roster_changes(month, self._registry)
        afterthoughts(month, Random(f"{self.seed}/{first}/afterthoughts"))
