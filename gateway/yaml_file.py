"""A YAML file read into its model as a whole: every fault has its file, key and rule, and no value."""

from collections.abc import Hashable
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

M = TypeVar("M", bound=BaseModel)


class _TwiceError(yaml.MarkedYAMLError):
    """A key stands twice in one mapping."""


class _NoDuplicates(yaml.CSafeLoader):
    """PyYAML keeps the last of two equal keys without a word; what somebody configured must not vanish so."""


def _mapping(loader: _NoDuplicates, node: yaml.MappingNode) -> dict[Hashable, Any]:
    keys = [loader.construct_object(key) for key, _ in node.value]
    twice = next((key for index, key in enumerate(keys) if key in keys[:index]), None)
    if twice is not None:
        raise _TwiceError(problem=f"the key {twice} stands twice", problem_mark=node.start_mark)
    return loader.construct_mapping(node, deep=True)


_NoDuplicates.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def read_yaml(folder: Path, file: str, model: type[M], faults: list[str]) -> M | None:
    """The model of `file` in `folder`, or null and its faults added to those that were found before."""
    try:
        return model.model_validate(_content(folder / file))
    except OSError as error:
        faults.append(f"{file}: {error.strerror}")
    except UnicodeDecodeError:
        faults.append(f"{file}: is not UTF-8")
    except yaml.YAMLError as error:
        faults.append(f"{file}: {_yaml_fault(error)}")
    except ValidationError as error:
        faults += fault_lines(file, error)
    except ValueError:
        faults.append(f"{file}: holds a date that does not exist, or a number beyond reason")
    return None


def _content(file: Path) -> Any:
    return yaml.load(file.read_text("utf-8"), _NoDuplicates) or {}  # noqa: S506 - derived from a safe loader


def fault_lines(file: str, error: ValidationError) -> list[str]:
    """A validation error as lines of file, key and rule."""
    return [
        f"{file}: {'.'.join(str(part) for part in found['loc']) or '(top)'}: {found['msg']}"
        for found in error.errors(include_input=False, include_url=False, include_context=False)
    ]


def _yaml_fault(error: yaml.YAMLError) -> str:
    """What is wrong and where: of what is no YAML no more, for the words of PyYAML quote the file."""
    mark = getattr(error, "problem_mark", None)
    what = error.problem if isinstance(error, _TwiceError) else "is not YAML"
    return f"{what} at line {mark.line + 1}" if mark else str(what)
