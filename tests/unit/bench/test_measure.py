"""How the accuracy bench counts: suspicions right and wrong, and who counts as certified, alive or dead."""

import json

import numpy as np
import pandas as pd
import pytest

from bench.accuracy.bench import Month, Outcome
from bench.accuracy.calendar import NEVER
from bench.accuracy.core_system import NO_DAY, CoreSystem, open_core_system
from bench.accuracy.figures import figures
from bench.accuracy.measure import GATEWAY, Measure
from bench.accuracy.naive import ANY_ADVERSE, MAJORITY, Verdict
from bench.accuracy.plot import as_svg
from bench.accuracy.rates import load_rates
from bench.accuracy.table import as_markdown
from bench.accuracy.tally import Tally
from bench.accuracy.truth import Truth, make_truth
from gateway.policy import load_policy
from tests.support.project import ROOT

PEOPLE = 1500


@pytest.fixture(scope="module")
def truth() -> Truth:
    return make_truth(load_rates(PEOPLE, 3), 5)


@pytest.fixture
def measure(truth: Truth) -> Measure:
    rng = np.random.default_rng(5)
    core = open_core_system(truth.people, truth.benefits, truth.rates, load_policy(ROOT / "config"), rng)
    return Measure(truth, core, {name: Tally(PEOPLE) for name in (GATEWAY, ANY_ADVERSE, MAJORITY)})


def decided(core: CoreSystem, *suspected: int) -> pd.DataFrame:
    """Everybody is certified by the roster, some people are suspected of a death."""
    rows = core.on_roster(0)
    is_suspected = np.isin(core.benefits.person[rows], suspected)
    return pd.DataFrame(
        {
            "row": rows,
            "decision": np.where(is_suspected, "suspected", "certified"),
            "reason": ["death" if held else None for held in is_suspected],
            "confidence": ["single_source" if held else None for held in is_suspected],
            "certified_by": "roster",
            "on": core.certified_on[rows],
            "until": core.certified_on[rows] + 365,
            "holds": [np.array(["death"] if held else [], object) for held in is_suspected],
        }
    )


def nobody() -> dict[str, Verdict]:
    none = np.zeros(PEOPLE, bool)
    return {name: Verdict(none, none, none) for name in (ANY_ADVERSE, MAJORITY)}


def somebody(truth: Truth, *, alive: bool) -> int:
    lives = truth.people.died == NEVER if alive else truth.people.died < 20
    return int(np.flatnonzero(lives & (truth.people.joins < 0))[0])


def test_a_living_person_who_is_suspected_counts_once_and_every_month(truth: Truth, measure: Measure) -> None:
    person = somebody(truth, alive=True)
    for month in range(2):
        measure.month(month, decided(measure.core, person), nobody())
    tally = measure.tallies[GATEWAY]
    assert dict(tally.wrongly) == {("death", "single_source"): 1}
    assert tally.wrong_months == 2
    assert dict(measure.behind) == {"no false report": 1}


def test_a_death_is_found_on_the_morning_after_the_as_of_date(truth: Truth, measure: Measure) -> None:
    person = somebody(truth, alive=False)
    measure.month(0, decided(measure.core, person), nobody())
    tally = measure.tallies[GATEWAY]
    assert dict(tally.rightly) == {("death", "single_source"): 1}
    assert tally.suspected_at[person] == 31
    assert not tally.wrongly


def test_the_dead_are_certified_by_what_they_did_in_life(measure: Measure) -> None:
    measure.month(0, decided(measure.core), nobody())
    told = measure.tallies[GATEWAY].dead_certified
    assert told["certification elsewhere, in life"] == told.total() > 0
    assert (measure.certified.on_weak, measure.certified.beyond) == (0, 0)


def test_a_certification_on_no_strong_evidence_is_seen(measure: Measure) -> None:
    by_evidence = decided(measure.core).assign(certified_by="evidence", on=5)
    measure.month(0, by_evidence, nobody())
    assert measure.certified.on_weak > 0


def test_a_certification_beyond_the_last_true_contact_is_seen(measure: Measure) -> None:
    measure.core.true_on[:] = NO_DAY
    measure.month(0, decided(measure.core).assign(certified_by="evidence"), nobody())
    assert measure.certified.beyond > 0


def test_the_figures_can_be_written_as_they_are(truth: Truth, measure: Measure) -> None:
    missed = decided(measure.core, *range(PEOPLE)).assign(until=-1)
    for month in range(3):
        measure.month(month, missed, nobody())
    runs = [Month("2024-07-31", 1, 1, {}, {}, ["in all: many"], [], 0, 1.0)] * 3
    found = figures(Outcome(truth, measure, 5, months=runs))
    assert json.loads(json.dumps(found)) == found
    assert "not certified: suspected, held for death" in as_markdown(found)
    assert as_svg(found).endswith("</svg>\n")
