from datetime import timedelta

import pytest
import sqlalchemy as sa

from gateway.errors import NotFoundError, RequestError
from gateway.store import subscriptions as kept
from gateway.store.alarms import standing_alarms
from gateway.store.database import Store
from gateway.store.outbox import append_events, last_released
from gateway.store.spans import release_events
from gateway.store.subscriptions import Changes, Subscription
from gateway.store.tables import DELIVERIES, SUBSCRIPTIONS
from gateway.store.tokens import create_token, revoke_token, stop_those_over
from tests.support.new_event import NewEvent
from tests.support.subscriptions import NOW, subscribed

LATER = NOW + timedelta(hours=1)
FILTERS = [{"any": [{"exact": {"type": "a"}}, {"not": {"prefix": {"subject": "B"}}}]}]


def one(store: Store, name: str = "sub_a") -> Subscription:
    with store.read() as conn:
        return kept.subscription(conn, name)


def agreed(store: Store, rate: float | None = None) -> Subscription:
    """One that its receiver consented to."""
    seen = subscribed(store)
    with store.begin() as conn:
        assert kept.consented(conn, seen, rate, NOW)
    return one(store)


def changed(store: Store, seen: Subscription, **changes: object) -> Subscription:
    given: Changes = changes  # type: ignore[assignment]  # each test names columns that there are
    with store.begin() as conn:
        return kept.change(conn, seen, given, LATER)


def alarms(store: Store) -> list[tuple[str, str]]:
    with store.read() as conn:
        return [(each.name, each.subject) for each in standing_alarms(conn)]


def test_a_subscription_is_kept_as_it_was_asked_for_and_waits_for_consent(store: Store) -> None:
    made = subscribed(store, filters=FILTERS, counties=["990101"], rate_per_second=2.5)
    assert one(store) == made
    assert (made.state, made.version, made.asked, made.ask_at) == ("pending", 1, 0, NOW)
    assert (made.filters, made.counties, made.rate_per_second) == (FILTERS, ["990101"], 2.5)


def test_the_columns_are_those_of_the_table() -> None:
    assert set(Subscription.__dataclass_fields__) == set(SUBSCRIPTIONS.c.keys())


def test_subscriptions_are_listed_by_state_and_owner_the_oldest_first(store: Store) -> None:
    subscribed(store, "sub_b", at=LATER, owner="one")
    subscribed(store, "sub_c", owner="one")
    subscribed(store, "sub_a", owner="two")
    with store.begin() as conn:
        kept.pause(conn, kept.subscription(conn, "sub_c"), LATER)
    with store.read() as conn:
        names = [each.subscription_id for each in kept.subscriptions(conn)]
        own = [each.subscription_id for each in kept.subscriptions(conn, owner="one")]
        pending = [each.subscription_id for each in kept.subscriptions(conn, "pending", "one")]
    assert (names, own, pending) == (["sub_a", "sub_c", "sub_b"], ["sub_c", "sub_b"], ["sub_b"])


def test_a_change_is_refused_where_another_one_came_between(store: Store) -> None:
    seen = subscribed(store)
    assert changed(store, seen, batch_size=10).version == 2
    with pytest.raises(RequestError, match="meanwhile"):
        changed(store, seen, batch_size=20)
    assert one(store).batch_size == 10


def test_a_small_change_leaves_consent_alone(store: Store) -> None:
    found = changed(store, agreed(store, 10), batch_size=10, rate_per_second=5.0, filters=FILTERS)
    assert (found.state, found.consented_at) == ("active", NOW)


@pytest.mark.parametrize(
    "changes", [{"sink": "https://other.example/"}, {"rate_per_second": 11.0}, {"rate_per_second": None}]
)
def test_a_new_sink_or_a_higher_rate_needs_consent_anew(store: Store, changes: dict[str, object]) -> None:
    found = changed(store, agreed(store, 10), **changes)
    assert (found.state, found.consented_at, found.ask_at) == ("pending", None, LATER)


def test_consent_to_what_was_changed_meanwhile_does_not_count(store: Store) -> None:
    asked = subscribed(store)
    changed(store, asked, sink="https://other.example/")
    with store.begin() as conn:
        assert not kept.consented(conn, asked, None, LATER)
        assert not kept.ask_again(conn, asked, "declined", LATER)
    assert one(store).state == "pending"


def test_what_is_due_to_be_asked_comes_the_longest_due_first(store: Store) -> None:
    subscribed(store, "sub_late", at=LATER)
    subscribed(store, "sub_b")
    asked = subscribed(store, "sub_a", at=NOW - timedelta(seconds=1))
    with store.read() as conn:
        assert [each.subscription_id for each in kept.to_ask(conn, NOW)] == ["sub_a", "sub_b"]
    with store.begin() as conn:
        assert kept.ask_again(conn, asked, "answered 403", LATER)
        assert [each.subscription_id for each in kept.to_ask(conn, NOW)] == ["sub_b"]
    assert (one(store).asked, one(store).reason, one(store).version) == (1, "answered 403", 1)


def test_a_paused_one_goes_on_without_being_asked_again(store: Store) -> None:
    seen = agreed(store)
    with store.begin() as conn:
        paused = kept.pause(conn, seen, LATER)
        assert (paused.state, kept.to_ask(conn, LATER)) == ("paused", [])
        assert kept.resume(conn, paused, LATER).state == "active"


def test_one_that_was_paused_before_its_consent_is_asked_when_it_goes_on(store: Store) -> None:
    seen = subscribed(store)
    with store.begin() as conn:
        resumed = kept.resume(conn, kept.pause(conn, seen, NOW), LATER)
    assert (resumed.state, resumed.ask_at) == ("pending", LATER)


