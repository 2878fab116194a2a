"""The few forms that the pages are made of."""

from collections.abc import Iterable, Sequence


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; a pipe or a line end inside a cell is kept from breaking it."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines) + "\n"


def code(text: object) -> str:
    """A word as code."""
    return f"`{text}`"


def codes(words: Iterable[object]) -> str:
    """Words as code, separated by middle dots."""
    return " · ".join(code(word) for word in words)


def block(text: str, language: str) -> str:
    """A fenced block."""
    return f"```{language}\n{text.strip()}\n```\n"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
