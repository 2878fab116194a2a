"""What one decision run came to, as it is printed and as its run keeps it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, Final

from gateway.decide.guard import NOTHING, Findings, added, from_json
from gateway.store.runs import Run

_OF_THE_RUN: Final = ("run_id", "as_of", "policy_version")


@dataclass
class DecideReport:
    """Benefits by decision and reason, events by type, new findings.

    `held` says why nothing was published, in a line each; empty where everything was. `uncompared` datasets
    stood in the way of renewals, those in `of_life` in the way of overdue notices. `reconsidered` benefits
    were decided again; `full` says why all of them were, and is null where only those were that something had
    moved for.
    """

    run_id: int
    as_of: date
    policy_version: str
    uncompared: tuple[str, ...] = ()
    of_life: tuple[str, ...] = ()
    decisions: dict[str, int] = field(default_factory=dict)
    changed: int = 0
    events: dict[str, int] = field(default_factory=dict)
    reconsidered: int = 0
    full: str | None = None
    findings: Findings = field(default_factory=lambda: NOTHING)
    held: tuple[str, ...] = ()


def add(report: DecideReport, part: DecideReport) -> None:
    """Add what some of the benefits came to."""
    report.decisions = summed(report.decisions, part.decisions)
    report.changed += part.changed
    report.events = summed(report.events, part.events)
    report.reconsidered += part.reconsidered
    report.findings = added(report.findings, part.findings)


def summed(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    """Counts by name, in the order of the names."""
    return dict(sorted((Counter(one) + Counter(other)).items()))


def as_summary(report: DecideReport) -> dict[str, Any]:
    """The report as its run keeps it."""
    return {name: value for name, value in asdict(report).items() if name not in _OF_THE_RUN}


def report_of(run: Run) -> DecideReport:
    """The report of a decide run that was decided to its end."""
    kept = dict(run.summary or {})
    kept = {name: kept[name] for name in DecideReport.__dataclass_fields__ if name in kept}
    lists = {name: tuple(kept[name]) for name in ("uncompared", "of_life", "held")}
    kept |= {**lists, "findings": from_json(kept["findings"])}
    return DecideReport(run.run_id, run.as_of or date.min, run.policy_version or "", **kept)
