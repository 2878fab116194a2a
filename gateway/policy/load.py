"""Reads the rules from a configuration folder and names everything that is wrong with them at once."""

from pathlib import Path

from gateway.errors import ConfigError
from gateway.policy.rules import Counties, Policy, Rules
from gateway.yaml_file import read_yaml


def load_policy(folder: Path) -> Policy:
    """Read `policy.yaml` and `counties.yaml` of a configuration folder.

    Raises:
        ConfigError: all faults at once, each with its file and key.
    """
    faults: list[str] = []
    rules = read_yaml(folder, "policy.yaml", Rules, faults)
    counties = read_yaml(folder, "counties.yaml", Counties, faults)
    if rules is None or counties is None:
        raise ConfigError("the rules have faults:\n  " + "\n  ".join(faults))
    given = {name: getattr(rules, name) for name in Rules.model_fields}
    return Policy.model_construct(**given, counties=counties.counties)
