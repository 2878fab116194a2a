"""The numbers and tables of `config/policy.yaml` with their clauses, as Markdown."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import yaml

from tests.support.project import ROOT

TABLES: Final = ("benefits", "records")


def policy_tables() -> str:
    """Benefits, grounds, records, and every number or list, each with what it rests on."""
    rules = yaml.safe_load((ROOT / "config" / "policy.yaml").read_text("utf-8"))
    parts = [
        f"## What the rules say, with their clauses\n\n`config/policy.yaml`, version `{rules['version']}`.\n",
        _benefits(rules["benefits"]),
        _grounds(rules["benefits"]),
        _records(rules["records"]),
        _numbers(rules),
    ]
    return "\n".join(parts)


def _benefits(benefits: Mapping[str, Any]) -> str:
    rows = [[f"`{code}`", entry["name"], _cycle(entry), _clauses(entry)] for code, entry in benefits.items()]
    return _table("Benefits", ["benefit", "中文", "cycle in months", "rests on"], rows)


def _cycle(entry: Mapping[str, Any]) -> str:
    shorter = entry.get("cycle_months_without_funeral_subsidy")
    cycle = str(entry["cycle_months"] or "–")
    return f"{cycle}; {shorter} where there is no funeral subsidy" if shorter else cycle


def _grounds(benefits: Mapping[str, Any]) -> str:
    rows = [
        [f"`{code}`", f"`{ground}`", str(said["effect"]), str(said.get("back_pay", "")), _clauses(said)]
        for code, entry in benefits.items()
        for ground, said in entry["grounds"].items()
    ]
    return _table("Grounds", ["benefit", "fact", "puts in doubt", "back pay", "rests on"], rows)


def _records(records: Mapping[str, Any]) -> str:
    rows = [
        [f"`{kind}`", entry["polarity"], "yes" if entry.get("certifies") else "", _clauses(entry)]
        for kind, entry in records.items()
    ]
    return _table("Records", ["kind", "polarity", "certifies when strong", "rests on"], rows)


def _numbers(rules: Mapping[str, Any]) -> str:
    rows = [
        [f"`{section}.{name}`", _value(entry["value"]), _clauses(entry)]
        for section, name, entry in _entries(rules)
    ]
    return _table("Numbers and lists", ["entry", "value", "rests on"], rows)


def _entries(rules: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for section, entries in rules.items():
        if isinstance(entries, Mapping) and section not in TABLES:
            yield from ((section, name, entry) for name, entry in entries.items())


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {each}" for name, each in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _clauses(entry: Mapping[str, Any]) -> str:
    return " · ".join(entry["cite"]) + (" *(chosen)*" if entry.get("chosen") else "")


def _table(heading: str, header: list[str], rows: list[list[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return f"### {heading}\n\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"
