import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest

from gateway.clock import local
from gateway.delivery.consent import Agreed, Consent, Declined, judge
from gateway.delivery.posting import Answer, Sender
from gateway.errors import StoreError
from gateway.settings import DeliverySettings
from gateway.store.alarms import standing_alarms
from gateway.store.database import Store
from gateway.store.subscriptions import Changes, Subscription, change, resume, subscription
from tests.support.receiver import Receiver, Visit, answers, slow
from tests.support.site import SetClock
from tests.support.subscriptions import NOW, subscribed

ORIGIN = "gateway.example"
ALLOWED = {"WebHook-Allowed-Origin": ORIGIN}
WAITS = (5, 60)
SETTINGS = DeliverySettings(allow_http=True, origin=ORIGIN, consent_waits_s=WAITS, consent_timeout_s=0.5)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with Receiver() as receiver:
        receiver.behave(answers(200, ALLOWED))
        yield receiver


@pytest.fixture
def clock() -> SetClock:
    return SetClock(NOW)


@pytest.fixture
async def consent(store: Store, clock: SetClock) -> AsyncIterator[Consent]:
    async with Sender() as sender:
        yield Consent(store, sender, SETTINGS, clock)


def one(store: Store, name: str = "sub_a") -> Subscription:
    with store.read() as conn:
        return subscription(conn, name)


def answer(headers: dict[str, str], status: int = 200) -> Answer:
    return Answer(status, {name.replace("_", "-"): value for name, value in headers.items()}, b"", 0.1)


async def test_a_receiver_that_agrees_is_active_and_was_asked_once_as_cloudevents_asks(
    consent: Consent, store: Store, receiver: Receiver
) -> None:
    subscribed(store, sink=receiver.url, rate_per_second=2.0)
    assert await consent.ask_due() == 1
    assert await consent.ask_due() == 0
    (asked,) = receiver.received
    assert (asked.method, asked.path, asked.body) == ("OPTIONS", "/hook", b"")
    assert asked.headers["webhook-request-origin"] == ORIGIN
    assert asked.headers["webhook-request-rate"] == "120"
    assert (one(store).state, one(store).consented_at) == ("active", NOW)


async def test_without_a_limit_no_rate_is_asked_for(
    consent: Consent, store: Store, receiver: Receiver
) -> None:
    subscribed(store, sink=receiver.url)
    await consent.ask_due()
    assert "webhook-request-rate" not in receiver.received[0].headers


async def test_the_allowed_rate_is_kept(consent: Consent, store: Store, receiver: Receiver) -> None:
    receiver.behave(answers(200, ALLOWED | {"WebHook-Allowed-Rate": "30"}))
    subscribed(store, sink=receiver.url, rate_per_second=2.0)
    await consent.ask_due()
    assert one(store).rate_per_second == 0.5


async def test_a_receiver_that_declines_is_asked_later_and_later_and_then_is_disabled(
    consent: Consent, store: Store, receiver: Receiver, clock: SetClock
) -> None:
    receiver.behave(answers(405))
    subscribed(store, sink=receiver.url)
    for wait in WAITS:
        assert await consent.ask_due() == 1
        assert one(store).ask_at == clock.now + timedelta(seconds=wait)
        clock.now += timedelta(seconds=wait - 1)
        assert await consent.ask_due() == 0
        clock.now += timedelta(seconds=1)
    await consent.ask_due()
    found = one(store)
    assert (found.state, found.asked, len(receiver.received)) == ("disabled", 3, 3)
    assert found.reason == "no consent: answered 405 to OPTIONS, not 200 with WebHook-Allowed-Origin"
    with store.read() as conn:
        assert [alarm.name for alarm in standing_alarms(conn)] == ["subscription_disabled"]


async def test_one_that_was_disabled_is_asked_again_from_the_start_when_it_is_resumed(
    consent: Consent, store: Store, receiver: Receiver, clock: SetClock
) -> None:
    receiver.behave(answers(500))
    subscribed(store, sink=receiver.url)
    for wait in (*WAITS, 0):
        await consent.ask_due()
        clock.now += timedelta(seconds=wait)
    receiver.behave(answers(200, ALLOWED))
    with store.begin() as conn:
        assert resume(conn, subscription(conn, "sub_a"), clock.now).asked == 0
    await consent.ask_due()
    assert one(store).state == "active"


async def test_a_changed_sink_is_asked_for_its_own_consent(
    consent: Consent, store: Store, receiver: Receiver
) -> None:
    subscribed(store, sink=receiver.url)
    await consent.ask_due()
    changes: Changes = {"sink": receiver.url.replace("/hook", "/other")}
    with store.begin() as conn:
        change(conn, subscription(conn, "sub_a"), changes, NOW)
    await consent.ask_due()
    assert [each.path for each in receiver.received] == ["/hook", "/other"]
    assert one(store).state == "active"


