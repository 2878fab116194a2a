"""Reads the rules from a configuration folder and names everything that is wrong with them at once."""

from collections.abc import Hashable
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import ValidationError

from gateway.errors import ConfigError
from gateway.policy.entries import Strict
from gateway.policy.rules import Counties, Policy, Rules

S = TypeVar("S", bound=Strict)


class _NoDuplicates(yaml.SafeLoader):
    """PyYAML keeps the last of two equal keys without a word; a rule must not vanish so."""


def _mapping(loader: _NoDuplicates, node: yaml.MappingNode) -> dict[Hashable, Any]:
    keys = [loader.construct_object(key) for key, _ in node.value]
    twice = next((key for index, key in enumerate(keys) if key in keys[:index]), None)
    if twice is not None:
        raise yaml.MarkedYAMLError(problem=f"the key {twice} stands twice", problem_mark=node.start_mark)
    return loader.construct_mapping(node, deep=True)


_NoDuplicates.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def load_policy(folder: Path) -> Policy:
    """Read `policy.yaml` and `counties.yaml` of a configuration folder.

    Raises:
        ConfigError: all faults at once, each with its file and key.
    """
    faults: list[str] = []
    rules = _read(folder / "policy.yaml", Rules, faults)
    counties = _read(folder / "counties.yaml", Counties, faults)
    if rules is None or counties is None:
        raise ConfigError("the rules have faults:\n  " + "\n  ".join(faults))
    given = {name: getattr(rules, name) for name in Rules.model_fields}
    return Policy.model_construct(**given, counties=counties.counties)


def _read(file: Path, model: type[S], faults: list[str]) -> S | None:
    try:
        content = yaml.load(file.read_text("utf-8"), _NoDuplicates)  # noqa: S506 - derived from SafeLoader
        return model.model_validate(content)
    except OSError as error:
        faults.append(f"{file.name}: {error.strerror}")
    except UnicodeDecodeError:
        faults.append(f"{file.name}: is not UTF-8")
    except yaml.YAMLError as error:
        faults.append(f"{file.name}: {_yaml_fault(error)}")
    except ValidationError as error:
        faults += [f"{file.name}: {_key(found['loc'])}: {found['msg']}" for found in _details(error)]
    return None


def _details(error: ValidationError) -> list[Any]:
    return list(error.errors(include_input=False, include_url=False, include_context=False))


def _key(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location) or "(top)"


def _yaml_fault(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or "is not YAML"
    return f"{problem} (line {mark.line + 1})" if mark else problem
