"""docs/rules.md: the manual of the rules, written from `tests/spec` and `config/policy.yaml`.

`python -m tests.support.rules` writes it anew.
"""

import sys
from collections.abc import Iterator, Mapping
from typing import Any, Final

from tests.support.paragraphs import Case, Code, Paragraph, Run, paragraphs
from tests.support.policy_tables import policy_tables
from tests.support.project import ROOT

PAGE: Final = ROOT / "docs" / "rules.md"
SPEC: Final = ROOT / "tests" / "spec"
CLAUSES: Final = {
    "1_benefits": "1 Benefits and cycles · 二（一）",
    "2_records": "2 What a record says · 二（二）",
    "3_deciding": "3 Deciding one benefit on an as-of date · 二（二）（五）",
    "4_restoration": "4 The way back · 二（五）",
    "5_notices": "5 Notices and channels · 二（三）（四）（六）",
    "6_ledger": "6 The verification ledger · 二（七）",
    "7_events": "7 Events",
}
HEAD: Final = """# The rules

Written by `python -m tests.support.rules` from `tests/spec` and `config/policy.yaml`; do not edit it here.

Every paragraph below is a test: its table of records and its row of the roster go through the expression
that decides the province and through the plain reference decider, and both must come to what stands after the
arrow. Where nothing else is said, the as-of date is 2026-06-30, everything was compared, the benefit is being
paid, and a record matches the person by number and name. "Then" is a later run that begins with what the one
before came to. `{word}` stands for each of the cases listed under its paragraph. The clauses are those of
湘人社办发〔2026〕10号.
"""
_LABELS: Final = {
    "as_of": "as of",
    "roster": "roster",
    "beside": "beside it",
    "ledger": "ledger",
    "gaps": "not compared",
}


def manual() -> str:
    """The whole page."""
    folders = sorted(path for path in SPEC.iterdir() if path.name in CLAUSES)
    parts = [HEAD]
    for folder in folders:
        parts.append(f"## {CLAUSES[folder.name]}\n")
        for source in sorted(folder.glob("test_*.py")):
            parts += _section(*paragraphs(source))
    return "\n".join([*parts, policy_tables()])


def _section(heading: str, found: list[Paragraph]) -> Iterator[str]:
    yield f"### {_title(heading)}\n"
    for paragraph in found:
        yield f"**{paragraph.sentence}.**\n"
        for run in paragraph.runs:
            yield from _told(run)
        for case in paragraph.cases:
            yield _cases(case)


def _title(docstring: str) -> str:
    return " ".join(docstring.split()).rstrip(".")


def _told(run: Run) -> Iterator[str]:
    if run.records:
        yield _records(run.records)
    given = [f"{_LABELS[name]} {shown(run.given[name])}" for name in _LABELS if name in run.given]
    expected = [_expected(name, value) for name, value in run.expected.items()]
    later = "Then " if "last" in run.given else ""
    yield f"{later}{'; '.join(given)}{' → ' + '; '.join(expected) if expected else ''}\n"


def _expected(name: str, value: Any) -> str:
    if name == "events":
        return f"events: {shown(value)}" if value else "no event"
    if name == "opens":
        return f"the ledger opens {shown(value)}"
    if name == "says":
        return f"the event says {shown(value)}"
    return f"{name} {shown(value)}"


def shown(value: Any) -> str:
    """A value in one line of Markdown."""
    if isinstance(value, Code):
        return "the event before" if value.endswith(".event_id") else f"`{{{value}}}`"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {shown(each)}" for name, each in value.items()) or "nothing"
    if isinstance(value, list):
        return ", ".join(shown(each) for each in value) or "none"
    if isinstance(value, str) and "\n" in value:
        return " · ".join(_lines(value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "–" if value in (None, "") else f"`{value}`"


def _lines(records: str) -> list[str]:
    """Each record of a table on one line, without its empty cells."""
    header, *rows = _cells(records)
    return [
        " ".join(f"{name} `{cell}`" for name, cell in zip(header, row, strict=False) if cell) for row in rows
    ]


def _records(text: str) -> str:
    if isinstance(text, Code):
        return f"records: {shown(text)}\n"
    header, *rows = _cells(text)
    body = [row + [""] * (len(header) - len(row)) for row in rows]
    return _table(header, body)


def _cells(text: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]


def _cases(case: Case) -> str:
    header = [name and f"{{{name}}}" for name in case.names]
    return _table(header, [[shown(value) for value in row] for row in case.rows])


def _table(header: list[str], rows: list[list[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def main() -> None:
    """Write the page anew and say whether it changed."""
    before = PAGE.read_text("utf-8") if PAGE.exists() else ""
    after = manual()
    PAGE.write_text(after, "utf-8")
    sys.stdout.write(f"{PAGE.relative_to(ROOT)}: {'current' if after == before else 'written'}\n")


if __name__ == "__main__":
    main()