async def test_consent_that_comes_after_the_sink_was_changed_does_not_count(
    consent: Consent, store: Store, receiver: Receiver
) -> None:
    arrived = asyncio.Event()

    async def agree_late(visit: Visit) -> None:
        arrived.set()
        await slow(0.1, answers(200, ALLOWED))(visit)

    receiver.behave(agree_late)
    subscribed(store, sink=receiver.url)
    asking = asyncio.create_task(consent.ask_due())
    await arrived.wait()
    changes: Changes = {"sink": "https://other.example/"}
    with store.begin() as conn:
        change(conn, subscription(conn, "sub_a"), changes, NOW)
    await asking
    assert (one(store).state, one(store).consented_at) == ("pending", None)


async def test_a_receiver_in_a_closed_network_is_never_connected_to(
    consent: Consent, store: Store, receiver: Receiver
) -> None:
    subscribed(store, sink=receiver.url, allow=["10.0.0.0/8"])
    await consent.ask_due()
    assert (one(store).state, receiver.connections) == ("pending", 0)
    assert "loopback" in (one(store).reason or "")


async def test_a_receiver_that_hangs_holds_up_nobody_else(
    consent: Consent, store: Store, receiver: Receiver
) -> None:
    async with Receiver() as hanging:
        hanging.behave(slow(60))
        subscribed(store, "sub_a", sink=hanging.url)
        subscribed(store, "sub_b", sink=receiver.url)
        await consent.ask_due()
    assert one(store, "sub_a").reason == "deadline: no whole answer in time"
    assert one(store, "sub_b").state == "active"


@pytest.mark.parametrize("turns", range(12))
async def test_it_ends_when_it_is_told_to_while_the_store_fails(
    consent: Consent, store: Store, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, turns: int
) -> None:
    subscribed(store, sink=receiver.url)

    def end_after(turns: int) -> None:
        """Some turns of the loop later, so that one of them is the very turn in which the fault is seen."""
        if turns:
            loop.call_soon(end_after, turns - 1)
        else:
            running.cancel()

    def fail(*_: object) -> None:
        loop.call_soon_threadsafe(end_after, turns)
        raise StoreError("busy")

    monkeypatch.setattr(Consent, "_note", fail)
    loop, running = asyncio.get_running_loop(), asyncio.create_task(consent.run(60))
    ended, _ = await asyncio.wait({running}, timeout=5)
    assert ended == {running}
    assert running.cancelled()


async def test_asking_goes_on_after_the_store_failed(
    consent: Consent, store: Store, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Over(Exception):  # noqa: N818 - it ends the endless loop
        pass

    subscribed(store, sink=receiver.url)
    failures = [StoreError("busy")]

    def now() -> datetime:
        if failures:
            raise failures.pop()
        return local(NOW)

    sleeps: list[float] = []

    async def sleep(seconds: float) -> None:
        sleeps.append(seconds)
        if len(sleeps) == 2:
            raise Over

    monkeypatch.setattr("gateway.delivery.consent.local", lambda _: now())
    with pytest.raises(Over):
        await consent.run(7, sleep)
    assert (sleeps, one(store).state) == ([7, 7], "active")


@pytest.mark.parametrize(
    ("headers", "asked", "allowed"),
    [
        ({"webhook_allowed_origin": "*"}, None, None),
        ({"WebHook_Allowed_Origin": "Gateway.Example"}, 2.0, 2.0),
        ({"webhook_allowed_origin": "*", "webhook_allowed_rate": "*"}, 2.0, 2.0),
        ({"webhook_allowed_origin": "*", "webhook_allowed_rate": "60"}, None, 1.0),
        ({"webhook_allowed_origin": "*", "webhook_allowed_rate": "6000"}, 2.0, 2.0),
    ],
)
def test_an_answer_agrees_to_a_rate(
    headers: dict[str, str], asked: float | None, allowed: float | None
) -> None:
    assert judge(answer(headers), ORIGIN, asked) == Agreed(allowed)


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (200, {}),
        (200, {"webhook_allowed_origin": "other.example"}),
        (200, {"webhook_allowed_origin": f"{ORIGIN}, other.example"}),
        (200, {"webhook_allowed_origin": "*", "webhook_allowed_rate": "0"}),
        (200, {"webhook_allowed_origin": "*", "webhook_allowed_rate": "some"}),
        (302, {"webhook_allowed_origin": "*"}),
        (403, {"webhook_allowed_origin": "*"}),
    ],
)
def test_any_other_answer_declines_and_is_not_repeated(status: int, headers: dict[str, str]) -> None:
    found = judge(answer(headers, status), ORIGIN, None)
    assert isinstance(found, Declined)
    assert "other.example" not in found.why
