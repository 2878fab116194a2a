"""The bench of latency: both ways take every event, and its figures say what they are."""

import pytest

from bench import publishing
from bench.delivery.latency import p99


def test_every_event_is_acked_in_both_ways() -> None:
    found = p99(seconds=0.4)
    assert found.keys() == {"webhook", "feed"}
    assert all(0 < seconds < 60 for seconds in found.values())


def test_its_figures_are_better_the_less_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    rounds = iter([{"webhook": seconds, "feed": 4.0} for seconds in (0.5, 0.4, 1.0)])
    monkeypatch.setattr(publishing, "p99", lambda: next(rounds))
    webhook, feed = publishing.latency(3, lambda _: None)
    assert (webhook.line(), webhook.least, webhook.most) == ("p99_webhook 0.5 s 4.00", 0.4, 1.0)
    assert feed.line() == "p99_feed 4 s 0.50"
