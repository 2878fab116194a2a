"""The project's own files, for tests that read them as a reader would."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
FOLDERS = ("gateway", "plugins", "config", "docs", "tests", "bench", "scripts", ".ci")
BINARY = {".pyc", ".png", ".parquet", ".zip", ".enc", ".db", ".der"}


def texts() -> Iterator[tuple[Path, str]]:
    """Every text of the project with its path below the root; not the licence, which is not ours.

    Nor `.git`, which is a file in a work tree of its own.
    """
    top = [path for path in ROOT.iterdir() if path.is_file() and path.name not in {"LICENSE", ".git"}]
    below = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.is_file()]
    for path in sorted(top + below):
        if path.suffix not in BINARY and not {"__pycache__", "node_modules"} & set(path.parts):
            yield path.relative_to(ROOT), path.read_text("utf-8", errors="replace")


def python_texts() -> Iterator[tuple[Path, str]]:
    """Every Python file of the project with its path below the root."""
    return ((path, text) for path, text in texts() if path.suffix == ".py")


def pyproject() -> dict[str, Any]:
    """The project's settings as data."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def requirements() -> list[str]:
    """What pyproject.toml asks for: to build, to run, to develop, to measure and to document."""
    settings = pyproject()
    return [
        *settings["build-system"]["requires"],
        *settings["project"]["dependencies"],
        *settings["dependency-groups"]["dev"],
        *settings["dependency-groups"]["bench"],
        *settings["dependency-groups"]["docs"],
    ]


def table(document: str, heading: str) -> list[list[str]]:
    """The cells of the Markdown table under a heading, without its head."""
    section = (ROOT / document).read_text("utf-8").split(f"\n{heading}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]
