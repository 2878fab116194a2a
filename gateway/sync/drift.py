"""Which datasets drift: their rows are no longer as their plugins describe them, in more than a few."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from gateway.errors import GatewayError, RowsChanged
from gateway.intake.drift import Drift, is_past, named, sentence
from gateway.settings import Settings
from gateway.store.alarms import Alarm, clear_alarm, raise_alarm, standing_alarms
from gateway.store.counts import Counts
from gateway.sync.services import Feed


@dataclass(frozen=True)
class Judged:
    """A dataset that was read: the alarm that it is due, if any, and the warning of its sync."""

    dataset: str
    alarm: Alarm | None = None
    warning: str | None = None


def judged_drift(
    settings: Settings, chosen: Sequence[Feed], taken: Mapping[str, Counts], stops: Mapping[str, GatewayError]
) -> list[Judged]:
    """What is to be said about every dataset of which rows came; pure."""
    return [found for feed in chosen for found in _judged(settings, feed, taken.get(feed.name), stops)]


def _judged(
    settings: Settings, feed: Feed, counts: Counts | None, stops: Mapping[str, GatewayError]
) -> Iterator[Judged]:
    stop = stops.get(feed.name)
    if isinstance(stop, RowsChanged):
        yield Judged(feed.name, Alarm("drift", feed.name, str(stop).removeprefix(f"{feed.name}: ")))
        return
    if counts is None or not counts.received:
        return
    rule = settings.drift(feed.department, feed.name)
    if rule.mode == "evolve" or not is_past(counts.drifted, counts.received, rule.share):
        yield Judged(feed.name)
        return
    yield Judged(feed.name, _alarm(feed, counts, rule.share), _warning(feed, counts))


def _alarm(feed: Feed, counts: Counts, share: float) -> Alarm:
    """Names no number that differs from run to run: the same drift is one alarm."""
    names = named(counts.unknown_codes, counts.unknown_fields, counts.changed_types)
    step = f"describe it in plugin {feed.department}, or set `drift: evolve` in its configuration"
    return Alarm("drift", feed.name, f"in more than {100 * share:.4g} % of its rows: {names}; {step}")


def _warning(feed: Feed, counts: Counts) -> str:
    drift = Drift(counts.unknown_fields, counts.changed_types, counts.drifted)
    return f"{feed.name}: {sentence(counts.unknown_codes, drift, counts.received)}"


def note_drift(conn: Connection, found: Sequence[Judged], at: datetime) -> None:
    """Raise the alarms that are due and clear those of datasets that are as described again.

    Other names than those of the alarm that stands are another alarm: it must not hide them.
    """
    standing = {each.subject: each.message for each in standing_alarms(conn) if each.name == "drift"}
    for judged in found:
        said = standing.get(judged.dataset)
        if said is not None and (judged.alarm is None or judged.alarm.message != said):
            clear_alarm(conn, "drift", judged.dataset, at)
        if judged.alarm:
            raise_alarm(conn, judged.alarm, at)
