"""The SQL that DuckDB reads, as Spark reads it: each source is written once and translated."""

from collections.abc import Callable, Iterator
from typing import Final

from sqlglot import exp, parse_one

from gateway.evidence.columns import EVIDENCE

Parquet = Callable[[tuple[str, ...]], str]
"""Gives the files of a scan a name that stands for their rows."""

_NAMES: Final = [exp.column(name) for name in EVIDENCE.names]


def as_spark(query: str, parquet: Parquet) -> str:
    """A query of the evidence, the roster or the last decisions in Spark's SQL.

    NULLs are ordered as DuckDB orders them: last.
    """

    def named(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Table) and isinstance(node.this, exp.ReadParquet):
            return exp.to_table(parquet(_files(node.this)))
        return node

    # one after the other: what a rewriting returns is not looked into again
    tree = parse_one(query, read="duckdb").transform(named).transform(_by_place).transform(_overlapping)
    return tree.sql("spark")


def stages(query: str) -> Iterator[tuple[str | None, str]]:
    """The common tables of a query in Spark's SQL, each with its name, then the query over them, without."""
    tree = parse_one(query, read="spark")
    shared = tree.args.get("with_")
    for table in shared.expressions if shared else ():
        yield table.alias, table.this.sql("spark")
    if shared:
        shared.pop()
    yield None, tree.sql("spark")


def _files(scan: exp.ReadParquet) -> tuple[str, ...]:
    return tuple(file.this for file in scan.find_all(exp.Literal))


def _overlapping(node: exp.Expr) -> exp.Expr:
    if isinstance(node, exp.ArrayOverlaps):
        return exp.func("arrays_overlap", node.this, node.expression)
    return node


def _by_place(node: exp.Expr) -> exp.Expr:
    """Spark unites by place only: both sides give the EVIDENCE columns in one order."""
    if not (isinstance(node, exp.Union) and node.args.get("by_name")):
        return node
    sides = [exp.select(*_NAMES).from_(side.subquery("side")) for side in (node.this, node.expression)]
    return exp.union(*sides, distinct=bool(node.args.get("distinct")))
