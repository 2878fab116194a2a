"""The store's facts as metrics: names, units and help texts; pure."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Final, get_args

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from gateway.clock import CHINA
from gateway.store.alarms import Name
from gateway.store.facts import MOST, Facts

_SUBSCRIPTION_STATES: Final = ("pending", "active", "paused", "disabled")


def gauges(facts: Facts | None, now: datetime) -> Iterator[Metric]:
    """Every metric that comes from the store, as it stood at `now`; without facts, that there are none."""
    up = "1 when the store could be read for this answer, 0 when it could not in time."
    yield GaugeMetricFamily("gateway_store_up", up, value=float(facts is not None))
    if facts is not None:
        yield from _events(facts, now)
        yield from _deliveries(facts)
        yield from _readers(facts)
        yield from _work(facts, now)


def _events(facts: Facts, now: datetime) -> Iterator[Metric]:
    last, since = facts.last_sequence, facts.undispatched_since
    yield CounterMetricFamily("gateway_events", "Events there are, released and held.", value=last)
    released = "Events that were let out."
    yield CounterMetricFamily("gateway_events_released", released, value=last - facts.held)
    yield _gauge("gateway_events_held", f"Events that wait for their run, counted up to {MOST}.", facts.held)
    yield _gauge("gateway_events_last_sequence", "Number of the last event, released or held.", last)
    yield _gauge(
        "gateway_oldest_undispatched_event_age_seconds",
        "Seconds since the oldest event was let out that waits to be tried for the first time; 0: none.",
        0.0 if since is None else max((now - since).total_seconds(), 0.0),
    )


def _deliveries(facts: Facts) -> Iterator[Metric]:
    standing = f"Deliveries that are not through, by state, each counted up to {MOST}."
    yield _by("gateway_deliveries", standing, "state", facts.deliveries)
    made = "Deliveries ever made, by the highest number given: a few numbers may be unused."
    yield CounterMetricFamily("gateway_deliveries_made", made, value=facts.deliveries_made)


def _readers(facts: Facts) -> Iterator[Metric]:
    states = dict.fromkeys(_SUBSCRIPTION_STATES, 0) | dict(facts.subscriptions)
    yield _by("gateway_subscriptions", "Subscriptions, by state.", "state", states)
    lag = "Released events that the gateway has not looked at yet for a subscription."
    yield _by("gateway_subscription_lag_events", lag, "subscription", facts.lags)
    behind = "Released events that a consumer has not acknowledged."
    yield _by("gateway_consumer_lag_events", behind, "consumer", facts.behind)


def _work(facts: Facts, now: datetime) -> Iterator[Metric]:
    alarms = dict.fromkeys(get_args(Name), 0) | dict(facts.alarms)
    yield _by("gateway_alarms_standing", "Alarms that are not over, by name.", "alarm", alarms)
    runs = GaugeMetricFamily("gateway_runs", "Runs, by kind and state.", labels=("kind", "state"))
    ended = "When the last run of a kind came to a state, in Unix time."
    ends = GaugeMetricFamily("gateway_run_last_ended_timestamp_seconds", ended, labels=("kind", "state"))
    for each in facts.runs:
        runs.add_metric((each.kind, each.state), each.count)
        if each.last_at is not None:
            ends.add_metric((each.kind, each.state), each.last_at.replace(tzinfo=CHINA).timestamp())
    yield from (runs, ends)
    ages = {name: (now - until).total_seconds() for name, until in facts.read_until.items()}
    age = "Seconds since the end of the last window that was read completely, by dataset."
    yield _by("gateway_dataset_read_age_seconds", age, "dataset", ages)
    yield _by(
        "gateway_refusals_open", "Refused rows that are not settled, by dataset.", "dataset", facts.refusals
    )


def _gauge(name: str, said: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, said, value=value)


def _by(name: str, said: str, label: str, values: Mapping[str, float]) -> GaugeMetricFamily:
    found = GaugeMetricFamily(name, said, labels=(label,))
    for each, value in values.items():
        found.add_metric((each,), value)
    return found


class Together:
    """Several sources of metrics as one."""

    def __init__(self, *sources: Iterable[Metric]) -> None:
        self._sources = sources

    def collect(self) -> Iterator[Metric]:
        """Every metric, source by source."""
        for source in self._sources:
            yield from source
