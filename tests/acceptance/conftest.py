from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.sandbox.drop import write_drop
from gateway.sandbox.id_numbers import with_bad_check_digit
from gateway.sandbox.keys import write_keys
from gateway.sandbox.province import Province
from gateway.sync.monthly import run_month
from tests.support.site import AS_OF, NOW, START, Digest, Privates, Supplies, Trial, open_trial, put

SEED = 7
PEOPLE = 70
BROKEN_KEY = "99SL-BROKEN"


@pytest.fixture(scope="session")
def supplies(tmp_path_factory: pytest.TempPathFactory) -> Supplies:
    """Province, keys, roster and dropped files, made once and only ever read."""
    folder = tmp_path_factory.mktemp("supplies")
    province = Province(SEED, PEOPLE, START, history_months=6)
    province.advance(NOW)
    _add_what_chance_left_out(province)
    keys = write_keys(folder / "keys")
    write_drop(folder / "drop", province, keys, until=NOW)
    province.roster_csv(folder / "roster.csv", AS_OF)
    return Supplies(province, folder / "keys", folder / "roster.csv", folder / "drop")


def _add_what_chance_left_out(province: Province) -> None:
    """A judgment, so that every envelope carries rows; rows in justice's files; a wrong check digit."""
    person, other = (person for person in province.people[:2])
    loaded_at = NOW - timedelta(days=40)
    put(province, "criminal_judgments", loaded_at, AH="99XC1", SFZH=person.id_number, XM=person.name,
        XZ="4", HXBZ="1", SXRQ="20260701", XQQR="20260701", XQZR="20261001")  # fmt: skip
    put(province, "identity_cards", loaded_at, SLH=BROKEN_KEY,
        GMSFHM=with_bad_check_digit(other.id_number), XM=other.name, SLRQ="20260701")  # fmt: skip
    for month, inmate in enumerate(province.people[2:8]):
        loaded_at = NOW - timedelta(days=200 - 30 * month)
        put(province, "prison_custody", loaded_at, RYBH=f"99ZF-{month}", SFZH=inmate.id_number,
            XM=inmate.name, RJRQ="20260101", XMSFRQ="20270101")  # fmt: skip
        put(province, "community_corrections", loaded_at, DXBH=f"99JZ-{month}", SFZH=inmate.id_number,
            XM=inmate.name, JZLB="1", KSRQ="20260101", BDRQ=f"{loaded_at:%Y%m%d}")  # fmt: skip


@pytest.fixture(scope="session")
def privates(supplies: Supplies) -> Privates:
    """What must never be seen outside."""
    return Privates(supplies.province)


@pytest.fixture(scope="session")
def imported(supplies: Supplies, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data of a site that has its roster and has read nothing yet; to be copied."""
    with open_trial(tmp_path_factory.mktemp("imported"), supplies) as trial:
        trial.take_roster(supplies.roster)
        return trial.data


@pytest.fixture(scope="session")
def read(supplies: Supplies, imported: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Digest]:
    """The data and the state of a site that has read everything, undisturbed."""
    with open_trial(tmp_path_factory.mktemp("read"), supplies, start=imported) as trial:
        assert trial.sync().exit_code == 0
        return trial.data, trial.state()


@pytest.fixture(scope="session")
def undisturbed(read: tuple[Path, Digest]) -> Digest:
    """The state after one sync that met no fault."""
    return read[1]


@pytest.fixture(scope="session")
def decided(
    supplies: Supplies, imported: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Digest]:
    """The data and the state of a site that has done the monthly job, undisturbed."""
    with open_trial(tmp_path_factory.mktemp("decided"), supplies, start=imported) as trial:
        assert run_month(trial.station, AS_OF).synced.exit_code == 0
        return trial.data, trial.state()


@pytest.fixture
def trial(supplies: Supplies, imported: Path, tmp_path: Path) -> Iterator[Trial]:
    """A site with a roster and a hub, about to read for the first time."""
    with open_trial(tmp_path, supplies, start=imported) as opened:
        yield opened


@pytest.fixture
def insurance(supplies: Supplies, imported: Path, tmp_path: Path) -> Iterator[Trial]:
    """The same with medical insurance alone: enough for faults of one dataset."""
    with open_trial(tmp_path, supplies, start=imported, departments=["medical_insurance"]) as opened:
        yield opened


@pytest.fixture(scope="session")
def insurance_undisturbed(
    supplies: Supplies, imported: Path, tmp_path_factory: pytest.TempPathFactory
) -> Digest:
    """The state after one sync of medical insurance that met no fault."""
    folder = tmp_path_factory.mktemp("insurance")
    with open_trial(folder, supplies, start=imported, departments=["medical_insurance"]) as opened:
        assert opened.sync().exit_code == 0
        return opened.state()
