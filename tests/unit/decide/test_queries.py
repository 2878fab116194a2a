"""The rules compiled to SQL."""

import re

import pyarrow as pa

from gateway.decide.compared import Gaps
from gateway.decide.engine import BucketSources, compiled
from tests.unit.decide.decided import AS_OF, POLICY


def test_nothing_in_the_queries_depends_on_the_order_of_a_set() -> None:
    """Else every process may have rules of another hash, and decide everybody."""
    queries = compiled(POLICY, AS_OF, Gaps())
    written = (queries.told, queries.mattering, queries.decide, queries.references)
    assert not [query for query in written if re.search(r"EXCLUDE \([^)]*,", query)]


def test_what_a_bucket_is_decided_from_names_no_benefit_in_its_repr() -> None:
    ledger = pa.table({"benefit_id": ["B1"]})
    assert "B1" not in repr(BucketSources("evidence", "roster", "decided", ledger, revised=["B1"]))
