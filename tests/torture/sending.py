"""Lets the gateway's sending run in a seed's time: its own code, with its pauses shortened."""

from collections import Counter
from collections.abc import Mapping
from functools import partial, partialmethod
from pathlib import Path
from random import Random
from typing import Final

from gateway.crypto.serving import ServingKeys
from gateway.delivery import opening
from gateway.delivery.addresses import AddressRules
from gateway.delivery.consent import Consent
from gateway.delivery.opening import Delivering
from gateway.delivery.outcome import Answer, Failure, Reason
from gateway.delivery.posting import Sender
from gateway.delivery.standard import ID
from gateway.delivery.supervise import Supervision
from gateway.delivery.targets import Target
from gateway.delivery.tenure import Tenure
from gateway.delivery.tools import Tools
from gateway.settings import DeliverySettings
from gateway.store.database import Store
from tests.torture.conditions import Conditions

DEADLINE_SECONDS: Final = 2.0
SETTINGS: Final = DeliverySettings(
    allow_http=True,
    networks=("127.0.0.0/8",),
    deadline_s=DEADLINE_SECONDS,
    consent_timeout_s=DEADLINE_SECONDS,
    disable_after_days=60,  # a clock that jumps by days is no receiver that fails for days
)
_OFTEN: Final = 0.02
_GIVEN_UP: Final = "given_up"


class NotingSender(Sender):
    """Notes each delivery whose answer it gave up waiting for."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self._file = file

    async def post(
        self, target: Target, headers: Mapping[str, str], body: bytes, rules: AddressRules, deadline: float
    ) -> Answer | Failure:
        found = await super().post(target, headers, body, rules, deadline)
        if isinstance(found, Failure) and found.reason is Reason.DEADLINE:
            with self._file.open("a") as file:
                file.write(f"{headers[ID]}\n")
        return found


def given_up(folder: Path) -> Counter[str]:
    """How often the gateway gave up waiting for an answer, by the delivery's message id."""
    file = folder / _GIVEN_UP
    return Counter(file.read_text().split() if file.exists() else ())


def sending(store: Store, keys: ServingKeys, folder: Path, conditions: Conditions) -> Delivering:
    """What sends, with a clock and a patience of the seed's."""
    chance = Random(str(folder)).random  # noqa: S311 - jitter
    _set(
        opening,
        Tools=partial(Tools, seconds=conditions.monotonic, poll_s=_OFTEN, chance=chance),
        Sender=partial(NotingSender, folder / _GIVEN_UP),
        Supervision=partial(Supervision, look_s=_OFTEN, rest_s=_OFTEN),
        _TRIED_EVERY_S=_OFTEN,
        _JUDGED_EVERY_S=10 * _OFTEN,
    )
    _set(Consent, run=partialmethod(Consent.run, _OFTEN))
    _set(Tenure, keep=partialmethod(Tenure.keep, 5 * _OFTEN))
    return Delivering(store, keys, SETTINGS, folder / "delivery.lock", conditions.clock)


def _set(owner: object, **values: object) -> None:
    for name, value in values.items():
        setattr(owner, name, value)
