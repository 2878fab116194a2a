import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from gateway.cli import subscriptions
from gateway.cli.app import app
from gateway.errors import NotFoundError, RequestError
from tests.integration.ledger.office import open_office

SINK = "https://receiver.example/events"
Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    secret = tmp_path / "serve.secret"
    secret.touch(mode=0o600)
    secret.write_text("synthetic" * 8, "ascii")
    with open_office(tmp_path) as office:
        settings = office.station.settings
        serve = settings.gateway.serve.model_copy(update={"secret": f"file:{secret}"})
        gateway = settings.gateway.model_copy(update={"serve": serve})
        station = replace(office.station, settings=settings.model_copy(update={"gateway": gateway}))
        monkeypatch.setattr(subscriptions, "open_station", lambda _config: station)

        def called(*words: str) -> Result:
            return CliRunner().invoke(app, ["subscriptions", *words])

        yield called


def added(run: Run, *words: str) -> dict[str, Any]:
    result = run("add", SINK, "--json", *words)
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_a_receiver_is_subscribed_and_its_secret_printed_once(run: Run) -> None:
    made = added(run, "--type", "a", "--type", "b", "--allow", "10.20.0.0/16", "--batch-size", "50")
    assert made["secret"].startswith("whsec_")
    shown = run("show", made["id"], "--json").stdout
    assert json.loads(shown)["filters"] == [{"any": [{"exact": {"type": "a"}}, {"exact": {"type": "b"}}]}]
    assert "whsec_" not in shown + run("list").stdout + run("show", made["id"]).stdout


def test_a_person_reads_the_secret_in_a_line_of_its_own(run: Run) -> None:
    lines = run("add", SINK, "--signature", "ed25519").stdout.splitlines()
    assert lines[0].endswith(" is pending")
    assert "whpk_" in lines[1]


def test_a_subscription_is_changed_paused_resumed_and_removed(run: Run) -> None:
    name = added(run, "--county", "990101")["id"]
    filters = json.dumps([{"prefix": {"type": "cn.hunan."}}])
    changed = json.loads(run("change", name, "--rate", "2.5", "--filters", filters, "--json").stdout)
    assert (changed["rate_per_second"], changed["counties"]) == (2.5, ["990101"])
    assert changed["filters"] == json.loads(filters)
    assert run("pause", name).stdout.strip() == f"{name} is paused"
    assert [json.loads(line)["id"] for line in run("list", "--state", "paused", "--json").stdout.splitlines()]
    assert run("resume", name).stdout.strip() == f"{name} is pending"
    assert run("remove", name).exit_code == 0
    assert isinstance(run("show", name).exception, NotFoundError)


def test_a_secret_is_rotated(run: Run) -> None:
    made = added(run)
    rotated = json.loads(run("rotate-secret", made["id"], "--grace-hours", "2", "--json").stdout)
    assert rotated["secret"] != made["secret"]
    assert [each["until"] for each in rotated["secrets"]] == [None, "2026-10-01T11:00:00+08:00"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--filters", "{}"), "--filters: is no JSON list"),
        (("--filters", "[" * 100_000), "--filters: is no JSON list"),
        (("--filters", '[{"sql": "x"}]'), "--filters: a filter is an object with one of"),
        (("--allow", "10.0.0.1"), None),
        (("--allow", "10.0.0.1/8"), "--allow: '10.0.0.1/8' is not a network"),
        (("--from", "then"), "--from: is no cursor of this gateway"),
    ],
)
def test_what_cannot_be_is_refused_by_the_option(run: Run, words: tuple[str, str], said: str | None) -> None:
    result = run("add", SINK, *words)
    if said is None:
        assert result.exit_code == 0
        return
    assert isinstance(result.exception, RequestError)
    assert result.exception.option.startswith(said)


def test_a_change_names_what_is_to_change(run: Run) -> None:
    name = added(run)["id"]
    assert "name what is to change" in str(run("change", name).exception)
