"""What the commands show of an entry, of the benefit and of the run that its outcome made."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from typer.testing import CliRunner

from gateway.cli import certify, explain, ledger, runs
from gateway.cli.app import app
from gateway.errors import NotFoundError
from gateway.store.ledger import open_or_update
from gateway.store.runs import finish_run, list_runs
from gateway.sync.explaining import as_json, explanation_of
from gateway.sync.ledger import assign
from tests.integration.ledger.conftest import DIED_ON
from tests.integration.ledger.office import DELETED, TODAY, Office
from tests.integration.store.test_ledger import DEATH

Show = Callable[..., str]


@pytest.fixture
def show(suspected: Office, monkeypatch: pytest.MonkeyPatch) -> Show:
    """A command line at the office, the day after B1 was suspected of a death."""
    for module in (certify, explain, ledger, runs):
        monkeypatch.setattr(module, "open_station", lambda _config: suspected.station)

    def said(*words: str) -> str:
        done = CliRunner().invoke(app, list(words), catch_exceptions=False)
        assert done.exit_code == 0, done.stderr
        return done.stdout

    return said


def test_a_run_of_the_ledger_says_what_it_told_and_for_which_entry(suspected: Office, show: Show) -> None:
    suspected.resolve(suspected.entries()[0], "eligible")
    [number] = [json.loads(line)["run"] for line in show("runs", "list", "--json").splitlines()][:1]
    shown = show("runs", "show", str(number))
    assert "1 × cn.hunan.rst.eligibility.suspicion.cleared" in shown
    assert "ledger-1" in shown
    summary = json.loads(show("runs", "show", str(number), "--json"))["summary"]
    assert summary["events"] == {"cn.hunan.rst.eligibility.suspicion.cleared": 1}


@pytest.mark.parametrize(
    ("summary", "said"),
    [
        ({"why": "ledger-1", "events": ["a.b", "a.b", "c.d"]}, "2 × a.b"),
        ({"events": None, "findings": None, "held": None}, "done"),
        ({"findings": {"suspicions": {"in_all": 3}}}, "new suspicions: 3"),
        ({"something": ["else"]}, "done"),
        (None, "done"),
    ],
)
def test_a_run_with_another_summary_is_shown_too(
    suspected: Office, show: Show, summary: dict[str, Any] | None, said: str
) -> None:
    with suspected.station.store.begin() as conn:
        number = list_runs(conn, 1)[0].run_id
        finish_run(conn, number, "done", suspected.clock.now, summary=summary)
    assert said in show("runs", "show", str(number))


def test_runs_are_listed_by_kind(suspected: Office, show: Show) -> None:
    suspected.resolve(suspected.entries()[0], "eligible")
    every = [json.loads(line)["kind"] for line in show("runs", "list", "--json").splitlines()]
    some = [
        json.loads(line)["kind"] for line in show("runs", "list", "--kind", "decide", "--json").splitlines()
    ]
    assert set(some) == {"decide"} < set(every)


def test_instants_in_json_have_their_offset(show: Show) -> None:
    assert json.loads(show("runs", "list", "--limit", "1", "--json"))["started_at"].endswith("+08:00")
    assert json.loads(show("ledger", "show", "1", "--json"))["history"][0]["at"].endswith("+08:00")
    assert json.loads(show("explain", "B1", "--json"))["decided_at"].endswith("+08:00")


def test_entries_are_listed_by_benefit_and_by_who_is_to_verify(suspected: Office, show: Show) -> None:
    with suspected.station.store.begin() as conn:
        open_or_update(conn, 1, suspected.clock.now, TODAY, [replace(DEATH, benefit_id="B2")])
    assign(suspected.station, 2, "Li", "Wang")

    def listed(*words: str) -> list[str]:
        lines = show("ledger", "list", "--json", *words).splitlines()
        return [json.loads(line)["benefit_id"] for line in lines]

    assert listed() == ["B1", "B2"]
    assert listed("--benefit", "B1") == ["B1"]
    assert listed("--assignee", "Li") == ["B2"]
    assert listed("--assignee", "Li", "--benefit", "B1") == []


@pytest.mark.usefixtures("show")
@pytest.mark.parametrize(
    "words",
    [
        ("ledger", "show", "99999999999999999999"),
        ("ledger", "list", "--after", "99999999999999999999"),
        ("ledger", "list", "--limit", "99999999999999999999"),
        ("runs", "show", "99999999999999999999"),
        ("runs", "list", "--limit", "99999999999999999999"),
        ("refusals", "list", "--limit", "99999999999999999999"),
        ("outreach", "--limit", "99999999999999999999"),
        ("events", "--after", "99999999999999999999"),
    ],
)
def test_a_number_that_no_database_holds_is_named(words: tuple[str, ...]) -> None:
    done = CliRunner().invoke(app, [*words])
    assert done.exit_code == 2
    assert "9223372036854775807" in done.stderr


@pytest.mark.parametrize("words", [("ledger", "show"), ("runs", "show")])
def test_the_largest_number_that_is_taken_is_looked_for(show: Show, words: tuple[str, ...]) -> None:
    with pytest.raises(NotFoundError):
        show(*words, str(2**63 - 1))


def lines(said: str) -> list[str]:
    return [line.strip() for line in said.splitlines()]


def test_a_suspicion_is_explained_with_the_entry_that_holds_it(suspected: Office, show: Show) -> None:
    said = lines(show("explain", "B1"))
    assert "held until a person closes it: death, ledger entry 1" in said
    assert "would change it: a person closes the verification of death, ledger entry 1" in said
    assert "ledger entry 1: death, open since 2026-10-01" in said
    assign(suspected.station, 1, "Li", "Wang")
    assert "ledger entry 1: death, open since 2026-10-01, with Li" in lines(show("explain", "B1"))


def test_after_a_confirmed_loss_nothing_is_left_to_close(suspected: Office, show: Show) -> None:
    suspected.resolve(suspected.entries()[0], "ineligible", effect="terminate", ended_on=DIED_ON)
    for _ in range(2):
        said = show("explain", "B1")
        assert "held: death, a person confirmed the loss, ledger entry 1" in said
        assert (
            "ledger entry 1: death, closed as ineligible on 2026-10-02, terminate, ended on 2026-09-10"
            in said
        )
        assert "a person closes" not in said
        suspected.decide()
    [entry] = json.loads(show("explain", "B1", "--json"))["ledger"]
    assert {name: entry[name] for name in ("entry", "cause", "state", "outcome", "effect", "ended_on")} == {
        "entry": 1,
        "cause": "death",
        "state": "closed",
        "outcome": "ineligible",
        "effect": "terminate",
        "ended_on": "2026-09-10",
    }


def test_after_a_duplicate_the_evidence_holds_and_the_entry_can_be_resolved_otherwise(
    suspected: Office, show: Show
) -> None:
    suspected.resolve(suspected.entries()[0], "duplicate")
    said = lines(show("explain", "B1"))
    assert "held while its evidence stands: death, ledger entry 1 is closed as duplicate" in said
    change = "a person resolves it otherwise: death, ledger entry 1 is closed as duplicate"
    assert f"would change it: {change}" in said
    assert change in json.loads(show("explain", "B1", "--json"))["would_change"]
    suspected.resolve(suspected.entries(state="all")[0], "eligible")
    assert "held" not in show("explain", "B1")


def test_a_duplicate_whose_ground_has_ended_holds_until_the_next_run(suspected: Office, show: Show) -> None:
    suspected.evidence("B1", "certificate-1", **DELETED)
    suspected.decide()
    suspected.resolve(suspected.entries()[0], "duplicate")
    assert "held until the next run decides it anew: death, ledger entry 1" in show("explain", "B1")
    suspected.decide()
    assert "held" not in show("explain", "B1")


def test_what_is_explained_over_http_is_what_the_command_says(suspected: Office, show: Show) -> None:
    found = explanation_of(suspected.station.store, "B1")
    assert found
    told = json.loads(show("explain", "B1", "--json"))
    assert [entry["entry"] for entry in told["ledger"]] == [1]
    assert told["would_change"] == as_json(found)["would_change"]


def test_a_benefit_that_is_not_there_is_not_found(show: Show) -> None:
    for benefit_id in ("B9", "\udcff"):
        with pytest.raises(NotFoundError, match="no decision about that benefit"):
            show("explain", benefit_id)
