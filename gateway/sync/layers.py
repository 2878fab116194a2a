"""The decisions that stand, as columns: a whole part for each bucket, and layers of what changed since.

Few decisions change in a run. To write the others again would cost more than to decide.
"""

from collections.abc import Sequence
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from gateway.decide.columns import DECIDED
from gateway.evidence.live import scan
from gateway.places import Place, opened
from gateway.store.parts import Part

_COLUMNS: Final = ", ".join(DECIDED.names)
_LAYERS: Final = 8
_SHARE: Final = 0.25
"""So many layers, or layers with this share of the whole part's rows, are folded into a new whole part."""


def standing(folder: Place, parts: Sequence[Part]) -> str:
    """SQL of the DECIDED rows of some buckets: of every benefit the row of the newest part that has it.

    `parts` are all of those buckets that count, in any order.
    """
    wholes, layers = _wholes(parts), _layers(parts)
    if not layers:
        return _scan(folder, wholes)
    newest = "row_number() OVER (PARTITION BY benefit_id ORDER BY run_id DESC) = 1"
    over = " UNION ALL ".join(
        f"SELECT *, {part.run_id or 0} AS run_id FROM ({_scan(folder, [part])})" for part in layers
    )
    layered = f"SELECT {_COLUMNS} FROM ({over}) QUALIFY {newest}"
    return (
        f"SELECT {_COLUMNS} FROM ({_scan(folder, wholes)}) "
        f"ANTI JOIN (SELECT benefit_id FROM ({layered})) AS layered USING (benefit_id) "
        f"UNION ALL {layered}"
    )


def is_to_be_folded(parts: Sequence[Part], more: int) -> bool:
    """Whether a bucket's next part had better be a whole one; `more` is how many rows have changed now."""
    wholes, layers = _wholes(parts), _layers(parts)
    rows = more + sum(part.rows for part in layers)
    return not wholes or len(layers) >= _LAYERS or rows > _SHARE * sum(part.rows for part in wholes)


def _wholes(parts: Sequence[Part]) -> list[Part]:
    """The oldest part of each bucket; runs are numbered in the order in which they decided."""
    oldest: dict[int, Part] = {}
    for part in sorted(parts, key=_run):
        oldest.setdefault(part.bucket, part)
    return list(oldest.values())


def _layers(parts: Sequence[Part]) -> list[Part]:
    wholes = {part.part_id for part in _wholes(parts)}
    return [part for part in sorted(parts, key=_run) if part.part_id not in wholes]


def _run(part: Part) -> int:
    return part.run_id or 0


def _scan(folder: Place, parts: Sequence[Part]) -> str:
    """As `scan`; a part of an older version lacks some columns, which are missing in all its rows."""
    known = [_names(folder / part.path) for part in parts]
    if all(names.issuperset(DECIDED.names) for names in known):
        return scan(folder, parts, DECIDED)
    each = (
        scan(folder, [part], pa.schema([field for field in DECIDED if field.name in names]))
        for part, names in zip(parts, known, strict=True)
    )
    return " UNION ALL BY NAME ".join((scan(folder, [], DECIDED), *each))


def _names(part: Place) -> set[str]:
    with opened(part) as file:
        return set(pq.read_schema(file).names)
