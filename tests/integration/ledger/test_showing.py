"""What the commands show of an entry, of the benefit and of the run that its outcome made."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from typer.testing import CliRunner

from gateway.cli import certify, explain, ledger, runs
from gateway.cli.app import app
from gateway.store.runs import finish_run, list_runs
from tests.integration.ledger.conftest import DIED_ON
from tests.integration.ledger.office import Office

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
