"""Proposes what a row says: a death, evidence of life on the likeliest day, or nothing at all."""

import re
from collections.abc import Sequence
from typing import Final, get_args

from gateway.records import Record
from gateway.scaffold.known import known
from gateway.scaffold.plan import OWN_FIELDS, ColumnPlan, RecordPlan, WantedDataset

_DIED: Final = "died"
_CREMATED: Final = "cremated"
_NOT_AN_ACT: Final = frozenset({"born", _DIED, _CREMATED, "valid_until", "ended", "updated", "issued"})
"""Days on which nobody need have done anything in person."""

_ACTS: Final = (
    "crossed",
    "admitted",
    "visited",
    "examined",
    "travelled",
    "departed",
    "happened",
    "registered",
    "applied",
    "handled",
    "filed",
)
_LIVES: Final = (
    (r"住院|入院|inpatient|hospital", "HospitalStay"),
    (r"门诊|就诊|outpatient", "OutpatientVisit"),
    (r"体检|health_check", "HealthCheck"),
    (r"出入境|border_cross", "BorderCrossing"),
    (r"身份证办|identity_card", "IdentityCard"),
    (r"结婚|marriage", "Marriage"),
    (r"离婚|divorce", "Divorce"),
    (r"走访|community_visit|home_visit", "CommunityVisit"),
    (r"医保结算|settlement", "Settlement"),
    (r"社区矫正|community_correction", "CommunityCorrection"),
)
_DEATHS: Final = (
    (r"火化|cremat", "cremation"),
    (r"死亡医学证明|death_certificate", "medical_certificate"),
    (r"参保终止|insurance", "insurance_terminated"),
)
_ECHO: Final = "register_cancelled"
_KINDS: Final = {"nothing", *(each.model_fields["kind"].default for each in get_args(get_args(Record)[0]))}
_SHORTEST_KIND: Final = 3
_UNDONE: Final = re.compile(r"退|撤|取消|作废|冲正|未|无效")

Meaning = tuple[tuple[RecordPlan, ...], str]


def meaning_of(wanted: WantedDataset, columns: Sequence[ColumnPlan]) -> Meaning:
    """The records to propose, and why; a row of which nothing is sure stays neutral."""
    columns = [column for column in columns if column.alias not in OWN_FIELDS]
    pairs = _pairs(columns)
    if not pairs:
        return _about_nobody(columns)
    days = _times(columns, _DIED)[:1], _times(columns, _CREMATED)[:1]
    if any(days):
        return _death(wanted, columns, days, pairs[0])
    day = _likeliest(columns)
    if day is None:
        return _neutral(wanted, pairs)
    plans, why = _life(wanted, day, pairs)
    undone = [column.alias for column in columns if any(map(_UNDONE.search, column.codes.values()))]
    return plans, f"{why}; a code of {undone[0]} may undo it" if undone else why


def _about_nobody(columns: Sequence[ColumnPlan]) -> Meaning:
    day = next((column.alias for column in columns if column.kind in ("day", "instant")), None)
    why = "neutral: no column of names stands beside the ID number, and no record is about a number alone"
    return (RecordPlan("Unclassified", day),), why


def _neutral(wanted: WantedDataset, pairs: Sequence[tuple[str, str] | None]) -> Meaning:
    kind = _own_kind(wanted.name)
    plans = tuple(RecordPlan("Neutral", about=about, own_kind=kind) for about in pairs)
    return plans, "neutral, of a kind of its own: no column holds a day on which somebody did something"


def _pairs(columns: Sequence[ColumnPlan]) -> list[tuple[str, str] | None]:
    """Who a record is about: None where the row names one person, else the columns of each."""
    ids, names = ([column.alias for column in columns if column.kind == kind] for kind in ("id", "name"))
    if len(ids) == len(names) == 1:
        return [None]
    if len(ids) == len(names):
        return list(zip(ids, names, strict=True))
    return [(ids[0], names[0])] if ids and names else []


def _death(
    wanted: WantedDataset,
    columns: Sequence[ColumnPlan],
    days: tuple[list[str], list[str]],
    about: tuple[str, str] | None,
) -> Meaning:
    said, (died, cremated) = f"{wanted.name} {wanted.title}", days
    titled = next((basis for form, basis in _DEATHS if re.search(form, said)), None)
    basis = titled or (_ECHO if died else "cremation")
    paper = next((column.alias for column in columns if column.field == "certificate_no"), None)
    number = "certificate" if basis == "medical_certificate" else "derived_from"
    bounds = (*cremated, "tong_time") if titled else () if died else tuple(cremated)
    plan = RecordPlan(
        "Death",
        next(iter(died), None),
        when=None if titled else (*died, *cremated)[0],
        about=about,
        texts=(("basis", basis), *([(number, paper)] if paper else [])),
        bounds=bounds,
    )
    if titled:
        return (plan,), "a death, as its title says; compare the basis with where the row comes from"
    return (plan,), f"a death where its day is given; {basis} is a guess, and an echo claims least"


def _life(wanted: WantedDataset, day: ColumnPlan, pairs: Sequence[tuple[str, str] | None]) -> Meaning:
    said = f"{wanted.name} {wanted.title}"
    record = next((record for form, record in _LIVES if re.search(form, said)), None)
    kind = None if record else _own_kind(wanted.name)
    plans = tuple(
        RecordPlan(
            record or "OfLife",
            day.alias,
            when=day.alias if day.sometimes_blank else None,
            about=about,
            texts=(("strength", "weak"),) if record else (),
            own_kind=kind,
        )
        for about in pairs
    )
    if record:
        return plans, "evidence of life by its title; weak, until nobody can act for the person"
    return plans, "evidence of life of a kind of its own, which counts once policy.yaml lists it"


def _own_kind(dataset: str) -> str:
    return f"{dataset}_row" if dataset in _KINDS or len(dataset) < _SHORTEST_KIND else dataset


def _times(columns: Sequence[ColumnPlan], stem: str) -> list[str]:
    return [column.alias for column in columns if column.kind in ("day", "instant") and _stem(column) == stem]


def _stem(column: ColumnPlan) -> str | None:
    return known(column.alias, column.title).english


def _likeliest(columns: Sequence[ColumnPlan]) -> ColumnPlan | None:
    days = [c for c in columns if c.kind in ("day", "instant") and _stem(c) not in _NOT_AN_ACT]
    ranked = sorted(days, key=lambda c: (c.sometimes_blank, _rank(_stem(c))))
    return ranked[0] if ranked else None


def _rank(stem: str | None) -> int:
    return _ACTS.index(stem) if stem in _ACTS else len(_ACTS)
