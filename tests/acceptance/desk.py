"""A desk whose departments load nothing but what a test puts there, and what comes of it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

from gateway.sandbox.drop import write_drop
from gateway.sandbox.province import Province
from gateway.store.decisions import current
from gateway.store.outbox import StoredEvent, events_about, events_after
from tests.acceptance.cast import (
    AFTER_OCTOBER,
    LI,
    OCTOBER,
    REGISTER,
    WANG,
    Somebody,
)
from tests.support.site import START, Supplies, Trial, open_trial, put, records_of, write_roster


@contextmanager
def open_desk(folder: Path, supplies: Supplies) -> Iterator[Trial]:
    """A site with Wang and Li on the roster."""
    roster = write_roster(folder / "roster.csv", WANG.on_roster(), LI.on_roster())
    own = Supplies(Province(1, 0, START, history_months=1), supplies.keys, roster, folder / "empty")
    own.drop.mkdir()
    with open_trial(folder, own) as trial:
        trial.take_roster(roster)
        yield trial


def run(trial: Trial, as_of: date) -> None:
    """The monthly job, with justice's files of the month in their folder."""
    write_drop(trial.site.drop, trial.province, trial.keys, until=trial.clock.now)
    report = trial.sync()
    assert (report.exit_code, report.warnings) == (0, [])
    trial.decide(as_of)


def october(trial: Trial) -> None:
    """Let October pass and do its run."""
    trial.clock.now = AFTER_OCTOBER
    run(trial, OCTOBER)


def people(trial: Trial, dataset: str = REGISTER, key: str = "99RK1") -> list[str | None]:
    """Whom the live records of a row are about, by the roster's number."""
    return [record["person_no"] for record in records_of(trial, dataset, key)]


def decided(trial: Trial, about: Somebody) -> tuple[str, str | None]:
    """Decision and reason."""
    with trial.station.store.read() as conn:
        found = current(conn, about.benefit_id)
    assert found
    return found.decision, found.reason


def told(trial: Trial, about: Somebody) -> list[str]:
    """The types of the events about somebody, in order, without their common prefix."""
    with trial.station.store.read() as conn:
        return [_type(event) for event in events_about(conn, about.benefit_id)]


def data_of(trial: Trial, about: Somebody) -> list[dict[str, Any]]:
    """The events about somebody, in order: their data, with their own id beside it."""
    with trial.station.store.read() as conn:
        found = events_about(conn, about.benefit_id)
    return [{**json.loads(event.body)["data"], "id": event.event_id} for event in found]


def everything_told(trial: Trial) -> list[tuple[str, str]]:
    """Every event there is: about which benefit, and of which type."""
    with trial.station.store.read() as conn:
        events = events_after(conn, 0, 10**6)
    return sorted((event.subject, _type(event)) for event in events)


def _type(event: StoredEvent) -> str:
    return event.type.removeprefix("cn.hunan.rst.")


def certificate(
    province: Province, about: Somebody, loaded_at: datetime, op: str = "I", **fields: str
) -> None:
    put(province, "death_certificates", loaded_at, op, **{
        "SWZMBH": "99SW1", "GMSFHM": about.id_number, "XM": about.name, "SWRQ": "20260820",
        "QFRQ": "20260821", "CANCEL_STATUS": "0"} | fields)  # fmt: skip


def cremation(province: Province, about: Somebody, loaded_at: datetime) -> None:
    """One that rests on the medical certificate."""
    put(province, "cremations", loaded_at, CERT_NO="99HH1", NAME=about.name, ID_CARD=about.id_number,
        DEATH_TIME="2026-08-20 08:00:00", CREMATION_TIME="2026-08-22 10:00:00", SWZMBH="99SW1")  # fmt: skip


def declaration(province: Province, about: Somebody, loaded_at: datetime, number: str, **fields: str) -> None:
    put(province, "declarations", loaded_at, AH=number, SFZH=about.id_number, XM=about.name,
        PJRQ=f"{loaded_at:%Y%m%d}", **fields)  # fmt: skip


def marriage(province: Province, loaded_at: datetime, op: str, kind: str) -> None:
    """Wang and Li."""
    put(province, "marriages", loaded_at, op, cert_no="99HY1", op_type=kind, op_date="20260901",
        name_man=WANG.name, cert_num_man=WANG.id_number, id_type_man="1",
        name_woman=LI.name, cert_num_woman=LI.id_number, id_type_woman="1")  # fmt: skip
