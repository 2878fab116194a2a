"""The fenced blocks and links of the project's Markdown, for tests that try them."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from tests.support.project import ROOT

_FENCE: Final = re.compile(
    r"^(?P<indent> *)```(?P<language>[^\s`]*)[^\n`]*\n(?P<text>.*?)^(?P=indent)```$", re.MULTILINE | re.DOTALL
)
_COMMAND: Final = re.compile(r"`(gateway(?: [^`]+)?)`")
_LINK: Final = re.compile(r"(?<!!)\[[^\]]*\]\((?P<target>[^)\s]+)\)|!\[[^\]]*\]\((?P<image>[^)\s]+)\)")


@dataclass(frozen=True)
class Snippet:
    """A fenced block with where it stands."""

    page: Path
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


@cache
def pages() -> tuple[Path, ...]:
    """Every page that a reader is sent to, below the root; the examples' own READMEs among them."""
    below = (ROOT / "docs").rglob("*.md")
    plugins = (ROOT / "plugins").rglob("README.md")
    return tuple(sorted(path.relative_to(ROOT) for path in [*ROOT.glob("README*.md"), *below, *plugins]))


def snippets(*languages: str) -> list[Snippet]:
    """The fenced blocks in these languages, indentation taken off."""
    return [each for page in pages() for each in _of(page) if each.language in languages]


def _of(page: Path) -> Iterator[Snippet]:
    text = (ROOT / page).read_text("utf-8")
    for found in _FENCE.finditer(text):
        indent = len(found["indent"])
        body = "".join(
            line[indent:] if line.strip() else "\n" for line in found["text"].splitlines(keepends=True)
        )
        yield Snippet(page, text.count("\n", 0, found.start()) + 1, found["language"], body)


def shell_lines(snippet: Snippet) -> list[list[str]]:
    """The commands of a shell block as words: comments, pipes and redirections taken off, lines joined."""
    joined = snippet.text.replace("\\\n", " ")
    lines = [shlex.split(line, comments=True) for line in joined.splitlines()]
    return [_alone(words) for words in lines if words]


def inline_commands(page: Path) -> list[list[str]]:
    """The `gateway …` commands inside a page's sentences, as words."""
    text = _FENCE.sub("", (ROOT / page).read_text("utf-8"))
    return [shlex.split(found) for found in _COMMAND.findall(text) if "`" not in found]


def links(page: Path) -> list[str]:
    """Where a page's links and images lead."""
    text = _FENCE.sub("", (ROOT / page).read_text("utf-8"))
    return [found["target"] or found["image"] for found in _LINK.finditer(text)]


def _alone(words: list[str]) -> list[str]:
    ends = [place for place, word in enumerate(words) if word in {"|", ">", ">>", "&&", ";", "&"}]
    return words[: min(ends, default=len(words))]
