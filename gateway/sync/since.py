"""What has come between the decisions that stand and a new run; or why everybody is decided again."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from gateway.evidence.columns import BUCKETS, STRANGERS
from gateway.places import Place
from gateway.store.bases import STAGES, Basis, parts_by_id, standing_basis
from gateway.store.parts import Part, live_parts
from gateway.store.revisions import revisions_of


@dataclass(frozen=True)
class Turned:
    """The parts of one stage: those the last run was decided from, and those that count now."""

    before: Sequence[Part] = ()
    now: Sequence[Part] = ()

    @property
    def added(self) -> list[Part]:
        """What was not there before."""
        return _without(self.now, self.before)

    @property
    def removed(self) -> list[Part]:
        """What no longer counts; its files are still there."""
        return _without(self.before, self.now)

    def of(self, buckets: Collection[int]) -> "Turned":
        """The parts of some buckets."""
        return Turned(_of(self.before, buckets), _of(self.now, buckets))

    @property
    def own(self) -> "Turned":
        """The parts about people on the roster."""
        return self.of(range(BUCKETS))

    @property
    def strangers(self) -> "Turned":
        """The parts of the strangers' bucket, where withdrawals are kept too."""
        return self.of((STRANGERS,))


@dataclass(frozen=True)
class Since:
    """What may have changed decisions. `revised` are the holders of benefits decided out of turn.

    `why_full` says why no difference is looked for and everybody is decided; null where one is.
    """

    why_full: str | None
    settled: Turned = field(default_factory=Turned)
    retired: Turned = field(default_factory=Turned)
    roster: Turned = field(default_factory=Turned)
    revised: Collection[int] = ()

    @property
    def roster_changed(self) -> bool:
        """Whether the roster may be another one, so that benefits may have left it."""
        return bool(self.why_full and not self.roster.now) or bool(self.roster.added or self.roster.removed)


def basis_now(conn: Connection, run_id: int, as_of: Any, rules: str) -> Basis:
    """What a run that begins now is decided from."""
    parts = (part.part_id for stage in STAGES for part in live_parts(conn, stage))
    return Basis(run_id, as_of, rules, frozenset(parts))


def since_last(conn: Connection, folder: Place, now: Basis, *, asked: str | None = None) -> Since:
    """What has come since the decisions that stand; what is unsure makes it a full run, as `asked` does."""
    last = standing_basis(conn)
    if last is None:
        return Since("nothing was decided yet, or by an older version")
    before = list(parts_by_id(conn, last.parts))
    turned = {
        stage: Turned([part for part in before if part.stage == stage], live_parts(conn, stage))
        for stage in STAGES
    }
    states = [revision.state for bucket in range(BUCKETS) for revision in revisions_of(conn, bucket)]
    revised = [state.get("person") for state in states]
    why = _why_full(now, last, turned.values(), folder, asked=asked, revised=revised)
    return Since(why, **turned, revised=[person for person in revised if person is not None])


def _why_full(
    now: Basis,
    last: Basis,
    turned: Iterable[Turned],
    folder: Place,
    *,
    asked: str | None,
    revised: Iterable[int | None],
) -> str | None:
    gone = [part for each in turned for part in each.removed if not (folder / part.path).exists()]
    reasons = {
        "the rules are others, or other datasets were compared": now.rules != last.rules,
        "the day is before the last": now.as_of < last.as_of,
        "evidence or the roster was written anew, and what it was is swept": bool(gone),
        "an older version decided some benefits out of turn": None in revised,
    }
    return asked or next((why for why, holds in reasons.items() if holds), None)


def _of(parts: Sequence[Part], buckets: Collection[int]) -> list[Part]:
    return [part for part in parts if part.bucket in buckets]


def _without(parts: Sequence[Part], others: Sequence[Part]) -> list[Part]:
    known = {part.part_id for part in others}
    return [part for part in parts if part.part_id not in known]
