"""Which evidence counts: settled versions that are neither retired nor withdrawn, as DuckDB relations."""

from collections.abc import Sequence
from typing import Final

import pyarrow as pa

from gateway.evidence.columns import BUCKETS, EVIDENCE, RETIRED, STRANGERS
from gateway.places import Place
from gateway.store.parts import Part

BUCKET_OF: Final = f"coalesce(person % {BUCKETS}, {STRANGERS})"
"""SQL for the bucket of a row."""

_TYPES: Final = {
    pa.int64(): "BIGINT",
    pa.int16(): "SMALLINT",
    pa.string(): "VARCHAR",
    pa.binary(16): "BLOB",
    pa.date32(): "DATE",
    pa.timestamp("us"): "TIMESTAMP",
    pa.bool_(): "BOOLEAN",
    pa.list_(pa.string()): "VARCHAR[]",
    pa.list_(pa.date32()): "DATE[]",
    pa.list_(pa.int64()): "BIGINT[]",
}

_CARRIER: Final = (
    "certificate, department, dataset, key_hash, item, origin, published_at, received_at, content"
)
"""What is said of a voided certificate: the row that carried it or took it back, and nothing of a death."""

_SAID: Final = {
    "kind": "'voided_certificate'",
    "polarity": "'neutral'",
    "identity": "'match'",
    **{name: name for name in ("person", *_CARRIER.split(", "))},
}
_VOIDED: Final = ", ".join(
    f"{_SAID.get(field.name, f'CAST(NULL AS {_TYPES[field.type]})')} AS {field.name}" for field in EVIDENCE
)


def scan(folder: Place, parts: Sequence[Part], schema: pa.Schema) -> str:
    """SQL that reads all parts with the schema's columns; no rows when there are no parts."""
    if not parts:
        columns = ", ".join(f"CAST(NULL AS {_TYPES[field.type]}) AS {field.name}" for field in schema)
        return f"SELECT {columns} WHERE false"
    files = ", ".join(quoted(str(folder / part.path)) for part in parts)
    return f"SELECT {', '.join(schema.names)} FROM read_parquet([{files}])"


def live(folder: Place, settled: Sequence[Part], retired: Sequence[Part]) -> str:
    """SQL of the one live version of each (dataset, key)."""
    if not retired:
        return scan(folder, settled, EVIDENCE)
    return _live(scan(folder, settled, EVIDENCE), scan(folder, retired, RETIRED))


def _live(settled: str, retired: str) -> str:
    return (
        f"SELECT * FROM ({settled}) ANTI JOIN ({retired}) AS retired "
        "USING (dataset, key_hash, published_at, content)"
    )


def counting(
    folder: Place,
    settled: Sequence[Part],
    retired: Sequence[Part],
    strangers: tuple[Sequence[Part], Sequence[Part]],
    misnamed: str | None = None,
) -> str:
    """SQL of the records that count in one bucket: live, and undone by no live withdrawal.

    Beside them stands a `voided_certificate` for every certificate that a person's death rests on and that
    no longer says so itself. `strangers` are the settled and retired parts of the strangers' bucket, where
    withdrawals are kept. `misnamed` is the table of `certificates_misnamed`: such a death is in doubt.
    """
    rows, gone = scan(folder, settled, EVIDENCE), scan(folder, retired, RETIRED)
    return counting_among(rows, gone, live(folder, *strangers), misnamed)


def counting_among(settled: str, retired: str, apart: str, misnamed: str | None) -> str:
    """SQL as of `counting`, where the rows themselves are given as SQL or as names of tables.

    Of `settled` all rows of a kind may be missing but for deaths, of `apart`, what lives of the strangers,
    all but withdrawals and rows that say nothing.
    """
    counted = (
        f"SELECT * FROM ({_live(settled, retired)}) "
        f"ANTI JOIN ({withdrawn(apart)}) AS withdrawn USING (dataset, key_hash) "
        "WHERE kind NOT IN ('nothing', 'withdrawal')"
    )
    voided = _voided(counted, settled, apart)
    named = _doubting(counted, misnamed) if misnamed else counted
    return f"{named} UNION ALL BY NAME {voided}"


def undoing(folder: Place, settled: Sequence[Part], retired: Sequence[Part]) -> str:
    """SQL of the strangers' rows that undo others: of all that is apart, what `counting_among` looks at."""
    return f"SELECT * FROM ({live(folder, settled, retired)}) WHERE kind IN ('nothing', 'withdrawal')"


