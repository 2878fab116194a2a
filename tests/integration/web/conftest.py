from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from gateway.store.database import Store
from gateway.web.app import make_app
from tests.integration.web.outbox import opened
from tests.support.serving import KEYS


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Store]:
    """A store with nothing in its outbox."""
    with opened(tmp_path) as store:
        yield store


@pytest.fixture
def application(outbox: Store) -> web.Application:
    """The application over it, not yet served."""
    return make_app(outbox, KEYS)


@pytest.fixture
async def server(application: web.Application) -> AsyncIterator[TestServer]:
    found = TestServer(application)
    async with found:
        yield found


@pytest.fixture
async def asking(server: TestServer) -> AsyncIterator[TestClient[Any, Any]]:
    async with TestClient(server) as found:
        yield found
