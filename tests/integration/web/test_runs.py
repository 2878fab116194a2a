from collections.abc import AsyncIterator
from datetime import date, datetime
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from gateway.store import runs
from gateway.store.database import Store
from gateway.web.app import make_app
from tests.support.serving import KEYS

NOW = datetime(2026, 10, 1, 6)  # noqa: DTZ001 - instants are kept as naive Asia/Shanghai times
SUMMARY = {"held": ["in all: 612 new suspicions"], "changed": 700}


@pytest.fixture
async def client(store: Store) -> AsyncIterator[TestClient[Any, Any]]:
    with store.begin() as conn:
        for kind in ("import", "sync"):
            runs.finish_run(conn, runs.start_run(conn, kind, NOW), "done", NOW)
        held = runs.start_run(conn, "decide", NOW, date(2026, 9, 30), "1")
        runs.finish_run(conn, held, "held", NOW, reason="in all: 612 new suspicions", summary=SUMMARY)
    async with TestClient(TestServer(make_app(store, KEYS))) as found:
        yield found


async def got(client: TestClient[Any, Any], path: str, status: int = 200) -> Any:
    async with client.get(path) as reply:
        assert reply.status == status
        return await reply.json()


async def test_runs_are_listed_newest_first_page_by_page(client: TestClient[Any, Any]) -> None:
    first = await got(client, "/v1/runs?limit=2")
    assert [(run["run_id"], run["kind"], run["state"]) for run in first["runs"]] == [
        (3, "decide", "held"),
        (2, "sync", "done"),
    ]
    rest = await got(client, f"/v1/runs?limit=2&before={first['next']}")
    assert ([run["run_id"] for run in rest["runs"]], rest["next"]) == ([1], None)


async def test_runs_are_listed_by_kind(client: TestClient[Any, Any]) -> None:
    found = await got(client, "/v1/runs?kind=sync")
    assert [run["run_id"] for run in found["runs"]] == [2]


async def test_a_run_says_why_it_is_held(client: TestClient[Any, Any]) -> None:
    run = await got(client, "/v1/runs/3")
    assert (run["reason"], run["as_of"]) == ("in all: 612 new suspicions", "2026-09-30")
    assert run["started_at"] == "2026-10-01T06:00:00+08:00"
    assert run["summary"] == SUMMARY


@pytest.mark.parametrize("number", ["4", "0", "x", "99999999999999999999", "9999999999999"])
async def test_a_run_that_is_not_there_is_not_found(client: TestClient[Any, Any], number: str) -> None:
    assert (await got(client, f"/v1/runs/{number}", 404))["title"] == "Not Found"


@pytest.mark.parametrize("asked", ["limit=0", "limit=201", "before=-1", "after=3", "limit=many"])
async def test_an_impossible_question_is_refused(client: TestClient[Any, Any], asked: str) -> None:
    await got(client, f"/v1/runs?{asked}", 400)
