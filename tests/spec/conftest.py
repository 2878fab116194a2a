"""The rules as a manual: folder = clause, file = section, test = paragraph.

Each paragraph gives a small table of records, a roster row and an as-of date, and says what is decided and
told. The expression and the plain reference decider must both say so.
"""

import pytest

from gateway.policy import Policy, load_policy
from tests.spec.deciders import deciding
from tests.spec.manual import Decides
from tests.support.project import ROOT


@pytest.fixture(scope="session")
def policy() -> Policy:
    return load_policy(ROOT / "config")


@pytest.fixture(scope="session")
def decides(policy: Policy) -> Decides:
    """Decide one benefit of one person by both deciders, and check what is expected."""
    return deciding(policy)
