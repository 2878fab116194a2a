"""What people do leaves no ID number and no name: in the ledger, in held runs, in what commands say."""

import shutil
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from gateway.cli.app import app
from gateway.sandbox.drop import write_drop
from gateway.store.ledger import Wanted, list_entries
from gateway.store.outbox import events_after
from gateway.store.proposals import CHANGES
from gateway.store.runs import list_runs
from gateway.sync.approving import Word, approve_run
from gateway.sync.monthly import run_month
from tests.acceptance.kept import naming, rows_of, stages
from tests.support.site import Digest, Privates, Supplies, Trial, open_trial

NEXT_MONTH = datetime(2026, 11, 1, 6)  # noqa: DTZ001 - the province's local wall time
OCTOBER = date(2026, 10, 31)
BY = ("--by", "officer 7")


@pytest.fixture(scope="module")
def site(
    supplies: Supplies, decided: tuple[Path, Digest], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Trial]:
    """A site that has done September and is strict: two findings of October will hold its run."""
    folder = tmp_path_factory.mktemp("work")
    shutil.copytree(supplies.drop, folder / "drop")
    with open_trial(folder, supplies, start=decided[0], now=NEXT_MONTH) as trial:
        rules = trial.site.config / "policy.yaml"
        content = yaml.safe_load(rules.read_text("utf-8"))
        content["mass_guard"]["min_count"]["value"] = 1
        rules.write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
        write_drop(trial.site.drop, trial.province, trial.keys, until=NEXT_MONTH)
        trial.province.roster_csv(folder / "october.csv", OCTOBER)
        trial.take_roster(folder / "october.csv")
        yield trial


def said(trial: Trial, *words: str) -> str:
    """Everything a command says, the error that ended it included."""
    result = CliRunner().invoke(app, [*words, "--config", str(trial.site.config)])
    return f"{result.output}{result.exception or ''}"


def subjects(trial: Trial) -> list[str]:
    with trial.station.store.read() as conn:
        return sorted({event.subject for event in events_after(conn, 0, 10**6)})


def entries(trial: Trial) -> list[str]:
    with trial.station.store.read() as conn:
        return [str(entry.entry_id) for entry in list_entries(conn, Wanted())]


def statements(benefit_id: str) -> list[tuple[str, ...]]:
    return [
        ("certify", benefit_id, "--on", "2026-10-08", "--method", "home_visit", *BY),
        ("report", "visit", benefit_id, "--on", "2026-10-09", *BY),
        ("report", "death", benefit_id, "--on", "2026-10-10", "--certificate", "99SW000000001", *BY),
        ("statements", "list", benefit_id),
        ("explain", benefit_id),
        ("explain", benefit_id, "--json"),
    ]


def settling(entry: str, other: str) -> list[tuple[str, ...]]:
    return [
        ("ledger", "list", "--json"),
        ("ledger", "assign", entry, "--to", "officer 8", *BY),
        ("ledger", "contact", entry, "--whom", "family", "--result", "nobody at home", *BY),
        ("ledger", "resolve", entry, "--outcome", "eligible", "--note", "seen", "--on", "2026-10-20", *BY),
        ("ledger", "show", entry, "--json"),
        ("ledger", "resolve", other, "--outcome", "ineligible", "--effect", "terminate",
         "--ended-on", "2026-09-20", "--note", "papers seen", *BY),
        ("ledger", "show", other),
    ]  # fmt: skip


def test_what_people_say_and_do_and_what_a_held_run_leaves_names_nobody(
    site: Trial, privates: Privates
) -> None:
    entry, other, *_ = entries(site)
    spoken = [said(site, *words) for words in [*statements(subjects(site)[0]), *settling(entry, other)]]
    assert [text for text in spoken if "Error" in text] == []
    report = run_month(site.station, OCTOBER).decided
    assert report.held
    assert CHANGES in stages(site.data)
    assert naming(site.data, privates) == {}
    assert privates.in_bytes(rows_of(site.station.store)) == 0
    number = str(report.run_id)
    spoken += [repr(report), said(site, "runs", "list", "--json"), said(site, "runs", "show", number)]
    spoken += [said(site, "decide"), said(site, "events", "--after", "0"), said(site, "doctor")]
    approve_run(site.station, report.run_id, Word("officer 7", "looked at"))
    assert naming(site.data, privates) == {}
    assert privates.in_bytes(rows_of(site.station.store)) == 0
    assert sum(map(privates.in_text, spoken)) == 0


@pytest.mark.parametrize(
    "words",
    [
        ("certify", "{}", "--on", "2026-10-08", "--method", "counter", *BY),
        ("certify", "{benefit}", "--on", "2026-10-08", "--method", "counter", "--by", "{}"),
        ("certify", "{benefit}", "--on", "2026-10-08", "--method", "counter", *BY, "--reference", "{}"),
        ("ledger", "assign", "{entry}", "--to", "{}", *BY),
        ("ledger", "contact", "{entry}", "--whom", "self", "--result", "it is {}", *BY),
        ("ledger", "resolve", "{entry}", "--outcome", "eligible", "--note", "seen: {}", *BY),
        ("runs", "approve", "{run}", "--reason", "about {}", *BY),
        ("runs", "discard", "{run}", "--reason", "{}", *BY),
        ("explain", "{}"),
    ],
    ids=lambda words: " ".join(words[:2]),
)
def test_an_id_number_that_somebody_types_is_refused_kept_nowhere_and_not_repeated(
    site: Trial, privates: Privates, words: tuple[str, ...]
) -> None:
    known = names_of(site)
    for number in (site.province.people[0].id_number, site.province.people[1].id_number[:6] + "500101001"):
        text = said(site, *(word.replace("{}", number).format(**known) for word in words))
        assert text
        assert (number in text) is False
        assert (number.encode() in rows_of(site.station.store)) is False
    assert naming(site.data, privates) == {}


def names_of(trial: Trial) -> dict[str, Any]:
    with trial.station.store.read() as conn:
        latest = list_runs(conn, limit=1)[0].run_id
    return {"benefit": subjects(trial)[1], "entry": entries(trial)[0], "run": latest}
