import asyncio

import pytest

from gateway.delivery.posting import Sender
from tests.support.posting import (
    BODY,
    HEADERS,
    LOOPBACK,
    PATIENT,
    answer,
    post,
    to,
)
from tests.support.receiver import (
    Behaviour,
    Received,
    Receiver,
    answers,
    redirects,
    slow,
)


async def test_a_delivery_arrives_as_it_is_and_its_answer_comes_back(
    sender: Sender, receiver: Receiver
) -> None:
    receiver.behave(answers(202, {"Retry-After": "7", "X-Other": "x"}, b"thanks"))
    found = answer(await post(sender, to(receiver)))
    assert (found.status, found.body, found.headers) == (202, b"thanks", {"retry-after": "7"})
    assert 0 < found.elapsed < PATIENT
    request = receiver.received[0]
    assert (request.method, request.path, request.body) == ("POST", "/hook", BODY)
    assert HEADERS.items() <= request.headers.items()
    assert request.headers["accept-encoding"] == "identity"
    assert request.headers["user-agent"] == "certification-gateway"
    assert not {"cookie", "authorization", "transfer-encoding"} & request.headers.keys()


async def test_an_outcome_shows_neither_body_nor_header(sender: Sender, receiver: Receiver) -> None:
    receiver.behave(answers(500, {"Retry-After": "hunter2"}, b"hunter2"))
    assert "hunter2" not in repr(await post(sender, to(receiver)))


async def test_consent_is_asked_for_with_options(sender: Sender, receiver: Receiver) -> None:
    receiver.behave(
        answers(200, {"WebHook-Allowed-Origin": "gateway.example", "WebHook-Allowed-Rate": "120"})
    )
    asked = {"WebHook-Request-Origin": "gateway.example"}
    found = answer(await sender.options(to(receiver), asked, LOOPBACK, PATIENT))
    assert found.headers == {"webhook-allowed-origin": "gateway.example", "webhook-allowed-rate": "120"}
    request = receiver.received[0]
    assert (request.method, request.body) == ("OPTIONS", b"")
    assert request.headers["webhook-request-origin"] == "gateway.example"


async def test_a_connection_is_kept(sender: Sender, receiver: Receiver) -> None:
    for _ in range(3):
        answer(await post(sender, to(receiver)))
    assert (len(receiver.received), receiver.connections) == (3, 1)


async def test_cookies_are_not_kept(sender: Sender, receiver: Receiver) -> None:
    receiver.behave(answers(204, {"Set-Cookie": "a=b; Path=/"}))
    for _ in range(2):
        answer(await post(sender, to(receiver)))
    assert "cookie" not in receiver.received[1].headers


async def test_proxies_of_the_environment_are_not_used(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    async with Sender() as sender:
        assert answer(await post(sender, to(receiver))).status == 204


@pytest.mark.parametrize("status", [200, 299, 400, 410, 429, 500, 502, 504])
async def test_every_status_is_an_answer(sender: Sender, receiver: Receiver, status: int) -> None:
    receiver.behave(answers(status))
    assert answer(await post(sender, to(receiver))).status == status


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_an_answer_and_is_not_followed(
    sender: Sender, receiver: Receiver, status: int
) -> None:
    receiver.behave(redirects(status, f"{receiver.url}/elsewhere"), answers())
    assert answer(await post(sender, to(receiver))).status == status
    assert answer(await sender.options(to(receiver), {}, LOOPBACK, PATIENT)).status == 204
    assert [request.path for request in receiver.received] == ["/hook", "/hook"]


async def test_a_cancelled_delivery_stays_cancelled(sender: Sender, receiver: Receiver) -> None:
    arrived = asyncio.Event()

    def waits(_: Received) -> Behaviour:
        arrived.set()
        return slow(60)

    receiver.behave_by(waits)
    task = asyncio.create_task(post(sender, to(receiver)))
    await arrived.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_header_cannot_smuggle_another(sender: Sender, receiver: Receiver) -> None:
    for value in ("a\r\nX-B: c", "a\nb", "a\rb", "a\0b", "é"):
        with pytest.raises(ValueError, match=r"line break|ascii"):
            await sender.post(to(receiver), {"X-A": value}, BODY, LOOPBACK, PATIENT)
    assert receiver.connections == 0
