from packaging.requirements import Requirement

from tests.support.project import requirements, table

REASONS = dict(table("docs/decisions.md", "## Libraries") + table("docs/decisions.md", "## Tools"))


def test_every_library_has_its_reason_and_every_reason_its_library() -> None:
    asked_for = {Requirement(line).name for line in requirements()}
    assert {name.strip("`") for name in REASONS} == asked_for


def test_a_reason_is_a_sentence() -> None:
    assert not [name for name, reason in REASONS.items() if len(reason.split()) < 4]
