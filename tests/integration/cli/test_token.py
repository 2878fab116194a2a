import json
from datetime import date
from getpass import getuser
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from gateway.cli.app import app
from gateway.errors import GatewayError, NotFoundError, RequestError
from gateway.store.audit import Wanted, list_entries
from gateway.store.tokens import find_token, list_tokens
from tests.integration.ledger.office import Office

NEW = ("token", "new", "--name", "Pension desk", "--scope", "events:read")


def run(*words: str) -> Result:
    return CliRunner().invoke(app, words)


def told(*words: str) -> list[dict[str, Any]]:
    done = run(*words)
    assert done.exit_code == 0, done.output
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_new_token_stands_alone_on_stdout_and_is_the_one_that_is_kept(office: Office) -> None:
    done = run(*NEW, "--scope", "ledger:write", "--county", "990101", "--expires", "2026-12-31")
    text = done.stdout.strip()
    assert "shown this once" in done.stderr
    with office.station.store.read() as conn:
        found = find_token(conn, text)
    assert found is not None
    assert (found.name, found.scopes) == ("Pension desk", frozenset({"events:read", "ledger:write"}))
    assert found.counties == frozenset({"990101"})
    assert found.expires_at is not None
    assert (found.expires_at.isoformat(), found.state(office.clock.now)) == ("2027-01-01T00:00:00", "valid")


def test_a_token_is_good_for_the_whole_of_its_last_day(office: Office) -> None:
    run(*NEW, "--expires", "2026-10-01")
    with office.station.store.read() as conn:
        (found,) = list_tokens(conn)
    assert found.state(office.clock.now) == "valid"
    assert found.state(office.on(date(2026, 10, 2)).clock.now) == "expired"


@pytest.mark.usefixtures("office")
def test_tokens_are_listed_with_their_state_and_without_their_text() -> None:
    (made,) = told(*NEW, "--json")
    (listed,) = told("token", "list", "--json")
    assert listed == {
        "token": made["token"],
        "name": "Pension desk",
        "scopes": ["events:read"],
        "counties": None,
        "state": "valid",
        "created_at": "2026-10-01T09:00:00+08:00",
        "expires_at": None,
        "revoked_at": None,
    }
    table = run("token", "list").stdout
    assert made["token"] in table
    assert made["text"].split("_", 2)[2] not in table + json.dumps(listed)


@pytest.mark.usefixtures("office")
def test_a_revoked_token_is_listed_as_revoked() -> None:
    (made,) = told(*NEW, "--json")
    assert f"token {made['token']} of Pension desk is revoked" in run("token", "revoke", made["token"]).stdout
    assert [each["state"] for each in told("token", "list", "--json")] == ["revoked"]


def test_who_made_and_who_revoked_a_token_is_audited(office: Office) -> None:
    (made,) = told(*NEW, "--county", "990101", "--json")
    run("token", "revoke", made["token"])
    with office.station.store.read() as conn:
        found = list_entries(conn, Wanted())
    by_action = {each.action: each for each in found}
    assert set(by_action) == {"token.made", "token.revoked"}
    assert {(each.subject, each.actor) for each in found} == {(made["token"], getuser())}
    assert by_action["token.made"].details == {"scopes": ["events:read"], "counties": ["990101"]}


@pytest.mark.usefixtures("office")
@pytest.mark.parametrize(
    ("words", "kind", "option"),
    [
        (("token", "new", "--name", "x", "--scope", "everything"), RequestError, "--scope: "),
        ((*NEW, "--county", "Changsha"), RequestError, "--county: "),
        ((*NEW, "--scope", "admin", "--county", "990101"), RequestError, "--county: "),
        ((*NEW, "--expires", "tomorrow"), RequestError, "--expires: "),
        ((*NEW, "--expires", "2026-09-30"), RequestError, "--expires: "),
        (("token", "revoke", "0123456789ab"), NotFoundError, "there is no token"),
    ],
)
def test_what_cannot_be_is_one_line_that_names_the_option(
    words: tuple[str, ...], kind: type[GatewayError], option: str
) -> None:
    done = run(*words)
    assert isinstance(done.exception, kind)
    assert isinstance(done.exception, RequestError)
    assert done.exception.option.startswith(option)
    assert told("token", "list", "--json") == []
