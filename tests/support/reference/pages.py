"""docs/reference: what each page and schema has to hold, read from the code as it is now."""

from collections.abc import Callable
from typing import Final

from tests.support.project import ROOT
from tests.support.reference import (
    api,
    commands,
    configuration,
    envelopes,
    events,
    fields,
    mapping,
    plugin,
    records,
)
from tests.support.reference.schemas import schemas

FOLDER: Final = ROOT / "docs" / "reference"
_NOTE: Final = "<!-- Written by `make reference` from the code; do not edit it here. -->\n\n"

PAGES: Final[dict[str, Callable[[], str]]] = {
    "plugin.md": plugin.page,
    "fields.md": fields.page,
    "mapping.md": mapping.page,
    "records.md": records.page,
    "envelopes.md": envelopes.page,
    "configuration.md": configuration.page,
    "commands.md": commands.page,
    "events.md": events.page,
    "api.md": api.page,
}


def pages() -> dict[str, str]:
    """The text of every generated file, by its name in the folder."""
    return {name: _NOTE + page() for name, page in PAGES.items()} | schemas() | api.contracts()
