"""The page of the envelopes, and of the key parts that each needs."""

import inspect
import tempfile
import textwrap
from collections import defaultdict
from pathlib import Path

import yaml

from gateway.crypto import file_drop, key_forms
from gateway.crypto.envelopes import ENVELOPES
from gateway.sandbox.keys import SIX, write_senders
from tests.support.reference.departments import datasets
from tests.support.reference.markdown import block, code, codes, table
from tests.support.reference.reading import sentence

_FORMS = {
    "sm4": "sm4_key",
    "mac": "mac_key",
    "private_key": "rsa_private_key, sm2_private_key",
    "public_key": "rsa_public_key, sm2_public_key",
    "app_secret": "text",
    "user_id": "text",
}
_HEAD = """# Envelopes

How a department seals its pages: `Dataset(envelope=…)`. The department's file in `departments/` holds the
keys, each with its `kid` and a reference for each part, `env:NAME` or `file:PATH`. Two keys may be valid at
once: [rotate a key](../how-to/rotate_a_key.md).

A page is opened whole or refused whole: [why](../explanation/sealed_pages.md). A dataset with `open=` of its
own names any envelope it likes.

"""
_PARTS = """## Parts of a key

What is behind a reference may close with a line end, which is not part of the key.

"""


def page() -> str:
    """The whole page."""
    parts = [_section(name) for name in (*ENVELOPES, file_drop.NAME)]
    forms = [[code(part), _form(readers)] for part, readers in _FORMS.items()]
    return _HEAD + "\n".join(parts) + "\n" + _PARTS + table(["part", "form"], forms)


def _section(name: str) -> str:
    openings = [ENVELOPES[name]] if name in ENVELOPES else [file_drop.read_manifest, file_drop.open_file]
    module = inspect.getmodule(openings[0])
    told = "\n\n".join([sentence(module), *(_whole(each) for each in openings)])
    used = f"Used by {codes(_used_by()[name])}.\n"
    return "\n".join([f"## {name}\n", f"{told}\n", used, block(_keys(name), "yaml")])


def _whole(opening: object) -> str:
    """The docstring up to the errors it may raise."""
    said = (inspect.getdoc(opening) or "").partition("Raises:")[0]
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in said.strip().split("\n\n"))


def _used_by() -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for department, dataset in datasets():
        found[dataset.envelope].append(f"{department.name}/{dataset.name}")
    return found


def _keys(name: str) -> str:
    """The `keys:` of a department that seals so, as the sandbox makes them."""
    department = next(each for each, envelope in SIX.items() if envelope == name)
    entries = [_example(entry, department) for entry in _entries(name, department)]
    return "keys:\n" + textwrap.indent(yaml.safe_dump(entries, sort_keys=False), "  ")


def _entries(name: str, department: str) -> list[dict[str, str]]:
    with tempfile.TemporaryDirectory() as folder:
        return [dict(entry) for entry in write_senders(Path(folder), department, name)[0].entries]


def _example(entry: dict[str, str], department: str) -> dict[str, str]:
    secrets = ("sm4", "mac", "app_secret")
    return {
        part: value
        if part == "kid"
        else f"env:GATEWAY_{department.upper()}_{part.upper()}"
        if part in secrets
        else f"file:../secrets/{Path(value).name}"
        for part, value in entry.items()
    }


def _form(readers: str) -> str:
    found = [sentence(getattr(key_forms, reader)) for reader in readers.split(", ")]
    return " Or: ".join(text.removeprefix("Read ").removeprefix("Take ") for text in found)
