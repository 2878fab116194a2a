import io
import re
import tokenize
from collections.abc import Iterator

import pytest

from tests.support.project import ROOT, python_texts

MARKER = re.compile(
    r"(?:ruff: |flake8: )?noqa(?:: ?[A-Z]+\d+(?:,\s?[A-Z]+\d+)*)?"
    r"|type: ignore(?:\[[\w, -]+\])?|fmt: off|pragma: no cover"
)
CODE = re.compile(r'"(?:[A-Z]+\d*)"')
SWITCHED_OFF = re.compile(
    r"^(?:ignore_missing_imports|ignore_errors|disable_error_code|follow_imports|follow_untyped)"
)


def comments(text: str) -> Iterator[tuple[int, str]]:
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def is_explained(comment: str) -> bool:
    """Whether a comment that switches a check off also says why, in a word at least."""
    return not MARKER.search(comment) or bool(re.search(r"[^\W\d_]{3}", MARKER.sub("", comment)))


def unexplained_settings(lines: list[str]) -> list[str]:
    """Lines of pyproject.toml that switch a check off and say nothing, there or on the line above."""
    section, ignoring, found = "", False, []
    for above, line in zip(["", *lines], lines, strict=False):
        section = line if line.startswith("[") else section
        ignoring = line.startswith("ignore = [") or (ignoring and not line.startswith("]"))
        switches = bool(CODE.search(line)) and (ignoring or "per-file-ignores" in section)
        if (switches or SWITCHED_OFF.match(line)) and "# " not in line and not above.startswith("# "):
            found.append(line)
    return found


def test_every_ignore_in_the_code_says_why() -> None:
    found = [
        f"{path}:{line} {comment}"
        for path, text in python_texts()
        for line, comment in comments(text)
        if not is_explained(comment)
    ]
    assert not found, (
        "say why after the code: `# noqa: X123 - because …`, `# type: ignore[code]  # because …`"
    )


def test_every_ignore_in_the_settings_says_why() -> None:
    assert not unexplained_settings((ROOT / "pyproject.toml").read_text("utf-8").splitlines())


@pytest.mark.parametrize("marker", ["noqa: S101", "noqa", "type: ignore[arg-type]", "fmt: off"])
def test_an_ignore_without_a_reason_is_seen(marker: str) -> None:
    assert not is_explained(f"# {marker}")
    assert not is_explained(f"# {marker} - x")
    assert is_explained(f"# {marker}  # the library has no types")


@pytest.mark.parametrize(
    "lines",
    [
        ["[tool.ruff.lint]", "ignore = [", '  "D100",', "]"],
        ["[tool.ruff.lint.per-file-ignores]", '"a/**" = ["S311"]'],
    ],
)
def test_a_setting_without_a_reason_is_seen(lines: list[str]) -> None:
    bare = [line for line in lines if CODE.search(line)]
    assert unexplained_settings(lines) == bare
    assert not unexplained_settings(
        [f"{line} # seeded on purpose" if line in bare else line for line in lines]
    )
