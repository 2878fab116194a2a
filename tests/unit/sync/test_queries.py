"""Rules that were compiled once are read back, and nothing else is ever read for them."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.decide.compared import Gaps
from gateway.decide.engine import Queries, hash_of_rules
from gateway.policy import Policy
from gateway.sync import queries as kept
from gateway.sync.queries import kept_queries
from tests.unit.decide.decided import AS_OF, POLICY

MISSING = Gaps(("cremations",))


@pytest.fixture(autouse=True)
def compilations(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Gaps]]:
    """What was compiled, by something that takes no seconds."""
    done: list[Gaps] = []
    code = kept._code

    def compiled(_: Policy, gaps: Gaps, dialect: str) -> Queries:
        done.append(gaps)
        texts = {
            "told": "told",
            "mattering": dialect,
            "decide": "SELECT MAKE_DATE(1, 2, 3)",
            "references": "behind",
        }
        return Queries(**texts, rules=hash_of_rules(texts))

    monkeypatch.setattr(kept, "compiled_for_any_day", compiled)
    yield done
    code.cache_clear()


def test_the_same_rules_are_compiled_once_for_every_day(tmp_path: Path, compilations: list[Gaps]) -> None:
    first = kept_queries(tmp_path, POLICY, AS_OF, Gaps())
    assert kept_queries(tmp_path, POLICY, AS_OF, Gaps()) == first
    other = kept_queries(tmp_path, POLICY, AS_OF.replace(day=1), Gaps())
    assert (other.decide, other.rules) == ("SELECT MAKE_DATE(2026, 6, 1)", first.rules)
    assert compilations == [Gaps()]


def test_other_rules_gaps_dialects_and_code_are_compiled_anew(
    tmp_path: Path, compilations: list[Gaps], monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = POLICY.model_copy(update={"version": "another"})
    for policy, gaps, dialect in ((POLICY, Gaps(), "duckdb"), (changed, Gaps(), "duckdb"),
                                  (POLICY, MISSING, "duckdb"), (POLICY, Gaps(), "pyspark")):  # fmt: skip
        assert kept_queries(tmp_path, policy, AS_OF, gaps, dialect).mattering == dialect
    monkeypatch.setattr(kept, "_code", lambda: "changed")
    kept_queries(tmp_path, POLICY, AS_OF, Gaps())
    assert compilations == [Gaps(), Gaps(), MISSING, Gaps(), Gaps()]


def test_the_code_that_compiles_is_all_of_this_package(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(kept, "_PACKAGE", tmp_path)
    seen = set()
    for name, text in (("__init__.py", ""), ("rules.py", "A = 1"), ("rules.py", "A = 2")):
        (tmp_path / name).write_text(text)
        kept._code.cache_clear()
        seen.add(kept._code())
    assert len(seen) == 3


@pytest.mark.parametrize("spoil", [
    lambda text: text[:40],
    lambda text: text.replace("behind", "beyond"),
    lambda _: json.dumps({"rules": "x"}),
    lambda _: "[]",
    lambda text: text.replace('"told"', '"said"', 1),
])  # fmt: skip
def test_a_file_that_is_not_as_it_was_written_is_not_believed(
    tmp_path: Path, compilations: list[Gaps], spoil: object
) -> None:
    assert callable(spoil)
    first = kept_queries(tmp_path, POLICY, AS_OF, Gaps())
    (file,) = tmp_path.iterdir()
    file.write_text(spoil(file.read_text()))
    assert kept_queries(tmp_path, POLICY, AS_OF, Gaps()) == first
    assert kept_queries(tmp_path, POLICY, AS_OF, Gaps()) == first
    assert len(compilations) == 2


def test_a_few_files_stay(tmp_path: Path) -> None:
    for version in range(6):
        kept_queries(tmp_path, POLICY.model_copy(update={"version": str(version)}), AS_OF, Gaps())
    assert len(list(tmp_path.iterdir())) == 4


def test_where_nothing_can_be_kept_the_rules_are_compiled_all_the_same(tmp_path: Path) -> None:
    nowhere = tmp_path / "a file"
    nowhere.write_text("")
    assert kept_queries(nowhere, POLICY, AS_OF, Gaps()).told == "told"
