"""The rules that a department need not keep, each with its reason: `waivers.json` in its folder."""

import json
from collections.abc import Iterator, Mapping
from typing import Final

from gateway.errors import PluginError
from gateway.testing.conformance.package import Package

FILE: Final = "waivers.json"
_FORM: Final = f'{FILE} cannot be read: it is {{"rule": "the reason", …}}, one line for each rule'


def waivers_of(package: Package) -> Mapping[str, str]:
    """The waived rules and why they are waived; none where the department waives nothing.

    Raises:
        PluginError: the file is of another form.
    """
    path = package.folder / FILE
    if not path.is_file():
        return {}
    try:
        found = json.loads(path.read_text("utf-8"))
    except ValueError:
        raise PluginError(_FORM) from None
    if not isinstance(found, dict) or not all(isinstance(reason, str) for reason in found.values()):
        raise PluginError(_FORM)
    return found


def reason_for(rule: str, waivers: Mapping[str, str]) -> str | None:
    """Why a rule is waived; None where it is not, or without a reason."""
    return waivers.get(rule, "").strip() or None


def unfounded(waivers: Mapping[str, str], rules: Mapping[str, object]) -> Iterator[str]:
    """Waivers without a reason, and waivers of no rule."""
    for rule, reason in waivers.items():
        if rule not in rules:
            yield f"{FILE}: there is no rule {rule!r}: remove it, or name one of {', '.join(rules)}"
        if not reason.strip():
            yield f"{FILE}: the waiver of {rule} has no reason: write why the department cannot keep the rule"
