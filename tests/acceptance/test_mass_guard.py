"""A run that looks like a mass error is decided, and not one word of it leaves before a person looked."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import yaml

from gateway.cli.app import main
from gateway.errors import RunHeld
from gateway.store.ledger import entries_of
from gateway.store.parts import live_parts
from gateway.store.runs import unpublished
from gateway.sync.approving import Word, approve_run, discard_run
from gateway.sync.monthly import run_month
from tests.acceptance.cast import (
    AFTER_OCTOBER,
    LATER,
    LI,
    OCTOBER,
    REGISTER,
    SEPTEMBER,
    WANG,
    Somebody,
)
from tests.acceptance.desk import decided, everything_told, october, open_desk, run
from tests.support.site import Supplies, Trial, put

WORD = Word("chen", "the department confirmed it")
SUSPECTED = [(about.benefit_id, "eligibility.suspected") for about in (WANG, LI)]
Gateway = Callable[..., tuple[int, str, str]]


@pytest.fixture
def desk(supplies: Supplies, tmp_path: Path) -> Iterator[Trial]:
    """A site with Wang and Li on the roster, where two findings are a mass."""
    with open_desk(tmp_path, supplies) as trial:
        file = trial.site.config / "policy.yaml"
        rules = yaml.safe_load(file.read_text("utf-8"))
        rules["mass_guard"]["min_count"]["value"] = 1
        file.write_text(yaml.safe_dump(rules, allow_unicode=True), "utf-8")
        yield trial


@pytest.fixture
def corrupted(desk: Trial) -> Trial:
    """September was quiet; in October the register cancels everybody, and the run is held."""
    run(desk, SEPTEMBER)
    for number, about in enumerate((WANG, LI)):
        cancelled(desk, about, number)
    october(desk)
    return desk


@pytest.fixture
def gateway(desk: Trial, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Gateway:
    """A command as an operator types it: its exit code, its output and what it says."""

    def typed(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["gateway", *words, "--config", str(desk.site.config)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return typed


def cancelled(desk: Trial, about: Somebody, number: int, op: str = "I", loaded_at: datetime = LATER) -> None:
    put(desk.province, REGISTER, loaded_at, op, RKBS=f"99RK{number}", GMSFHM=about.id_number, XM=about.name,
        ZXLB="01", SWRQ="20260820", SLSJ="2026-10-04 09:00:00")  # fmt: skip


def test_nothing_of_a_held_run_is_told_decided_or_entered_in_the_ledger(corrupted: Trial) -> None:
    held = corrupted.latest_run()
    assert (held.kind, held.state) == ("decide", "held")
    why = "100.0 % of 2 benefits, allowed 0.3 % and more than 3 times the median 0 of the last run"
    scopes = ("in all", "household_cancellations", "county 990101")
    assert held.reason == "; ".join(f"{scope}: 2 new suspicions, {why}" for scope in scopes)
    assert everything_told(corrupted) == []
    assert decided(corrupted, WANG) == decided(corrupted, LI) == ("certified", None)
    with corrupted.station.store.read() as conn:
        assert entries_of(conn, [1, 2]) == []


def test_no_later_run_overtakes_a_held_one_and_a_sync_still_works(corrupted: Trial) -> None:
    for later in (lambda: corrupted.decide(OCTOBER), lambda: run_month(corrupted.station, OCTOBER)):
        with pytest.raises(RunHeld, match="is held and nothing overtakes it: see `gateway runs show"):
            later()
    assert corrupted.latest_run().state == "held"
    assert corrupted.sync().exit_code == 0


def test_an_approved_run_is_published_as_it_was_decided_and_said_once(corrupted: Trial) -> None:
    held = corrupted.latest_run()
    approve_run(corrupted.station, held.run_id, WORD)
    assert everything_told(corrupted) == SUSPECTED
    assert decided(corrupted, WANG) == ("suspected", "death")
    with corrupted.station.store.read() as conn:
        assert [entry.cause for entry in entries_of(conn, [1, 2])] == ["death", "death"]
        assert [*live_parts(conn, "proposed"), *live_parts(conn, "changes")] == []
    again = corrupted.decide(OCTOBER)
    assert (again.changed, again.held) == (0, ())
    assert everything_told(corrupted) == SUSPECTED


def test_a_discarded_run_leaves_no_trace_once_the_department_took_its_rows_back(corrupted: Trial) -> None:
    for number, about in enumerate((WANG, LI)):
        cancelled(corrupted, about, number, "D", AFTER_OCTOBER + timedelta(hours=1))
    corrupted.clock.now = AFTER_OCTOBER + timedelta(days=1)
    corrupted.sync()
    with corrupted.station.store.read() as conn:
        held = unpublished(conn)
    assert held
    discard_run(corrupted.station, held.run_id, WORD)
    report = corrupted.decide(OCTOBER)
    assert (report.changed, report.held) == (0, ())
    assert everything_told(corrupted) == []
    assert decided(corrupted, WANG) == ("certified", None)


def test_the_first_run_there_is_is_held_when_it_finds_many(desk: Trial) -> None:
    for number, about in enumerate((WANG, LI)):
        cancelled(desk, about, number)
    october(desk)
    held = desk.latest_run()
    assert (held.reason or "").startswith("2 findings, more than 1, in the first run there is; ")


def test_an_operator_sees_why_a_run_is_held_and_lets_it_out(corrupted: Trial, gateway: Gateway) -> None:
    run_id = str(corrupted.latest_run().run_id)
    code, _, said = gateway("decide", "--as-of", "2026-10-31")
    assert (code, said.count("\n")) == (40, 1)
    assert said.startswith(f"RunHeld run {run_id}, as of 2026-10-31, is held")
    _, shown, _ = gateway("runs", "show", run_id)
    assert "held: household_cancellations: 2 new suspicions, 100.0 % of 2 benefits" in shown
    assert "by dataset: household_cancellations 2" in shown
    code, _, said = gateway("runs", "approve", run_id, "--reason", WORD.reason, "--by", WORD.by)
    assert (code, f"run {run_id} is published" in said) == (0, True)
    assert everything_told(corrupted) == SUSPECTED
    _, listed, _ = gateway("runs", "list", "--limit", "1", "--json")
    assert json.loads(listed)["state"] == "done"
    _, shown, _ = gateway("runs", "show", run_id, "--json")
    assert json.loads(shown)["summary"]["approval"]["by"] == WORD.by
    assert gateway("runs", "discard", run_id, "--reason", "too late")[0] == 12


def test_a_run_that_is_held_says_so_with_an_alarm_and_its_own_exit_code(
    desk: Trial, gateway: Gateway
) -> None:
    for number, about in enumerate((WANG, LI)):
        cancelled(desk, about, number)
    desk.clock.now = AFTER_OCTOBER
    desk.sync()
    code, printed, said = gateway("decide", "--as-of", "2026-10-31", "--json")
    assert code == RunHeld.exit_code
    assert len(json.loads(printed)["held"]) == 4
    assert said.count("ALARM run ") == 4
    assert "then `gateway runs approve` or `discard` it" in said
