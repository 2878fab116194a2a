import json
from collections.abc import Iterator
from getpass import getuser
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.cli import consumers as consumers_command
from gateway.cli import events as events_command
from gateway.cli.app import app
from gateway.cli.context import LARGEST
from gateway.crypto.serving import ServingKeys
from gateway.errors import RequestError
from gateway.store import audit
from gateway.store.consumers import create
from tests.integration.ledger.office import Office, open_office
from tests.integration.web.outbox import NOW, tell

KEYS = ServingKeys(bytes(32))


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    with open_office(tmp_path) as found:
        for module in (events_command, consumers_command):
            monkeypatch.setattr(module, "open_station", lambda _config: found.station)
            monkeypatch.setattr(module, "load_serving_keys", lambda _secret: KEYS)
        tell(found.station.store, *"abc")
        with found.station.store.begin() as conn:
            create(conn, "pensions", None, 0, NOW)
        yield found


def said(*words: str) -> list[dict[str, object]]:
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    return [json.loads(line) for line in done.output.splitlines()]


@pytest.mark.usefixtures("office")
@pytest.mark.parametrize("after", ["2", KEYS.cursor(2)])
def test_events_are_printed_after_a_number_or_a_cursor(after: str) -> None:
    assert [event["id"] for event in said("events", "--after", after)] == ["c"]


@pytest.mark.usefixtures("office")
@pytest.mark.parametrize("after", ["x", "-1"])
def test_what_is_neither_a_number_nor_a_cursor_is_one_clear_line(after: str) -> None:
    done = CliRunner().invoke(app, ["events", f"--after={after}"])
    assert isinstance(done.exception, RequestError)
    assert done.exception.option.startswith("--after: ")


@pytest.mark.usefixtures("office")
def test_a_number_that_no_event_has_is_told_with_the_highest_there_is() -> None:
    done = CliRunner().invoke(app, ["events", f"--after={2**64}"])
    assert done.exit_code == 2
    assert str(LARGEST) in done.output


@pytest.mark.parametrize(
    ("words", "lag"),
    [
        (("--to", "now"), 0),
        (("--to", "earliest"), 3),
        (("--to", KEYS.cursor(1)), 2),
        (("--sequence", "3"), 1),
        (("--at", "2026-10-01"), 3),
    ],
)
def test_a_consumer_is_put_elsewhere_listed_with_its_lag_and_audited(
    office: Office, words: tuple[str, str], lag: int
) -> None:
    done = CliRunner().invoke(app, ["consumers", "seek", "pensions", *words])
    assert done.exit_code == 0, done.output
    (found,) = said("consumers", "list", "--json")
    assert (found["name"], found["lag"], found["sequence"]) == ("pensions", lag, 3 - lag)
    with office.station.store.read() as conn:
        (entry,) = audit.list_entries(conn, audit.Wanted(subject="pensions"))
    assert (entry.action, entry.actor) == ("consumer.sought", getuser())
    assert entry.details == {"from": 0, "to": 3 - lag}


@pytest.mark.usefixtures("office")
@pytest.mark.parametrize(
    "words", [("--sequence", "9"), ("--to", "x"), (), ("--to", "now", "--sequence", "1")]
)
def test_a_place_that_is_none_is_refused(words: tuple[str, ...]) -> None:
    assert isinstance(
        CliRunner().invoke(app, ["consumers", "seek", "pensions", *words]).exception, RequestError
    )
