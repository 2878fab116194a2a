"""For whoever receives events: read the feed, or take webhooks, and trust only what was signed.

An event may come again, after a fault or when it is sent again, and the events of one benefit come in order.
So do the work once for each `event.id`, or let a second time change nothing.
"""

from gateway.client.event import Event, read_event
from gateway.client.faults import CursorGone, FeedStopped, NotTrusted
from gateway.client.feed import Feed
from gateway.client.webhook import Delivery, verify_webhook

__all__ = [
    "CursorGone",
    "Delivery",
    "Event",
    "Feed",
    "FeedStopped",
    "NotTrusted",
    "read_event",
    "verify_webhook",
]
