"""Short ways to post and to look at what came of it, and a name server that says what it is told."""

from collections.abc import Sequence
from ipaddress import ip_address

from gateway.delivery.addresses import Address, AddressRules, read_rules
from gateway.delivery.posting import Answer, Failure, Sender
from gateway.delivery.targets import Target, read_target
from tests.support.receiver import Receiver

LOOPBACK = read_rules(["127.0.0.1"])
NONE = AddressRules()
BODY = b'{"id":"evt_1"}'
HEADERS = {"content-type": "application/cloudevents+json", "webhook-id": "evt_1"}
NAME = "receiver.example"
PATIENT = 5.0
SHORT = 0.3


class Names:
    """A name server that answers from a list, one answer for each question; the last one stays."""

    def __init__(self, *replies: Sequence[str]) -> None:
        self._replies = list(replies)
        self.asked = 0

    async def __call__(self, host: str) -> Sequence[Address]:
        assert host == NAME
        self.asked += 1
        found = self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]
        if not found:
            raise OSError
        return [ip_address(address) for address in found]


def target(url: str) -> Target:
    return read_target(url, LOOPBACK, plain_http=True)


def to(receiver: Receiver, name: str | None = None) -> Target:
    return target(receiver.url_as(name or receiver.host))


async def post(
    sender: Sender, where: Target, rules: AddressRules = LOOPBACK, deadline: float = PATIENT
) -> Answer | Failure:
    return await sender.post(where, HEADERS, BODY, rules, deadline)


def answer(outcome: Answer | Failure) -> Answer:
    assert isinstance(outcome, Answer), outcome
    return outcome


def failure(outcome: Answer | Failure) -> Failure:
    assert isinstance(outcome, Failure), outcome
    return outcome
