import json
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from gateway.cli.app import main
from gateway.cli.context import as_day, as_instant
from gateway.cli.output import log_time, print_json, print_rows
from gateway.errors import RequestError

MORNING = datetime(2026, 10, 1, 6, 30)  # noqa: DTZ001 - instants are kept as naive Asia/Shanghai times


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine whose time zone is not ours."""
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    "text", ["20260801", "2026-8-1", "2026-02-30", "2026-W31-6", "tomorrow", "２０２６-08-01", ""]
)
def test_what_is_no_day_is_a_request_error_that_names_the_option(text: str) -> None:
    with pytest.raises(RequestError, match="not a day: ") as told:
        as_day(text, "ended_on")
    assert told.value.exit_code == 12
    assert told.value.option.startswith("--ended-on: not a day")


def test_a_day_is_read_and_none_is_none() -> None:
    assert as_day("2026-08-01", "on") == date(2026, 8, 1)
    assert as_day(None, "on") is None


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-08-01", datetime(2026, 8, 1)),  # noqa: DTZ001 - naive Asia/Shanghai
        ("2026-08-01T09:30:00", datetime(2026, 8, 1, 9, 30)),  # noqa: DTZ001 - naive Asia/Shanghai
        ("2026-08-01T01:30:00Z", datetime(2026, 8, 1, 9, 30)),  # noqa: DTZ001 - naive Asia/Shanghai
        (None, None),
    ],
)
def test_an_instant_is_read_as_shanghai_time(text: str | None, instant: datetime | None) -> None:
    assert as_instant(text, "since") == instant


@pytest.mark.parametrize(
    "text", ["20260801", "20260801T0930", "2026-08-01 09:30:00", "2026-08-01T25:00:00", "now"]
)
def test_what_is_no_instant_names_the_option(text: str) -> None:
    with pytest.raises(RequestError) as told:
        as_instant(text, "since")
    assert told.value.option.startswith("--since: not a time")


def test_the_command_line_names_the_option_and_exits_with_12(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["ledger", "resolve", "1", "--outcome", "ineligible", "--ended-on", "20260801"]
    monkeypatch.setattr("sys.argv", ["gateway", *words, "--by", "Li", "--note", "seen"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 12
    assert capsys.readouterr().err.startswith("RequestError --ended-on: not a day: write yyyy-MM-dd")


@pytest.mark.parametrize("name", ["entry", "run", "run_id", "sequence", "version"])
def test_a_number_that_names_something_can_be_given_back(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    print_rows([{name: 1234, "count": 5678}], [name, "count"], as_json=False)
    shown = capsys.readouterr().out
    assert "1234" in shown
    assert "5,678" in shown


def test_json_has_days_as_they_are_and_instants_with_their_offset(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"at": MORNING, "on": date(2026, 10, 1), "utc": datetime(2026, 9, 30, 22, 30, tzinfo=UTC)})
    assert json.loads(capsys.readouterr().out) == {
        "at": "2026-10-01T06:30:00+08:00",
        "on": "2026-10-01",
        "utc": "2026-10-01T06:30:00+08:00",
    }


@pytest.mark.usefixtures("elsewhere")
def test_log_lines_have_shanghai_time_whatever_the_machine_has() -> None:
    naive = datetime(2026, 9, 30, 18, 30)  # noqa: DTZ001 - as logging gives it: the machine's time
    assert log_time(naive).plain == "2026-10-01 06:30:00"
    assert naive.astimezone().utcoffset() == timedelta(hours=-4)
