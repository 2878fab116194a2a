"""What must agree between the sections of `policy.yaml`; each fault names its key."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, get_args

from gateway.policy.entries import Benefit, Cause, Grounds, RecordKind
from gateway.records import KINDS, DeathBasis

CAUSE_OF: Final[Mapping[str, Cause]] = {"detention": "custody", "sentence": "custody"}
"""The cause of a reason that is not itself a cause."""

POLARITIES: Final = {kind: model.polarity for kind, model in KINDS.items()}
"""What each of the gateway's own kinds of record says, as `gateway.records` defines it."""


def unknown_names(listed: Mapping[str, Iterable[str]], known: Iterable[str]) -> Iterator[str]:
    """Names in lists that stand in none of the tables above."""
    known = set(known)
    for key, names in listed.items():
        yield from (f"{key} names {name}" for name in names if name not in known)


def record_faults(records: Mapping[str, RecordKind]) -> Iterator[str]:
    """Kinds of record that have no entry or another polarity.

    A kind that is not the gateway's own is a department's: it is listed to confirm that it certifies.
    """
    yield from (f"records says nothing of {kind}" for kind in POLARITIES if kind not in records)
    for kind, entry in records.items():
        polarity = POLARITIES.get(kind)
        if polarity is None and entry.polarity == "adverse":
            yield f"records.{kind} is no kind of the gateway's, and a department's own is never adverse"
        elif polarity is not None and entry.polarity != polarity:
            yield f"records.{kind}.polarity is {polarity}"


def basis_faults(given: Iterable[str]) -> Iterator[str]:
    """Bases of a death that are neither first-hand nor an echo, or that no record can have."""
    known = set(get_args(DeathBasis))
    given = set(given)
    yield from (f"death: {basis} is neither first-hand nor an echo" for basis in sorted(known - given))
    yield from (f"death: {basis} is no basis of a death" for basis in sorted(given - known))


def ground_faults(benefits: Mapping[str, Benefit], holding: Iterable[Cause]) -> Iterator[str]:
    """Grounds whose effect the other sections cannot carry out."""
    holding = set(holding)
    for code, benefit in benefits.items():
        for name in Grounds.model_fields:
            ground = getattr(benefit.grounds, name)
            if ground and ground.effect == "hold_only" and CAUSE_OF.get(name, name) not in holding:
                yield f"benefits.{code}.grounds.{name} only holds, but is not among holds.causes"
        if benefit.grounds.sentence_outside_prison.effect != "no":
            yield f"benefits.{code}.grounds.sentence_outside_prison: no record tells it, it can only be no"


def pension_faults(benefits: Mapping[str, Benefit], pensions: Iterable[str]) -> Iterator[str]:
    """A pension that would be the ground of its own suspicion."""
    for code in pensions:
        ground: Any = benefits[code].grounds.also_pension if code in benefits else None
        if ground and ground.effect != "no":
            yield f"also_pension.pensions names {code}, which has the ground itself"