def certificates_misnamed(folder: Place, settled: Sequence[Part], retired: Sequence[Part]) -> str:
    """SQL as of `misnamed_among`, over whole buckets."""
    return misnamed_among(live(folder, settled, retired))


def misnamed_among(lives: str) -> str:
    """SQL of the persons (`certificate`, `person`) whom a certificate of death names beside a better one.

    `lives` is SQL of what lives, of which all but the deaths may be missing.

    Records that are a certificate or rest on it should name one person. Where they do not, whom more
    departments name is the better one, and the certificate itself counts for half a department more. Somebody
    who is not on the roster is known by the name: under the same name it may be the same person with another
    number. Asked of all buckets at once: the others whom a certificate names may be anywhere.
    """
    deaths = (
        "SELECT coalesce(derived_from, certificate) AS certificate, person, name_key, department, "
        f"derived_from IS NULL AS issued FROM ({lives}) "
        "WHERE kind = 'death' AND name_key IS NOT NULL AND coalesce(derived_from, certificate) IS NOT NULL"
    )
    weighed = (
        "SELECT certificate, person, list(DISTINCT name_key) AS names, "
        "count(DISTINCT department) + 0.5 * max(issued::INTEGER) AS weight "
        f"FROM ({deaths}) GROUP BY certificate, person, CASE WHEN person IS NULL THEN name_key END"
    )
    somebody_else = (
        "CASE WHEN better.person IS NULL THEN NOT list_has_any(named.names, better.names) "
        "ELSE better.person <> named.person END"
    )
    return (
        f"WITH weighed AS ({weighed}) SELECT DISTINCT certificate, named.person AS person "
        "FROM weighed AS named JOIN weighed AS better USING (certificate) "
        f"WHERE named.person IS NOT NULL AND better.weight > named.weight AND {somebody_else}"
    )


def _doubting(counted: str, misnamed: str) -> str:
    columns = ", ".join(name for name in EVIDENCE.names if name != "identity")
    doubt = "CASE WHEN misnamed.certificate IS NULL THEN identity ELSE 'doubt' END AS identity"
    own = ", ".join(f"counted.{name}" for name in columns.split(", "))
    return (
        f"SELECT {own}, {doubt} FROM ({counted}) AS counted LEFT JOIN {misnamed} AS misnamed "
        "ON counted.kind = 'death' AND counted.person = misnamed.person "
        "AND coalesce(counted.derived_from, counted.certificate) = misnamed.certificate"
    )


def withdrawn(apart: str) -> str:
    """SQL of the keys (`dataset`, `key_hash`) that a row withdraws; one that is withdrawn undoes nothing."""
    withdrawals = f"SELECT * FROM ({apart}) WHERE kind = 'withdrawal' AND withdraws <> key_hash"
    return (
        f"SELECT dataset, withdraws AS key_hash FROM ({withdrawals}) "
        f"ANTI JOIN (SELECT dataset, withdraws AS key_hash FROM ({withdrawals})) AS taken_back "
        "USING (dataset, key_hash)"
    )


def _voided(counted: str, settled: str, apart: str) -> str:
    """SQL of the certificates that deaths rest on, but that a row took back or now gives to somebody else.

    Every version ever settled is looked at: one that no longer lives is what a voided certificate is.
    """
    deaths = f"FROM ({counted}) WHERE kind = 'death'"
    rested_on = f"SELECT DISTINCT person, derived_from AS certificate {deaths} AND derived_from IS NOT NULL"
    standing = f"SELECT person, certificate {deaths} AND certificate IS NOT NULL"
    carried = f"SELECT person, {_CARRIER} FROM ({settled}) WHERE kind = 'death' AND certificate IS NOT NULL"
    undone = (
        f"SELECT rested.person, {_CARRIER} FROM ({apart}) JOIN ({rested_on}) AS rested USING (certificate) "
        "WHERE kind IN ('nothing', 'withdrawal')"
    )
    return (
        f"SELECT {_VOIDED} FROM (SELECT * FROM ({carried}) UNION ALL SELECT * FROM ({undone})) "
        f"SEMI JOIN ({rested_on}) AS rested USING (person, certificate) "
        f"ANTI JOIN ({standing}) AS standing USING (person, certificate) "
        "QUALIFY row_number() OVER (PARTITION BY person, certificate "
        "ORDER BY published_at DESC, content DESC, dataset, key_hash, item) = 1"
    )


def quoted(text: str) -> str:
    """A text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"
