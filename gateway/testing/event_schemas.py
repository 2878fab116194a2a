"""The published JSON Schemas of the events and an example of each, written from the models.

`python -m gateway.testing.event_schemas` writes docs/schemas anew; a test says when they are behind.
"""

import json
import sys
from pathlib import Path
from typing import Final

from gateway.events import EVENT_TYPES, BenefitEvent, draft, schemas, serialise
from gateway.settings import EventSettings
from gateway.testing.event_examples import BEFORE, examples, origin

FOLDER: Final = Path("docs/schemas")
PREFIX: Final[str] = EventSettings().type_prefix
_NUMBER: Final = 42
_INDEX: Final = """# Events

CloudEvents 1.0 in structured JSON; the type is `{prefix}` followed by the name below. Each file is the JSON
Schema (draft 2020-12) of the whole event; the data is closed, and what an event does not know it leaves out.
`examples/` has one of each type. Written by `python -m gateway.testing.event_schemas`.

| type | what it says |
|---|---|
{rows}
"""


def files() -> dict[Path, str]:
    """What each file in the folder of schemas has to hold."""
    found = {Path(f"{name}.json"): _pretty(schema) for name, schema in schemas(PREFIX).items()}
    for data in examples():
        event = json.loads(serialise(draft(data, origin(PREFIX), BEFORE), _NUMBER))
        found[Path("examples") / f"{data.type_name}.json"] = _pretty(event)
    found[Path("README.md")] = _index()
    return found


def _index() -> str:
    rows = [
        f"| [`{model.type_name}`]({model.type_name}.json) | {_sentence(model)} |" for model in EVENT_TYPES
    ]
    return _INDEX.format(prefix=PREFIX, rows="\n".join(rows))


def _sentence(model: type[BenefitEvent]) -> str:
    return (model.__doc__ or "").split("\n\n")[0].replace("\n    ", " ")


def main() -> None:
    """Write every schema and example anew."""
    for path, text in files().items():
        target = FOLDER / path
        target.parent.mkdir(parents=True, exist_ok=True)
        before = target.read_text("utf-8") if target.is_file() else None
        target.write_text(text, "utf-8")
        sys.stdout.write(f"{target}: {'current' if text == before else 'written'}\n")


def _pretty(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    main()
