"""The page of the kinds of record."""

from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from typing import Final, get_args

from gateway import records
from gateway.policy.entries import Benefit, Ground, RecordKind
from gateway.policy.load import load_policy
from gateway.policy.rules import Policy
from gateway.records import FIRST_HAND, Fact
from tests.support.project import ROOT
from tests.support.reference.departments import datasets
from tests.support.reference.markdown import code, codes, table
from tests.support.reference.reading import Attribute, attributes, literals, sentence

KINDS: Final[tuple[type[Fact], ...]] = get_args(get_args(records.Record)[0])
# Which grounds of policy.yaml a kind of record can be; the others are none.
GROUNDS: Final = {
    "death": ("death",),
    "absence": ("absence",),
    "custody": ("detention", "sentence"),
    "marriage": ("remarriage",),
    "emigration": ("emigration",),
    "enlisted": ("enlisted",),
}
_GIVEN: Final = ("published_at", "received_at", "origin")
_HEAD = """# Records

A record is what a row says about a person, in the gateway's own words. It names nobody: the person stands
beside it as a keyed hash. Its polarity, whether it certifies, and which benefits it puts in doubt are entries
of `config/policy.yaml` (version {version}). What each rests on is a clause of 湘人社办发〔2026〕10号, a
law by its name, or `POLICY`: chosen by the project where the notice is silent.

- **of_life** shows the person alive on `happened_on`. *Strong* certifies; *weak* (somebody else may have
  come) only orders the list of whom to reach.
- **adverse** raises a suspicion that somebody must verify. It concludes nothing.
- **neutral** is kept and shown, and is a ground for single benefits at most.

Every record has {given}, filled by the gateway.

"""


def page() -> str:
    """The whole page."""
    policy = load_policy(ROOT / "config")
    head = _HEAD.format(version=policy.version, given=", ".join(code(name) for name in _GIVEN))
    summary = table(
        ["record", "kind", "polarity", "certifies when strong", "rests on"],
        (_summary(record, policy.records[kind_of(record)]) for record in KINDS),
    )
    return head + summary + "\n" + "\n".join("\n".join(_section(record, policy)) for record in KINDS)


def kind_of(record: type[Fact]) -> str:
    """The name of a kind of record in `policy.yaml` and in evidence."""
    kind: str = record.model_fields["kind"].default
    return kind


def _summary(record: type[Fact], entry: RecordKind) -> list[str]:
    name = record.__name__
    certifies = "yes" if entry.certifies else ""
    return [f"[`{name}`](#{name.lower()})", code(kind_of(record)), entry.polarity, certifies, clauses(entry)]


def clauses(entry: RecordKind | Ground | Benefit) -> str:
    """What an entry rests on; *chosen* where the notice is silent."""
    return "; ".join(entry.cite) + (" *(chosen)*" if entry.chosen else "")


def _section(record: type[Fact], policy: Policy) -> Iterator[str]:
    yield f"## {record.__name__}\n"
    yield f"{sentence(record)}\n"
    yield table(["field", "values", "", "what it is"], (_field(record, each) for each in _own(record)))
    if record is records.Death:
        yield f"First-hand: {codes(FIRST_HAND)}. The others are echoes: somebody else saw it.\n"
    yield from _in_doubt(record, policy)
    given_by = _given_by()[record]
    yield (
        f"Given by: {codes(given_by)}.\n"
        if given_by
        else "Given by no department's row of the project itself.\n"
    )


def _own(record: type[Fact]) -> list[Attribute]:
    return [each for each in attributes(record) if each.name not in {*_GIVEN, "kind", "polarity"}]


def _field(record: type[Fact], each: Attribute) -> list[str]:
    target = record.model_fields[each.name]
    allowed = literals(target.annotation)
    values = codes(allowed) if allowed else "day" if "date" in each.annotation else "text"
    filled = record is records.Death and each.name == "latest"
    need = "filled" if filled else "required" if target.is_required() else ""
    default = f" Default {code(target.default)}." if isinstance(target.default, str) else ""
    return [code(each.name), values, need, each.doc + default]


def _in_doubt(record: type[Fact], policy: Policy) -> Iterator[str]:
    rows = [
        [code(ground), code(benefit), entry.effect, clauses(entry)]
        for ground in GROUNDS.get(kind_of(record), ())
        for benefit, found in policy.benefits.items()
        if (entry := getattr(found.grounds, ground)) is not None
    ]
    if rows:
        yield table(["ground", "benefit", "puts in doubt", "rests on"], rows)


@cache
def _given_by() -> dict[type[Fact], list[str]]:
    found: dict[type[Fact], list[str]] = defaultdict(list)
    for department, dataset in datasets():
        for record in dict.fromkeys(emit.record for emit in dataset.every_emit):
            found[record].append(f"{department.name}/{dataset.name}")
    return found
