import hashlib
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from gateway.errors import NotFoundError, RequestError
from gateway.store.database import Store
from gateway.store.tables import TOKENS
from gateway.store.tokens import Token, create_token, find_token, list_tokens, revoke_token, token_of

NOW = datetime(2026, 10, 5, 3)  # noqa: DTZ001 - instants are kept as naive Asia/Shanghai times
LATER = NOW + timedelta(days=1)


def made(store: Store, **given: Any) -> tuple[Token, str]:
    with store.begin() as conn:
        return create_token(conn, "county hall", ["events:read"], NOW, **given)


def found(store: Store, text: str) -> Token | None:
    with store.read() as conn:
        return find_token(conn, text)


def test_a_token_is_found_by_its_whole_text_alone(store: Store) -> None:
    token, text = made(store, counties=["990102", "990101"], expires_at=LATER)
    assert found(store, text) == token
    assert (token.name, token.scopes, token.counties) == (
        "county hall",
        frozenset({"events:read"}),
        frozenset({"990101", "990102"}),
    )
    other = made(store)[1]
    swapped = text[: text.rindex("_", 0, 18) + 1] + other.split("_", 2)[2]
    last = "A" if text[-1] != "A" else "B"
    for wrong in (swapped, text[:-1] + last, text[:-1], text + "A", token.token_id, "", "gwt_", f" {text}"):
        assert found(store, wrong) is None


def test_nothing_of_a_token_but_a_hash_of_its_secret_is_kept(store: Store) -> None:
    _, text = made(store)
    secret = text.split("_", 2)[2]
    with store.read() as conn:
        row = conn.execute(select(TOKENS)).one()
    assert row.secret_hash == hashlib.sha256(secret.encode()).digest()
    assert secret not in repr(row)


def test_a_secret_has_256_bits_that_nothing_repeats(store: Store) -> None:
    secrets = {made(store)[1].split("_", 2)[2] for _ in range(20)}
    assert len(secrets) == 20
    assert {len(secret) for secret in secrets} == {43}


def test_a_token_is_over_at_the_instant_it_expires(store: Store) -> None:
    token, _ = made(store, expires_at=LATER)
    assert token.state(LATER - timedelta(microseconds=1)) == "valid"
    assert token.state(LATER) == "expired"


def test_a_revoked_token_stays_revoked_since_the_first_time(store: Store) -> None:
    token, text = made(store)
    with store.begin() as conn:
        assert revoke_token(conn, token.token_id, LATER).revoked_at == LATER
        assert revoke_token(conn, token.token_id, LATER + timedelta(days=1)).revoked_at == LATER
        assert [each.state(LATER) for each in list_tokens(conn)] == ["revoked"]
    kept = found(store, text)
    assert kept is not None
    assert kept.state(NOW) == "revoked"


def test_a_token_that_is_not_there_cannot_be_revoked(store: Store) -> None:
    with store.begin() as conn, pytest.raises(NotFoundError, match="gateway token list"):
        revoke_token(conn, "0123456789ab", NOW)
    with store.read() as conn, pytest.raises(NotFoundError):
        token_of(conn, "x")


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("name", {"name": " "}),
        ("name", {"name": "a\nb"}),
        ("scope", {"scopes": []}),
        ("county", {"counties": []}),
        ("county", {"counties": ["9901"]}),
        ("county", {"counties": ["990101"], "scopes": ["admin"]}),
        ("expires", {"expires_at": NOW}),
    ],
)
def test_a_token_that_makes_no_sense_is_refused_by_name(
    store: Store, field: str, given: dict[str, Any]
) -> None:
    usual: dict[str, Any] = {"name": "a", "scopes": ["events:read"], "now": NOW}
    with store.begin() as conn, pytest.raises(RequestError) as told:
        create_token(conn, **usual | given)
    assert told.value.field == field
