"""Sealed pages of the benches, opened by the gateway itself; and a province that is made only once."""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from bench.data.calendar import Month
from bench.data.departments import columns_of
from bench.data.drafts import draft
from bench.data.landing import Landing, land
from bench.data.people import People
from bench.data.sealing import PAGE_ROWS
from bench.hub import make_hub
from gateway.crypto.file_drop import open_file, read_manifest
from gateway.crypto.keyring import KeyRing
from gateway.crypto.strict_json import read_json
from gateway.errors import HubUnavailable
from gateway.host import build_host
from gateway.hub.client import HubClient
from gateway.hub.sealed_page import sealed_page
from gateway.hub.service import Service
from gateway.intake.page import csv_rows, json_rows, open_page, read_rows
from gateway.sandbox.columns import DATASETS, FILE_DATASETS, SERVED_DATASETS, service_id
from gateway.sandbox.hub import serve_hub

MONTH = Month(1)


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Landing:
    made = Landing(tmp_path_factory.mktemp("province"), People(9_000, seed=5))
    land(made, MONTH, lambda _line: None, workers=1)
    return made


def ring(landing: Landing, dataset: str) -> KeyRing:
    return KeyRing(tuple(landing.keys().gateway_entries(DATASETS[dataset].department)))


def meant(landing: Landing, dataset: str) -> list[dict[str, str | None]]:
    """The rows before they are sealed; what is empty is nothing."""
    plan = draft(landing.people, MONTH, dataset)
    columns = columns_of(plan.between(0, plan.rows))
    texts = {
        name: [None] * plan.rows if column is None else column.to_pylist() for name, column in columns.items()
    }
    return [{name: column[place] or None for name, column in texts.items()} for place in range(plan.rows)]


def opened(rows: Sequence[object]) -> list[dict[str, str | None]]:
    assert all(isinstance(row, dict) for row in rows)
    return [{name: value or None for name, value in row.items()} for row in rows if isinstance(row, dict)]


@pytest.mark.parametrize("dataset", SERVED_DATASETS)
def test_the_gateway_opens_every_page_and_finds_the_rows_that_were_meant(
    landing: Landing, dataset: str
) -> None:
    described = build_host().department(DATASETS[dataset].department).dataset(dataset)
    landed = landing.landed(MONTH, dataset)
    found: list[object] = []
    for number in range(landed.pages):
        path, start, length = landed.page(number)
        reply = read_json(path.read_bytes()[start : start + length])
        assert reply["code"] == "0"
        page = sealed_page(dataset, str(number * PAGE_ROWS), reply["data"])
        assert page.total == landed.rows
        assert page.next == (str((number + 1) * PAGE_ROWS) if number + 1 < landed.pages else None)
        plaintext = open_page(described, page.payload, ring(landing, dataset))
        found += read_rows(described, plaintext, json_rows)
    assert opened(found) == meant(landing, dataset)


@pytest.mark.parametrize("dataset", FILE_DATASETS)
def test_the_gateway_opens_every_dropped_file(landing: Landing, dataset: str) -> None:
    keys = ring(landing, dataset)
    (manifest,) = landing.drop(MONTH).glob(f"{dataset}_*.manifest.json")
    (sealed,) = landing.drop(MONTH).glob(f"{dataset}_*.zip.enc")
    assert sealed.with_name(sealed.name.replace(".zip.enc", ".ok")).exists()
    rows = csv_rows(open_file(sealed, read_manifest(manifest.read_bytes(), keys), keys))
    assert opened(rows) == meant(landing, dataset)


@asynccontextmanager
async def hub_of(landing: Landing) -> AsyncIterator[str]:
    app = web.Application()
    app.add_routes(make_hub(landing, [MONTH]).routes())
    async with serve_hub(app) as url:
        yield url


def service(landing: Landing, url: str, dataset: str) -> Service:
    keys = landing.keys()
    return Service(
        dataset, url, keys.rid, service_id(dataset), keys.app_key, page_limit=PAGE_ROWS, max_attempts=1
    )


async def test_the_gateways_client_reads_a_month_page_by_page(landing: Landing) -> None:
    landed = landing.landed(MONTH, "settlements")
    async with hub_of(landing) as url, HubClient() as client:
        pages = client.pages(service(landing, url, "settlements"), MONTH.since, MONTH.until)
        starts = [page.start async for page in pages]
    assert starts == [str(number * PAGE_ROWS) for number in range(landed.pages)]
    assert landed.pages > 1


async def test_a_window_that_was_not_made_is_refused_and_not_taken_for_an_empty_one(landing: Landing) -> None:
    async with hub_of(landing) as url, HubClient() as client:
        with pytest.raises(HubUnavailable, match="E-101"):
            await client.page(service(landing, url, "settlements"), MONTH.since, Month(2).until, "0")


def test_what_is_there_is_not_made_again(landing: Landing) -> None:
    before = {path: path.stat().st_mtime_ns for path in landing.folder.rglob("*") if path.is_file()}
    land(landing, MONTH, pytest.fail)
    assert {path: path.stat().st_mtime_ns for path in landing.folder.rglob("*") if path.is_file()} == before


def test_a_month_that_stopped_half_way_is_made_to_its_end(landing: Landing) -> None:
    folder = landing.month(MONTH)
    kept = {path.name: path.read_bytes() for path in folder.glob("*.index")}
    (folder / "ready").unlink()
    (folder / "settlements-00000.index").unlink()
    land(landing, MONTH, lambda _line: None, workers=1)
    assert landing.is_ready(MONTH)
    assert json.loads((folder / "settlements-00000.index").read_text("utf-8"))["ends"]
    assert {path.name for path in folder.glob("*.index")} == set(kept)
