"""`bench/results.json`: what was measured last, section by section, and on which machine."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from bench.figures import Figure
from bench.machine import load, machine

SCHEMA: Final = 1
RESULTS: Final = Path(__file__).parent / "results.json"


@dataclass
class Results:
    """The sections by name; one that was not measured again stays as it was."""

    path: Path = RESULTS
    sections: dict[str, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path = RESULTS) -> "Results":
        """What the file holds; nothing where there is none."""
        content = json.loads(path.read_text("utf-8")) if path.exists() else {"sections": {}}
        return cls(path, content["sections"])

    def put(self, section: str, figures: Sequence[Figure], **details: Any) -> None:
        """Replace a section, and write the file at once: a bench that stops keeps what it had."""
        self.sections[section] = {
            "taken_at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
            "load": load(),
            "machine": machine(),
            "figures": [figure.as_json() for figure in figures],
            **details,
        }
        self.path.write_text(json.dumps(self._content(), ensure_ascii=False, indent=1) + "\n", "utf-8")

    def _content(self) -> Mapping[str, Any]:
        return {"schema": SCHEMA, "sections": dict(sorted(self.sections.items()))}

    def figures(self, section: str) -> dict[str, dict[str, Any]]:
        """A section's figures by name."""
        return {figure["name"]: figure for figure in self.sections.get(section, {}).get("figures", [])}
