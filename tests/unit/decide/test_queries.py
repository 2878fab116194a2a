"""The rules compiled to SQL."""

import re

from gateway.decide.compared import Gaps
from gateway.decide.engine import compiled
from tests.unit.decide.decided import AS_OF, POLICY


def test_nothing_in_the_queries_depends_on_the_order_of_a_set() -> None:
    """Else every process may have rules of another hash, and decide everybody."""
    queries = compiled(POLICY, AS_OF, Gaps())
    written = (queries.told, queries.mattering, queries.decide, queries.references)
    assert not [query for query in written if re.search(r"EXCLUDE \([^)]*,", query)]
