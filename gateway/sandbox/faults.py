"""What can go wrong at the simulated hub, switched on and off while it runs."""

from dataclasses import dataclass
from enum import StrEnum

EVERYWHERE = "*"
REFRESH = "refreshappsecret"
"""Name the refresh call in place of a dataset; `EVERYWHERE` does not include it."""


class FaultKind(StrEnum):
    """One way to go wrong; `value` of the fault means what is said here."""

    SERVER_ERROR = "server_error"  # value: the HTTP status, 503
    FORBIDDEN = "forbidden"  # HTTP 403
    TOO_MANY = "too_many"  # HTTP 429; value: Retry-After in seconds, 1
    QUOTA = "quota"  # HTTP 200, code -1 with a quota message
    SECRET_EXPIRED = "secret_expired"  # noqa: S105 - the name of a fault; code 11
    REFUSED = "refused"  # code 14
    BROKEN_JSON = "broken_json"
    CUT_BODY = "cut_body"  # the connection closes in the middle of the body
    SLOW = "slow"  # value: seconds before the answer, 5
    LOOPING_CURSOR = "looping_cursor"  # `next` is the page just served
    WRONG_TOTAL = "wrong_total"  # value: how much too large, 7
    CHANGING_TOTAL = "changing_total"  # grows with `start`
    SHORT_PAGE = "short_page"  # a silent cap; value: rows served, 10
    FORGED = "forged"  # mac or signature not the sender's
    WRONG_KEY = "wrong_key"  # sealed with a key the gateway does not have
    OVERSIZED = "oversized"  # gzip; value: bytes when inflated, 64 MiB
    EMPTY_NULL = "empty_null"
    EMPTY_TEXT = "empty_text"
    EMPTY_SEALED = "empty_sealed"
    NEW_FIELD = "new_field"  # every row has a column more, `BZ_NEW`; value: of so many rows one, 1
    GONE_FIELD = "gone_field"  # no row has its last own column
    CHANGED_TYPE = "changed_type"  # the last own column holds a list


@dataclass(slots=True)
class Fault:
    """A fault in waiting: it spares `after` calls, then strikes `times` calls (None: all of them)."""

    kind: FaultKind
    dataset: str
    times: int | None
    after: int
    value: float | None


class Faults:
    """The faults of a hub, by dataset or everywhere; safe to change while the hub serves."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    def add(
        self,
        kind: FaultKind | str,
        dataset: str = EVERYWHERE,
        *,
        times: int | None = 1,
        after: int = 0,
        value: float | None = None,
    ) -> None:
        """Let a fault strike the next calls of a dataset."""
        self._waiting.append(Fault(FaultKind(kind), dataset, times, after, value))

    def clear(self) -> None:
        """Mend everything."""
        self._waiting.clear()

    def take(self, dataset: str) -> Fault | None:
        """Return the fault that strikes this call, and count it."""
        for fault in self._waiting:
            everywhere = fault.dataset == EVERYWHERE and dataset != REFRESH
            if (everywhere or fault.dataset == dataset) and self._strikes(fault):
                return fault
        return None

    def _strikes(self, fault: Fault) -> bool:
        if fault.after:
            fault.after -= 1
            return False
        if fault.times is not None:
            fault.times -= 1
            if fault.times <= 0:
                self._waiting.remove(fault)
        return True
