"""What sending works with; every clock, chance and way out can be another one in tests."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from random import random
from time import monotonic
from typing import Protocol

from gateway.clock import Clock, local, system_clock
from gateway.crypto.serving import ServingKeys
from gateway.delivery.addresses import AddressRules
from gateway.delivery.outcome import Answer, Failure
from gateway.delivery.results import Results
from gateway.delivery.targets import Target
from gateway.settings import DeliverySettings
from gateway.store.database import Store


class Posts(Protocol):
    """What posts; `gateway.delivery.posting.Sender` does."""

    def post(
        self, target: Target, headers: Mapping[str, str], body: bytes, rules: AddressRules, deadline: float
    ) -> Awaitable[Answer | Failure]:
        """One delivery and its answer, within `deadline` seconds."""


@dataclass(frozen=True)
class Tools:
    """The store, the way out, where results go, and what time it is.

    `seconds` is a clock that never jumps; `chance` gives numbers from 0 to 1; `poll_s` is how often the store
    is asked for news, `grace_s` how long attempts under way are waited for when sending ends.
    """

    store: Store
    serving: ServingKeys = field(repr=False)
    settings: DeliverySettings
    sender: Posts
    results: Results
    clock: Clock = system_clock
    seconds: Callable[[], float] = monotonic
    chance: Callable[[], float] = random
    poll_s: float = 0.2
    grace_s: float = 5.0

    def now(self) -> datetime:
        """The present as naive Asia/Shanghai."""
        return local(self.clock())
