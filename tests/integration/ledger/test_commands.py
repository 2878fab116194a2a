import json
from collections.abc import Callable

import pytest
from typer.testing import CliRunner, Result

from gateway.cli import certify, ledger
from gateway.cli.app import app
from gateway.errors import RequestError
from gateway.store.ledger import open_or_update
from tests.integration.ledger.office import TODAY, Office
from tests.integration.store.test_ledger import DEATH

Run = Callable[..., Result]


@pytest.fixture
def run(office: Office, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A command line at an office with one open entry."""
    with office.station.store.begin() as conn:
        open_or_update(conn, 1, office.clock.now, TODAY, [DEATH])
    for module in (ledger, certify):
        monkeypatch.setattr(module, "open_station", lambda _config: office.station)

    def called(*words: str) -> Result:
        return CliRunner().invoke(app, list(words))

    return called


def test_an_entry_is_worked_on_with_commands(run: Run) -> None:
    listed = json.loads(run("ledger", "list", "--json").stdout)
    assert {
        name: listed[name] for name in ("entry", "benefit_id", "cause", "state", "opened_on", "outcome")
    } == {
        "entry": 1,
        "benefit_id": "B1",
        "cause": "death",
        "state": "open",
        "opened_on": "2026-10-01",
        "outcome": None,
    }
    assert run("ledger", "assign", "1", "--to", "Li", "--by", "Wang").exit_code == 0
    spoken = ("--whom", "employer", "--result", "on leave", "--by", "Li", "--on", "2026-09-30")
    assert run("ledger", "contact", "1", *spoken).exit_code == 0
    closing = ("--outcome", "duplicate", "--by", "Li", "--note", "see entry 2", "--json")
    assert json.loads(run("ledger", "resolve", "1", *closing).stdout) == {
        "entry": 1,
        "outcome": "duplicate",
        "events": [],
    }
    shown = run("ledger", "show", "1").stdout
    assert all(word in shown for word in ("opened", "assigned", "contacted", "on leave", "resolved"))
    assert run("ledger", "list", "--json").stdout == ""
    assert len(json.loads(run("ledger", "show", "1", "--json").stdout)["history"]) == 4


def test_late_entries_are_listed(run: Run, office: Office) -> None:
    assert run("ledger", "list", "--late", "--json").stdout == ""
    office.on(TODAY.replace(month=11))
    assert json.loads(run("ledger", "list", "--late", "--json").stdout)["entry"] == 1


def test_statements_are_made_listed_and_taken_back(run: Run) -> None:
    certified = ("B1", "--on", "2026-09-20", "--method", "home_visit", "--by", "Li", "--json")
    first = json.loads(run("certify", *certified).stdout)
    assert (first["dataset"], first["state"]) == ("certifications", "accepted")
    told = run(
        "report", "death", "B1", "--on", "2026-09-21", "--latest", "--certificate", "D-1", "--by", "Wu"
    )
    assert "is accepted" in told.stdout
    assert run("report", "visit", "B1", "--on", "2026-09-22").exit_code == 0
    gone = run("statements", "withdraw", first["statement"], "--by", "Li", "--json")
    assert json.loads(gone.stdout)["state"] == "withdrawn"
    listed = [json.loads(line) for line in run("statements", "list", "B1", "--json").stdout.splitlines()]
    assert sorted((each["dataset"], each["state"]) for each in listed) == [
        ("certifications", "withdrawn"),
        ("community_reports", "accepted"),
        ("community_visits", "accepted"),
    ]


def test_what_cannot_be_done_is_an_error_of_its_own(run: Run) -> None:
    said = run("certify", "B1", "--on", "2026-09-20", "--method", "telepathy", "--by", "Li")
    assert isinstance(said.exception, RequestError)
    assert said.exception.exit_code == 12


def test_half_a_character_is_an_error_of_its_own(run: Run) -> None:
    for words in (("statements", "list", "\udcff"), ("ledger", "list", "--cause", "\udcff")):
        assert isinstance(run(*words).exception, RequestError)


def test_a_day_that_has_not_come_is_named_as_its_option(run: Run) -> None:
    said = run("certify", "B1", "--on", "2027-01-01", "--method", "counter", "--by", "Li").exception
    assert isinstance(said, RequestError)
    assert said.option.startswith("--on: 2027-01-01 is in the future")
