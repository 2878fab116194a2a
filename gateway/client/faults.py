"""Why a consumer stops."""

from gateway.errors import DeliveryError


class FeedStopped(DeliveryError):  # noqa: N818 - it names what happened, as CursorGone and NotTrusted do
    """The feed cannot be read on: the message says why; what was acked stays acked."""


class CursorGone(FeedStopped):
    """What follows the cursor was removed: look for what is missing, then begin at `earliest`."""

    def __init__(self, earliest: str) -> None:
        super().__init__(
            f"what follows the cursor was removed after its retention; the earliest that works is {earliest}"
        )
        self.earliest = earliest


class NotTrusted(DeliveryError):  # noqa: N818 - it names what happened
    """What came is not signed by a known key: do not use it, and check the key and the address."""
