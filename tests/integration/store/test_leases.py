from dataclasses import replace
from datetime import datetime, timedelta

from gateway.store import leases
from gateway.store.database import Store
from gateway.store.leases import LENGTH, WORK, Claim

NOW = datetime(2026, 10, 5, 3)  # noqa: DTZ001 - instants are kept as naive Asia/Shanghai times
OURS = Claim(WORK, "ours", "host-1, process 1", "place-1")
THEIRS = Claim(WORK, "theirs", "host-2, process 2", "place-2")


def take(store: Store, claim: Claim, now: datetime = NOW) -> str:
    with store.begin() as conn:
        return leases.take(conn, claim, now).token


def holder(store: Store, now: datetime) -> str | None:
    with store.read() as conn:
        found = leases.holder(conn, WORK, now)
    return found.holder if found else None


def test_a_lease_is_held_by_one_until_it_is_given_back(store: Store) -> None:
    assert take(store, OURS) == "ours"
    assert take(store, THEIRS) == "ours"
    with store.begin() as conn:
        assert not leases.release(conn, THEIRS)
        assert leases.release(conn, OURS)
    assert take(store, THEIRS) == "theirs"


def test_a_lease_that_ran_out_is_taken_over_and_its_holder_learns_it(store: Store) -> None:
    take(store, OURS)
    assert holder(store, NOW + LENGTH - timedelta(seconds=1)) == OURS.holder
    assert holder(store, NOW + LENGTH) is None
    assert take(store, THEIRS, NOW + LENGTH) == "theirs"
    with store.begin() as conn:
        assert not leases.renew(conn, OURS, NOW + LENGTH)
        assert not leases.release(conn, OURS)
    assert holder(store, NOW + LENGTH) == THEIRS.holder


def test_a_lease_that_is_renewed_does_not_run_out(store: Store) -> None:
    take(store, OURS)
    with store.begin() as conn:
        assert leases.renew(conn, OURS, NOW + LENGTH)
    assert take(store, THEIRS, NOW + LENGTH) == "ours"


def test_who_holds_the_same_place_knows_the_former_holder_dead(store: Store) -> None:
    take(store, OURS)
    assert take(store, replace(OURS, token="next")) == "next"
