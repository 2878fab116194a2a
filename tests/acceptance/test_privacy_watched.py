"""What operators scrape and what an evidence id is resolved to names nobody, nor a department's own key."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import select

from gateway.store.database import Store
from gateway.store.tables import AUDIT
from gateway.web.app import make_app
from tests.support.decided import decisions_kept
from tests.support.serving import KEYS
from tests.support.site import Digest, Privates, Supplies, Trial, open_trial

OWN_KEYS = ("99ZF-", "99JZ-")
"""Keys of inmates and of people under community correction."""


@pytest.fixture
def month(supplies: Supplies, decided: tuple[Path, Digest], tmp_path: Path) -> Iterator[Trial]:
    """A site that has done a month."""
    with open_trial(tmp_path, supplies, start=decided[0]) as opened:
        yield opened


def test_no_metric_and_no_resolved_evidence_names_anybody(month: Trial, privates: Privates) -> None:
    named = evidence_ids(month.station.store)
    scraped, *resolved = asyncio.run(asked(month, named))
    texts = [scraped, *resolved]
    assert sum(map(privates.in_text, texts)) == 0
    assert not [key for key in OWN_KEYS for text in texts if key in text]
    versions = [version for text in resolved for version in json.loads(text)["versions"]]
    assert {"community_corrections", "prison_custody"} <= {version["dataset"] for version in versions}
    assert all(version["source"] for version in versions)
    assert len(resolved) > 20
    assert all(json.loads(text)["decisions"] for text in resolved)


def test_the_audit_of_all_this_names_nobody(month: Trial, privates: Privates) -> None:
    named = evidence_ids(month.station.store)
    asyncio.run(asked(month, named[:5]))
    with month.station.store.read() as conn:
        rows = conn.execute(select(AUDIT)).all()
    kept = [str(tuple(row)) for row in rows]
    assert Counter(row.action for row in rows) == {"retention.applied": 1, "evidence.resolved": 5}
    assert sum(map(privates.in_text, kept)) == 0


def evidence_ids(store: Store) -> list[str]:
    """The ids that decisions name, of evidence against somebody first."""
    with store.read() as conn:
        bodies = [decision["body"] for decision in decisions_kept(conn)]
    found = {row["id"]: row for body in bodies for row in body["evidence"]}
    found.pop("ev_roster", None)
    adverse = [name for name, row in found.items() if row["role"] not in {"life", "against"}]
    return [*sorted(adverse), *sorted(set(found) - set(adverse))[:10]]


async def asked(trial: Trial, named: list[str]) -> list[str]:
    """What is scraped, and what each id is resolved to."""
    texts = []
    async with TestClient(TestServer(make_app(trial.station.store, KEYS, trial.station))) as client:
        for path in ("/metrics", *(f"/v1/evidence/{each}?reason=a+look" for each in named)):
            async with client.get(path) as reply:
                assert reply.status == 200
                texts.append(await reply.text())
    return texts
