"""What the commands say of refusals, of retries, and of what was declared against what came."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from gateway.cli import refusals as refusal_commands
from gateway.cli import runs as run_commands
from gateway.cli.app import app
from gateway.errors import NotFoundError, RequestError
from gateway.sandbox.faults import FaultKind
from tests.acceptance.test_refusals import SETTLEMENTS, STARTED, read_with_the_fault, refused
from tests.support.site import Privates, Trial

Run = Callable[..., Result]


@pytest.fixture
def run(insurance: Trial, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A command line at a site that reads medical insurance."""
    for module in (refusal_commands, run_commands):
        monkeypatch.setattr(module, "open_station", lambda _config: insurance.station)

    def called(*words: str) -> Result:
        return CliRunner().invoke(app, list(words))

    return called


def rows(result: Result) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.exception
    return [json.loads(line) for line in result.stdout.splitlines()]


def one(result: Result) -> dict[str, Any]:
    (row,) = rows(result)
    return row


def test_from_the_groups_to_one_row_to_a_retry(
    run: Run, insurance: Trial, privates: Privates, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = read_with_the_fault(insurance, monkeypatch)
    group = ("--dataset", SETTLEMENTS, "--rule", "date_form", "--field", STARTED)
    largest = rows(run("refusals", "list", "--grouped", "--json"))[0]
    assert (largest["field"], largest["rule"], largest["count"]) == (STARTED, "date_form", count)
    assert largest["means"].startswith("The value is no date")
    assert "settled" not in largest
    shown = one(run("refusals", "show", *group, "--json"))
    assert (shown["count"], shown["open"], shown["settled"]) == (count, count, 0)
    assert "data dictionary" in shown["do"]
    assert [place["run_id"] for place in shown["windows"]] == [insurance.latest_run().run_id]
    planned = rows(run("refusals", "retry", *group, "--dry-run", "--json"))
    assert [(each["dataset"], each["refusals"], each["state"]) for each in planned] == [
        (SETTLEMENTS, count, "would be read")
    ]
    told = run("refusals", "retry", *group)
    assert told.exit_code == 0
    assert f"{count:,} of {count:,} refusals were retried" in told.stdout
    assert f"{count:>10,}  are accepted now" in told.stdout
    assert "then decide by them: `gateway decide`" in told.stdout
    assert "nothing to read again" in run("refusals", "retry", *group).stdout
    assert rows(run("refusals", "list", *group, "--json")) == []
    settled = rows(run("refusals", "list", *group, "--all", "--json"))[0]
    assert settled["outcome"] == "accepted"
    text = run("refusals", "show", settled["key_hash"]).stdout
    assert "settled: the same row was read again and taken" in text
    assert privates.in_text(text + told.stdout) == 0


def test_a_retry_in_json_counts_what_became_of_each(
    run: Run, insurance: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = read_with_the_fault(insurance, monkeypatch)
    others = refused_in_all(run) - count
    report = one(run("refusals", "retry", "--json"))
    assert (report["asked"], report["retried"], report["accepted"]) == (count + others, count + others, count)
    assert (report["refused_again"], report["not_seen"]) == (others, 0)
    assert sum(each["count"] for each in report["still"]) == others == refused_in_all(run)
    assert all(each["means"] and each["do"] for each in report["still"])
    assert refused(insurance) == 0


def refused_in_all(run: Run) -> int:
    return sum(group["count"] for group in rows(run("refusals", "list", "--grouped", "--json")))


@pytest.mark.parametrize(
    ("words", "error", "said"),
    [
        ((), RequestError, "say which: a key hash"),
        (("ab",), RequestError, "at least 6 characters"),
        (("abcdef0123",), NotFoundError, "no refusal fits"),
    ],
)
def test_what_cannot_be_shown_says_what_to_ask(
    run: Run, words: tuple[str, ...], error: type[Exception], said: str
) -> None:
    failed = run("refusals", "show", *words).exception
    assert type(failed) is error
    assert said in str(failed)


def test_help_says_that_rows_are_read_again_because_none_is_kept(run: Run) -> None:
    said = " ".join(run("refusals", "retry", "--help").stdout.split())
    assert "Rows are never kept" in said
    assert "Example: gateway refusals retry" in said


def test_a_run_shows_what_was_declared_against_what_came(run: Run, insurance: Trial) -> None:
    insurance.hub.faults.add(FaultKind.SHORT_PAGE, SETTLEMENTS, times=3, value=7)
    insurance.sync()
    run_id = str(insurance.latest_run().run_id)
    shown = one(run("runs", "show", run_id, "--json"))
    short, whole = sorted(shown["windows"], key=lambda window: window["dataset"])
    assert (short["dataset"], short["state"], short["received"], short["distinct"]) == (
        SETTLEMENTS,
        "short",
        7,
        7,
    )
    assert (short["missing"], short["attempt"]) == (short["declared"] - 7, 3)
    assert short["accepted"] + short["refused"] == 7
    assert (whole["state"], whole["missing"], whole["distinct"]) == ("closed", 0, whole["declared"])
    assert whole["accepted"] + whole["refused"] == whole["received"]
    text = " ".join(run("runs", "show", run_id).stdout.split())
    assert f"is short: {short['declared']:,} declared, 7 different rows came" in text
    assert text.count("different rows came") == 1
