"""The mass guard: whether what a run found looks like an error of the data (POLICY 3, Mass guard)."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Final, Literal, NamedTuple

from gateway.decide.findings import LiveCause
from gateway.events import EventDraft
from gateway.policy import Policy

Kind = Literal["suspicions", "conflicts", "overdues"]
KINDS: Final[tuple[Kind, ...]] = ("suspicions", "conflicts", "overdues")
NO_COUNTY: Final = ""
"""The county of benefits whose roster row names no usable one."""


@dataclass(frozen=True)
class Finding:
    """One new finding: an event that follows none. `datasets` are those of the adverse evidence behind it."""

    kind: Kind
    reason: str | None
    county: str | None
    datasets: Collection[str]


@dataclass(frozen=True)
class Tally:
    """New findings of one kind in one run; one counts once for each dataset it rests on."""

    in_all: int = 0
    by_reason: dict[str, int] = field(default_factory=dict)
    by_dataset: dict[str, int] = field(default_factory=dict)
    by_county: dict[str, int] = field(default_factory=dict)


Findings = Mapping[Kind, Tally]
"""The new findings of one run by kind; every kind is there."""

_KIND_OF: Final[Mapping[str, Kind]] = {
    "eligibility.suspected": "suspicions",
    "certification.conflict.found": "conflicts",
    "certification.overdue": "overdues",
}

NOTHING: Final[Findings] = dict.fromkeys(KINDS, Tally())


def new_findings(
    events: Iterable[EventDraft], causes: Iterable[LiveCause], was: Mapping[str, str | None]
) -> Iterator[Finding]:
    """What a bucket's events find for the first time; the evidence behind is that of the cause taken.

    `was` is the last decision by benefit id: a suspicion that becomes a conflict is new, and the reverse too.
    """
    datasets = {cause.benefit_id: cause.datasets for cause in causes if cause.suspected}
    for event in events:
        kind = _KIND_OF.get(event.data.type_name)
        if kind and (event.replaces is None or was.get(event.subject) != event.data.decision):
            reason = getattr(event.data, "reason", None)
            behind = () if kind == "overdues" else datasets.get(event.subject, ())
            yield Finding(kind, reason, event.county, behind)


def counted(found: Iterable[Finding]) -> Findings:
    """The findings of some benefits, added up."""
    by_kind: dict[Kind, list[Finding]] = {kind: [] for kind in KINDS}
    for each in found:
        by_kind[each.kind].append(each)
    return {kind: _tally(findings) for kind, findings in by_kind.items()}


def overdues(by_county: Mapping[str | None, int]) -> Findings:
    """So many overdues of each county, each found for the first time."""
    counties = Counter[str]()
    for county, count in by_county.items():
        counties[county or NO_COUNTY] += count
    return {**NOTHING, "overdues": Tally(counties.total(), by_county=dict(sorted(counties.items())))}


def added(one: Findings, other: Findings) -> Findings:
    """The findings of two parts of a run together."""
    return {kind: _sum(one[kind], other[kind]) for kind in KINDS}


def from_json(found: Mapping[str, Mapping[str, Any]]) -> Findings:
    """Findings as a run's summary kept them."""
    return {kind: Tally(**found[kind]) for kind in KINDS}


def judge(
    findings: Findings,
    benefits: Mapping[str, int],
    history: Sequence[Findings],
    policy: Policy,
    *,
    first: bool,
) -> list[str]:
    """Why a run must be held, a line for each kind and scope that stands out; empty where nothing does.

    Suspicions, conflicts and overdues are judged each by itself; in all, for each dataset against all
    benefits, for each county against its own. `benefits` is how many each county has, `history` the last
    runs that were published and changed something, `first` says that none ever was.
    """
    rules = policy.mass_guard
    most = rules.min_count.value
    judged = _Judged(benefits, sum(benefits.values()), history[: rules.median_of_runs.value], policy)
    lines = [line for kind in KINDS for line in judged.lines(kind, findings[kind])]
    count = sum(tally.in_all for tally in findings.values())
    if first and count > most:
        lines.insert(0, f"{count:,} findings, more than {most}, in the first run there is")
    return lines


class _Scope(NamedTuple):
    """Where a count is looked at: how many benefits are there, and how many it was in the runs before."""

    name: str
    found: int
    benefits: int
    earlier: Sequence[int]


@dataclass(frozen=True)
class _Judged:
    """What a count is measured by."""

    benefits: Mapping[str, int]
    all_benefits: int
    history: Sequence[Findings]
    policy: Policy

    def lines(self, kind: Kind, tally: Tally) -> Iterator[str]:
        """The scopes in which a kind stands out."""
        for scope in self._scopes(tally, [findings[kind] for findings in self.history]):
            exceeded = [*self._exceeded(kind, scope)]
            if exceeded:
                yield f"{scope.name}: {scope.found:,} new {kind}, {' and '.join(exceeded)}"

    def _scopes(self, now: Tally, before: Sequence[Tally]) -> Iterator[_Scope]:
        yield _Scope("in all", now.in_all, self.all_benefits, [each.in_all for each in before])
        for name, count in now.by_dataset.items():
            yield _Scope(name, count, self.all_benefits, [each.by_dataset.get(name, 0) for each in before])
        for name, count in now.by_county.items():
            earlier = [each.by_county.get(name, 0) for each in before]
            yield _Scope(f"county {name or 'unknown'}", count, self.benefits.get(name, 0), earlier)

    def _exceeded(self, kind: Kind, scope: _Scope) -> Iterator[str]:
        rules, count, earlier = self.policy.mass_guard, scope.found, scope.earlier
        if count <= rules.min_count.value:
            return
        share = (rules.max_share_of_overdues if kind == "overdues" else rules.max_share).value
        times = rules.times_the_median.value
        if count > share * scope.benefits:
            of = f"{_percent(count, scope.benefits)} of {scope.benefits:,} benefits"
            yield f"{of}, allowed {100 * share:g} %"
        if earlier and count > times * median(earlier):
            runs = f"{len(earlier)} runs" if len(earlier) > 1 else "run"
            yield f"more than {times} times the median {median(earlier):,g} of the last {runs}"


def _percent(count: int, benefits: int) -> str:
    return f"{100 * count / benefits:.1f} %" if benefits else "more than all"


def _tally(found: Sequence[Finding]) -> Tally:
    return Tally(
        in_all=len(found),
        by_reason=_sorted(each.reason for each in found if each.reason),
        by_dataset=_sorted(dataset for each in found for dataset in set(each.datasets)),
        by_county=_sorted(each.county or NO_COUNTY for each in found),
    )


def _sorted(names: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(names).items()))


def _sum(one: Tally, other: Tally) -> Tally:
    together = {
        name: dict(sorted((Counter(getattr(one, name)) + Counter(getattr(other, name))).items()))
        for name in ("by_reason", "by_dataset", "by_county")
    }
    return Tally(one.in_all + other.in_all, **together)
