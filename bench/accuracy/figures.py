"""From counts to figures: shares, delays and targets, the same for every rule."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any, Final

import numpy as np

from bench.accuracy.bench import Outcome, as_json
from bench.accuracy.calendar import NEVER
from bench.accuracy.chance import Flags, Floats, Indices
from bench.accuracy.measure import GATEWAY
from bench.accuracy.tally import Label, Tally

WEEKS: Final = (4, 13, 26)
_MOST_WRONGFUL: Final = 1e-5
_MOST_OF_NAIVE: Final = 0.5
_DEATHS_FOUND: Final = 0.995
_QUALIFYING_CERTIFIED: Final = 0.999
_A_WAVE: Final = 1.5


@dataclass(frozen=True)
class Target:
    """What was asked, what came out, and whether that is enough; None where the run cannot tell."""

    name: str
    asked: str
    found: str
    met: bool | None


def figures(outcome: Outcome) -> dict[str, Any]:
    """Everything the bench prints, as plain values."""
    tallies, coverage = outcome.measure.tallies, outcome.measure.coverage
    return {
        "people": len(outcome.truth.people),
        "benefits": len(outcome.truth.benefits),
        "rows": sum(rows.table.num_rows for rows in outcome.truth.rows.values()),
        "months": len(outcome.months),
        "seed": outcome.seed,
        "policy_version": outcome.policy_version,
        "seconds": round(outcome.seconds),
        "truth": _truth(outcome),
        "rules": {name: _rule(outcome, tally) for name, tally in tallies.items()},
        "coverage": vars(coverage) | {"missed": dict(coverage.missed.most_common())},
        "wrongful_by_mistake": dict(outcome.measure.behind),
        "dead_certified_on_weak": outcome.measure.certified.on_weak,
        "dead_certified_beyond": outcome.measure.certified.beyond,
        "targets": [asdict(target) for target in targets(outcome)],
        "runs": [as_json(month) for month in outcome.months],
    }


def _last_day(outcome: Outcome) -> int:
    calendar = outcome.truth.calendar
    return calendar.day(calendar.as_of(len(outcome.months) - 1)) + 1


def _reported(outcome: Outcome) -> Flags:
    """The dead who were on the roster and whose death some department has reported by the last run."""
    people = outcome.truth.people
    found: Flags = (people.died < NEVER) & (people.joins < people.died)
    return found & (outcome.truth.first_reported <= _last_day(outcome))


def _truth(outcome: Outcome) -> dict[str, Any]:
    people, reported = outcome.truth.people, _reported(outcome)
    died = (people.died <= _last_day(outcome)) & (people.joins < people.died)
    delay = (outcome.truth.first_reported - people.died)[reported]
    false = outcome.truth.false_reports
    loaded = false[false["loaded"] <= _last_day(outcome)]
    return {
        "deaths": int(died.sum()),
        "deaths_reported": int(reported.sum()),
        "first_report_within_13_weeks": _share(int((delay <= 13 * 7).sum()), len(delay)),
        "first_report_within_26_weeks": _share(int((delay <= 26 * 7).sum()), len(delay)),
        "false_reports": loaded.groupby("kind").size().to_dict(),
    }


def _rule(outcome: Outcome, tally: Tally) -> dict[str, Any]:
    wrongly = sum(tally.wrongly.values())
    return {
        "suspected_by_week_since_report": {
            str(week): _by_week(outcome, tally.suspected_at, outcome.truth.first_reported, week)
            for week in WEEKS
        },
        "disputed_or_suspected_since_report": _by_week(
            outcome,
            np.minimum(tally.suspected_at, tally.conflict_at),
            outcome.truth.first_reported,
            WEEKS[-1],
        ),
        "suspected_by_week_since_death": {
            str(week): _by_week(outcome, tally.suspected_at, outcome.truth.people.died, week)
            for week in WEEKS
        },
        "median_days_from_death": _median_delay(outcome, tally, outcome.truth.people.died),
        "median_days_from_first_report": _median_delay(outcome, tally, outcome.truth.first_reported),
        "curve": [
            _by_week(outcome, tally.suspected_at, outcome.truth.people.died, week) for week in range(1, 40)
        ],
        "suspected_rightly": _labelled(tally.rightly),
        "suspected_wrongly": _labelled(tally.wrongly),
        "wrongful": wrongly,
        "wrongful_share_of_living_months": _share(wrongly, tally.living_months),
        "months_wrongly_suspected": tally.wrong_months,
        "of_the_corrupted_file": tally.corrupted,
        "conflicts": {
            f"{cause} of the {'living' if lives else 'dead'}": count
            for (cause, lives), count in sorted(tally.conflicts.items())
        },
        "living_months": tally.living_months,
        "living_certified_silently": _share(tally.certified_months, tally.living_months),
        "dead_certified_months": dict(tally.dead_certified.most_common()),
    }


def _by_week(outcome: Outcome, found_at: Indices, since: Floats | Indices, week: int) -> float | None:
    """Of the deaths reported, whose death or report is so many weeks ago: how many were found by then."""
    by = since + 7 * week
    counted = _reported(outcome) & (by <= _last_day(outcome))
    return _share(int((counted & (found_at <= by)).sum()), int(counted.sum()))


def _median_delay(outcome: Outcome, tally: Tally, since: np.ndarray) -> float | None:
    """Days until the suspicion, of deaths long enough ago that nearly all that will be found have been."""
    old = outcome.truth.people.died + WEEKS[-1] * 7 <= _last_day(outcome)
    found = _reported(outcome) & old & (tally.suspected_at < NEVER)
    return float(np.median((tally.suspected_at - since)[found])) if found.any() else None


def _labelled(counts: dict[Label, int]) -> dict[str, int]:
    return {f"{cause} {confidence}".strip(): count for (cause, confidence), count in sorted(counts.items())}


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def targets(outcome: Outcome) -> list[Target]:
    """The targets of the bench, and whether they are met."""
    return [*_wrongful(outcome), *_found(outcome), *_months(outcome)]


def _wrongful(outcome: Outcome) -> Iterable[Target]:
    tallies = outcome.measure.tallies
    own = tallies[GATEWAY]
    wrongly = sum(own.wrongly.values())
    for name, tally in tallies.items():
        if name != GATEWAY:
            usual = sum(tally.wrongly.values())
            theirs = usual + tally.corrupted
            yield Target(
                f"wrongful suspicions against “{name}”",
                "at most half",
                f"{wrongly} of {theirs:,} ({usual:,} without the corrupted file)",
                wrongly <= _MOST_OF_NAIVE * theirs,
            )
    share = wrongly / max(own.living_months, 1)
    yield Target(
        "wrongful suspicions", "≤ 0.001 % of living person-months", f"{share:.5%}", share <= _MOST_WRONGFUL
    )
    sure = sum(count for (_, confidence), count in own.wrongly.items() if confidence == "corroborated")
    yield Target("wrongful corroborated suspicions", "0", str(sure), sure == 0)


def _found(outcome: Outcome) -> Iterable[Target]:
    measure = outcome.measure
    found_at = measure.tallies[GATEWAY].suspected_at
    share = _by_week(outcome, found_at, outcome.truth.first_reported, WEEKS[-1])
    yield Target(
        "reported deaths suspected by week 26 after the first report",
        "≥ 99.5 %",
        _percent(share),
        None if share is None else share >= _DEATHS_FOUND,
    )
    coverage = measure.coverage
    certified = _share(coverage.qualifying_certified, coverage.qualifying)
    yield Target(
        "living with qualifying evidence who are certified",
        "≥ 99.9 %",
        _percent(certified),
        None if certified is None else certified >= _QUALIFYING_CERTIFIED,
    )
    yield Target(
        "dead certified on weak evidence, or beyond last true contact + cycle",
        "0",
        f"{measure.certified.on_weak} and {measure.certified.beyond} benefit-months",
        measure.certified.on_weak == measure.certified.beyond == 0,
    )


def _months(outcome: Outcome) -> Iterable[Target]:
    held = outcome.corrupted_held
    yield Target(
        "the corrupted file", "held", {True: "held", False: "published", None: "no such month"}[held], held
    )
    silent = outcome.truth.rates.calendar.silent_month
    told = [month.events.get("certification.overdue", 0) for month in outcome.months]
    if silent < len(told):
        others = [count for month, count in enumerate(told) if month not in (0, silent, silent + 1)]
        usual = median(others) if others else told[0]
        after = f", {told[silent + 1]:,} in the month after" if silent + 1 < len(told) else ""
        yield Target(
            "overdue notices in the month without feed",
            "no wave: at most 1.5 times the usual",
            f"{told[silent]:,}{after}; usually {usual:,.0f}",
            told[silent] <= _A_WAVE * usual,
        )


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.2%}"
