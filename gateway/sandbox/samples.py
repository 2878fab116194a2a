"""Rows to try a department with: from the samples beside its plugin, or from a file."""

import json
from collections.abc import Sequence
from pathlib import Path

from gateway.department import Dataset
from gateway.errors import ConfigError
from gateway.sandbox.moving import Row


def sample_rows(folder: Path, dataset: Dataset) -> list[Row]:
    """The accepted samples of a dataset, from the plugin's folder.

    Raises:
        ConfigError: there are none, or they cannot be read.
    """
    path = folder / "samples" / f"{dataset.name}.json"
    try:
        return [dict(entry["row"]) for entry in json.loads(path.read_text("utf-8"))["accepted"]]
    except FileNotFoundError:
        raise ConfigError(
            f"{path} is missing: write the dataset's samples, or give rows with --rows {dataset.name}=FILE"
        ) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(
            f"{path} cannot be read ({type(error).__name__}): "
            'it is {"accepted": [{"why", "row", "records"}], …}'
        ) from None


def document_of(folder: Path, dataset: Dataset) -> Path | None:
    """A page as the department writes it, beside the samples; for a dataset that reads its pages itself."""
    beside = sorted((folder / "samples").glob(f"{dataset.name}.*"))
    return next((path for path in beside if path.suffix != ".json"), None)


def rows_of_file(path: Path) -> list[Row]:
    """Rows from a JSON array of objects, or from one object a line.

    Raises:
        ConfigError: the file is neither, or cannot be read.
    """
    try:
        text = path.read_text("utf-8")
        rows = json.loads(text) if text.lstrip().startswith("[") else _lines(text)
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} cannot be read: {_what(error)}") from None
    if not rows or not all(isinstance(row, dict) for row in rows):
        raise ConfigError(f"{path} holds no rows: write a JSON array of objects, or one object a line")
    return list(rows)


def _lines(text: str) -> Sequence[Row]:
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def _what(error: OSError | ValueError) -> str:
    """What is wrong, without anything that the file holds."""
    if isinstance(error, json.JSONDecodeError):
        return f"no JSON at line {error.lineno}, column {error.colno}"
    return error.strerror or type(error).__name__ if isinstance(error, OSError) else "it is not UTF-8"
