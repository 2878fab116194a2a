"""The rules as SQL, kept from run to run: to compile them takes seconds, and they seldom change.

They are kept by what they are made of: the rules, the datasets that were not compared, and every line of this
package, so that a file that is there says what would be compiled. Any of the files may be deleted.
"""

import json
import os
from contextlib import suppress
from dataclasses import asdict
from datetime import date
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Final

from gateway.decide.compared import Gaps
from gateway.decide.engine import Queries, compiled_for_any_day, hash_of_rules, of_day
from gateway.policy import Policy

_PACKAGE: Final = Path(__file__).parents[1]
_COMPILERS: Final = ("ibis-framework", "sqlglot")
_NAMES: Final = "rules-*"
_MOST: Final = 4
"""Files that stay: the rules of now and before, with and without something that was not compared."""


def kept_queries(folder: Path, policy: Policy, as_of: date, gaps: Gaps, dialect: str = "duckdb") -> Queries:
    """The rules compiled for a day, out of the folder where they were before."""
    file = folder / f"rules-{_made_of(policy, gaps, dialect)}.json"
    queries = _read(file)
    if queries is None:
        queries = compiled_for_any_day(policy, gaps, dialect)
        _keep(file, queries)
    return of_day(queries, as_of)


def _made_of(policy: Policy, gaps: Gaps, dialect: str) -> str:
    parts = policy.model_dump_json(), json.dumps(asdict(gaps)), dialect, _code()
    return sha256("\n".join(parts).encode()).hexdigest()[:32]


@cache
def _code() -> str:
    """A hash of this package and of what compiles."""
    found = sha256(" ".join(map(version, _COMPILERS)).encode())
    for file in sorted(_PACKAGE.rglob("*.py")):
        found.update(file.read_bytes())
    return found.hexdigest()


def _read(file: Path) -> Queries | None:
    """What was kept; nothing where there is none, or where it is not as it was written."""
    try:
        kept = json.loads(file.read_bytes())
        queries = Queries(**kept["queries"], rules=kept["rules"])
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return queries if hash_of_rules(kept["queries"]) == queries.rules else None


def _keep(file: Path, queries: Queries) -> None:
    """Put the file in place whole; where it cannot be written, the next run compiles again."""
    written = asdict(queries)
    rules = written.pop("rules")
    made = file.with_suffix(f".{os.getpid()}")
    with suppress(OSError):
        made.write_text(json.dumps({"rules": rules, "queries": written}), "utf-8")
        made.replace(file)
        by_age = sorted(file.parent.glob(_NAMES), key=lambda each: each.stat().st_mtime)
        for old in by_age[:-_MOST]:
            old.unlink(missing_ok=True)
