"""Fills the templates, files beside this one: `$name` stands for a value, `$$` for a dollar sign."""

from pathlib import Path
from string import Template
from typing import Final

_FOLDER: Final = Path(__file__).with_name("templates")


def filled(template: str, **values: str) -> str:
    """The text of a template with its values in it, without the last line's end."""
    text = (_FOLDER / f"{template}.tmpl").read_text("utf-8")
    return Template(text).substitute(values).removesuffix("\n")
