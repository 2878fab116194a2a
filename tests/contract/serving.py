"""`python -m tests.contract.serving FOLDER` serves a small agency with synthetic events until it is stopped.

It prints its address and a token for everything in one line; nobody is trusted without one.
Everything that the checkers write goes into the folder.
"""

import socket
import sys
from datetime import date
from pathlib import Path

from aiohttp import web

from gateway.settings import ServeSettings
from gateway.store.tokens import create_token
from gateway.web.access import Access
from gateway.web.app import make_app
from tests.integration.ledger.office import Office, died, open_office
from tests.support.serving import KEYS

BUSY = ServeSettings(trust_this_machine=False, requests_per_second=10_000, burst=100_000)


def fill(office: Office) -> None:
    """A death that is suspected, a person who is certified, and what the community said."""
    office.roster({"benefit_id": "B1"}, {"benefit_id": "B2"})
    office.compared(office.today)
    office.evidence("B1", "certificate-1", **died(date(2026, 9, 20)))
    office.decide()


def main() -> None:
    """Serve on a free port of the loopback."""
    with open_office(Path(sys.argv[1])) as office, socket.socket() as listening:
        fill(office)
        listening.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        access = Access(office.station.store, BUSY, office.station.clock)
        with office.station.store.begin() as conn:
            _, token = create_token(conn, "checkers", ["admin"], office.clock.now)
        app = make_app(office.station.store, KEYS, office.station, access)
        web.run_app(app, sock=listening, print=lambda _: print(address, token, flush=True))  # noqa: T201 - what it is asked for


if __name__ == "__main__":
    main()
