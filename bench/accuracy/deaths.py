"""Deaths as departments report them: late, derived from one another, and some about the wrong person."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd
from numpy.random import Generator

from bench.accuracy.calendar import NEVER
from bench.accuracy.chance import Flags, Floats, Indices, between, codes, log_normal
from bench.accuracy.identities import Texts
from bench.accuracy.mistakes import Mistakes
from bench.accuracy.population import People
from bench.accuracy.rates import Rates
from bench.accuracy.rows import Archive, Column, Contact, Draft

CHANNELS: Final = (
    "death_certificates",
    "cremations",
    "household_cancellations",
    "terminations",
    "inpatient_stays",
)
_SOON: Final = 0.3
"""Nothing is loaded sooner than so many days after a death."""


@dataclass(frozen=True)
class Heard:
    """Deaths that an office hears of, when it loads them, their medical certificates (blank: none)."""

    person: Indices
    died: Indices
    loaded: Floats
    certificate: Texts


class Deaths:
    """Writes reports of deaths into the archive and keeps what is true about them."""

    def __init__(self, people: People, rates: Rates, rng: Generator, archive: Archive) -> None:
        self._people = people
        self._rates = rates
        self._rng = rng
        self._archive = archive
        self._mistakes = Mistakes(people, rates.mistakes, rng)
        self.first_reported: Floats = np.full(len(people), float(NEVER))

    def everything(self) -> pd.DataFrame:
        """All reports of all deaths; returns those about the living: victim, kind, loaded, corrected."""
        dead = np.flatnonzero(self._people.died < NEVER)
        dead = dead[self._rng.random(len(dead)) >= self._rates.deaths.never_reported]
        loaded = self._loads(dead)
        certified = np.isfinite(loaded[0])
        certificate = np.where(certified, codes("SW", 0, len(dead)), "")
        for place, channel in enumerate(CHANNELS):
            heard = np.isfinite(loaded[place])
            each = Heard(
                dead[heard], self._people.died[dead[heard]], loaded[place][heard], certificate[heard]
            )
            for draft in self._reports(channel, each):
                self._take(draft)
        return self._mistakes.about_the_living()

    def _take(self, draft: Draft) -> None:
        """Add a channel's reports, with those that name somebody else and their corrections."""
        for written, is_right in self._mistakes.among(draft):
            self._archive.add(written)
            if is_right:
                np.minimum.at(self.first_reported, written.person, written.loaded)

    def _loads(self, dead: Indices) -> list[Floats]:
        """When each channel loads each death; infinite where it never hears of it."""
        rng, rates = self._rng, self._rates.deaths
        hears = np.array([self._hears(channel, dead) for channel in CHANNELS])
        weights = np.array([rates.channels[channel].first for channel in CHANNELS])
        nobody = ~hears.any(axis=0)
        hears[rng.choice(len(CHANNELS), int(nobody.sum()), p=weights / weights.sum()), nobody] = True
        keen = np.where(hears, weights[:, None] * rng.exponential(1, hears.shape) ** -1, -1)
        first = keen.argmax(axis=0)
        delay = log_normal(rng, rates.first_report_median, rates.first_report_sigma, len(dead))
        base = self._people.died[dead] + np.maximum(delay, _SOON)
        return [
            np.where(
                hears[place],
                np.where(
                    first == place, base, base + rng.exponential(rates.channels[channel].lag, len(dead))
                ),
                np.inf,
            )
            for place, channel in enumerate(CHANNELS)
        ]

    def _hears(self, channel: str, dead: Indices) -> Flags:
        found = self._rates.deaths.channels[channel]
        seen = self._people.seen(self._rates.coverage[found.coverage])[dead]
        return self._rng.random(len(dead)) < found.share * seen

    def _reports(self, channel: str, heard: Heard) -> list[Draft]:
        writers = {
            "death_certificates": self._certificates,
            "cremations": self._cremations,
            "household_cancellations": self._cancellations,
            "terminations": self._terminations,
            "inpatient_stays": self._hospital_deaths,
        }
        return writers[channel](heard)

    def _given(self, day: Indices) -> np.ndarray:
        """The day of death where a report names it."""
        known = self._rng.random(len(day)) < self._rates.deaths.day_given
        return np.where(known, self._people.calendar.dates(day), np.datetime64("NaT"))

    def _quoted(self, heard: Heard) -> Texts:
        quotes = self._rng.random(len(heard.person)) < self._rates.deaths.quotes_certificate
        return np.where(quotes, heard.certificate, "")

    def _by_load(self, heard: Heard, span: tuple[int, int]) -> np.ndarray:
        """Days soon after a death, but not after the load."""
        day = heard.died + between(self._rng, span, len(heard.died))
        return self._people.calendar.dates(np.minimum(day, np.floor(heard.loaded).astype(int)))

    def _certificates(self, heard: Heard) -> list[Draft]:
        written = Draft(
            "death_certificates",
            heard.person,
            heard.loaded,
            {
                "SWZMBH": heard.certificate,
                "XBDM": np.where(self._people.men[heard.person], "1", "2"),
                "SWRQ": self._given(heard.died),
                "QFRQ": self._by_load(heard, (0, 3)),
                "CANCEL_STATUS": "0",
            },
        )
        return [written, *self._mended(written, heard)]

    def _mended(self, written: Draft, heard: Heard) -> list[Draft]:
        """Certificates that are voided, most of them to be issued anew, and such whose day is amended."""
        rng, rates, dates = self._rng, self._rates.mistakes, self._people.calendar.dates
        fate = rng.random(len(heard.person))
        voided, amended = fate < rates.voided, (rates.voided <= fate) & (fate < rates.voided + rates.amended)
        voids = later(written.only(voided, CANCEL_STATUS="1"), rng, rates.mended_after, operation="U")
        again = rng.random(len(voids.person)) < rates.reissued
        reissued = later(voids.only(again, CANCEL_STATUS="0"), rng, (0, 3), operation="I")
        numbers = codes("SWR", 0, len(reissued.person))
        reissued = replace(reissued, columns={**reissued.columns, "SWZMBH": numbers})
        moved = heard.died[amended] - between(rng, (1, 10), int(amended.sum()))
        amends = later(written.only(amended, SWRQ=dates(moved)), rng, rates.mended_after, operation="U")
        return [voids, reissued, amends]

    def _cremations(self, heard: Heard) -> list[Draft]:
        rng, dates = self._rng, self._people.calendar.dates
        off = np.where(
            rng.random(len(heard.died)) < self._rates.deaths.day_off, between(rng, (1, 2), len(heard.died)), 0
        )
        known = rng.random(len(heard.died)) < self._rates.deaths.day_given
        columns: dict[str, Column] = {
            "CERT_NO": codes("HH", 0, len(heard.person)),
            "SEX": np.where(self._people.men[heard.person], "1", "2"),
            "DEATH_TIME": np.where(known, dates(heard.died - off), np.datetime64("NaT")),
            "CREMATION_TIME": self._by_load(heard, (1, 5)),
            "SWZMBH": self._quoted(heard),
        }
        return [Draft("cremations", heard.person, heard.loaded, columns)]

    def _cancellations(self, heard: Heard) -> list[Draft]:
        columns: dict[str, Column] = {
            "RKBS": codes("RK", 0, len(heard.person)),
            "ZXLB": "01",
            "SWRQ": self._given(heard.died),
            "SWZMBH": self._quoted(heard),
            "SLSJ": self._people.calendar.dates(np.floor(heard.loaded).astype(int)),
        }
        return [Draft("household_cancellations", heard.person, heard.loaded, columns)]

    def _terminations(self, heard: Heard) -> list[Draft]:
        columns: dict[str, Column] = {
            "psn_no": np.char.mod("99YB%010d", heard.person),
            "reason": "1",
            "end_date": self._people.calendar.dates(np.floor(heard.loaded).astype(int)),
        }
        return [Draft("terminations", heard.person, heard.loaded, columns)]

    def _hospital_deaths(self, heard: Heard) -> list[Draft]:
        """The last stay; where the system writes discharge 1, nobody learns of the death from it."""
        rng, dates = self._rng, self._people.calendar.dates
        told = rng.random(len(heard.person)) >= self._rates.deaths.discharge_hard_coded
        admitted = heard.died - between(rng, (1, 14), len(heard.died))
        stays = Draft(
            "inpatient_stays",
            heard.person,
            heard.loaded,
            {
                "MEDRCDNO": codes("BD", 0, len(heard.person)),
                "BEGNTIME": dates(admitted),
                "ENDTIME": dates(heard.died),
                "DSCG_WAY": "5",
                "DIE_DATE": dates(heard.died),
            },
            Contact(admitted, strong=True, source="hospital stay"),
        )
        self._archive.add(stays.only(~told, DSCG_WAY="1", DIE_DATE=""))
        return [stays.only(told)]


def later(draft: Draft, rng: Generator, span: tuple[int, int], *, operation: str) -> Draft:
    """The rows again, loaded some days later."""
    after = rng.uniform(max(span[0], _SOON), span[1], len(draft.loaded))
    return replace(draft, loaded=draft.loaded + after, operation=operation)