def test_a_new_sink_of_a_paused_one_is_asked_when_it_goes_on(store: Store) -> None:
    seen = agreed(store)
    with store.begin() as conn:
        paused = kept.pause(conn, seen, NOW)
    moved = changed(store, paused, sink="https://other.example/")
    assert moved.state == "paused"
    with store.begin() as conn:
        assert kept.resume(conn, moved, LATER).state == "pending"


def test_an_active_one_cannot_be_resumed(store: Store) -> None:
    seen = agreed(store)
    with store.begin() as conn, pytest.raises(RequestError, match="active already"):
        kept.resume(conn, seen, LATER)


def test_a_disabled_one_is_an_alarm_until_it_is_resumed_and_then_asked_for_consent(store: Store) -> None:
    agreed(store)
    with store.begin() as conn:
        assert kept.disable(conn, "sub_a", "answered 410", NOW)
        assert not kept.disable(conn, "sub_a", "again", LATER)
        conn.execute(sa.update(SUBSCRIPTIONS).values(failing_since=NOW))
    found = one(store)
    assert (found.state, found.reason) == ("disabled", "answered 410")
    assert alarms(store) == [("subscription_disabled", "sub_a")]
    with store.begin() as conn:
        resumed = kept.resume(conn, found, LATER)
    assert (resumed.state, resumed.reason, resumed.failing_since) == ("pending", None, None)
    assert (resumed.consented_at, resumed.ask_at) == (None, LATER)
    assert alarms(store) == []


def test_a_disabled_one_cannot_be_paused(store: Store) -> None:
    subscribed(store)
    with store.begin() as conn:
        kept.disable(conn, "sub_a", "answered 410", NOW)
    with store.begin() as conn, pytest.raises(RequestError, match="disabled"):
        kept.pause(conn, kept.subscription(conn, "sub_a"), NOW)


def test_what_a_revoked_token_subscribed_to_is_stopped(store: Store) -> None:
    with store.begin() as conn:
        token, _ = create_token(conn, "a consumer", ["subscriptions:write"], NOW)
    for name, owner in (("sub_a", token.token_id), ("sub_b", "another"), ("sub_c", token.token_id)):
        subscribed(store, name, owner=owner)
    with store.begin() as conn:
        revoke_token(conn, token.token_id, LATER)
        assert [each.subscription_id for each in kept.subscriptions(conn, "pending")] == ["sub_b"]
        assert kept.subscription(conn, "sub_a").reason == "its token was revoked: subscribe with another one"


def test_what_an_expired_token_subscribed_to_is_stopped_and_what_a_valid_one_did_is_not(store: Store) -> None:
    for name, ends in (("sub_a", LATER), ("sub_b", LATER + timedelta(hours=1)), ("sub_c", None)):
        with store.begin() as conn:
            token, _ = create_token(conn, name, ["subscriptions:write"], NOW, expires_at=ends)
        subscribed(store, name, owner=token.token_id)
    for at, stopped in ((NOW, 0), (LATER, 1), (LATER, 0)):
        with store.begin() as conn:
            assert stop_those_over(conn, at) == stopped
    assert one(store).reason == "its token has expired: subscribe with another one"
    assert [one(store, name).state for name in ("sub_b", "sub_c")] == ["pending", "pending"]


def test_one_that_is_resumed_for_a_revoked_token_is_stopped_again(store: Store) -> None:
    with store.begin() as conn:
        token, _ = create_token(conn, "a consumer", ["subscriptions:write"], NOW)
    subscribed(store, owner=token.token_id)
    with store.begin() as conn:
        revoke_token(conn, token.token_id, NOW)
        kept.resume(conn, kept.subscription(conn, "sub_a"), NOW)
        assert stop_those_over(conn, LATER) == 1
    assert one(store).state == "disabled"


def test_a_removed_one_is_gone_and_what_was_pending_for_it_is_canceled(store: Store) -> None:
    seen = subscribed(store)
    states = ("pending", "delivered", "failed")
    usual = {"subscription_id": "sub_a", "first_sequence": 1, "last_sequence": 1, "events": 1, "attempts": 0}
    rows = [{**usual, "state": state, "created_at": NOW, "next_at": NOW} for state in states]
    with store.begin() as conn:
        conn.execute(sa.insert(DELIVERIES), rows)
        kept.disable(conn, "sub_a", "answered 410", NOW)
        kept.remove(conn, kept.subscription(conn, "sub_a"), LATER)
    with store.read() as conn:
        query = sa.select(DELIVERIES.c.state, DELIVERIES.c.finished_at).order_by(DELIVERIES.c.delivery_id)
        found = [tuple(row) for row in conn.execute(query)]
        assert found == [("canceled", LATER), ("delivered", None), ("failed", None)]
        assert kept.subscriptions(conn) == []
        assert conn.scalar(sa.select(SUBSCRIPTIONS.c.secrets)) == []
    with pytest.raises(NotFoundError):
        one(store, seen.subscription_id)
    assert alarms(store) == []


def event(name: str) -> NewEvent:
    return NewEvent(name, "a", "B1", None, NOW, lambda _: b"{}")


def test_now_is_behind_the_last_event_but_before_one_that_is_still_held(store: Store) -> None:
    with store.begin() as conn:
        assert last_released(conn) == 0
        append_events(conn, 1, [event("a"), event("b")])
        release_events(conn, 1, NOW)
        assert last_released(conn) == 2
        append_events(conn, 2, [event("c")])
        append_events(conn, 3, [event("d")])
        release_events(conn, 3, NOW)
        assert last_released(conn) == 2
