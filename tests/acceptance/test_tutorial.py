"""The tutorial, followed in its order from an empty folder: each file written, each command run."""

import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support.project import ROOT
from tests.support.third_party import Environment, new_environment

TUTORIAL = ROOT / "docs" / "tutorial.md"
_FENCE = re.compile(r"^```(?P<kind>\w+)(?P<rest>[^\n]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_WORD = re.compile(r'(\w+)=(?:"([^"]*)"|(\S+))')
_WRITTEN = ("csv", "json", "python", "yaml")


@dataclass(frozen=True)
class Block:
    """A fenced block: what it is, what stands beside that, and its text."""

    kind: str
    text: str
    words: dict[str, str] = field(default_factory=dict)


def blocks(page: str) -> Iterator[Block]:
    for found in _FENCE.finditer(page):
        words = {name: quoted or plain for name, quoted, plain in _WORD.findall(found["rest"])}
        yield Block(found["kind"], found["text"], words)


def patched(before: str, change: str) -> str:
    """A file after a change written as a diff without line numbers; what it replaces stands there once."""
    lines, changes = before.splitlines(), change.splitlines()
    old, new = ([line[1:] for line in changes if line[0] in signs] for signs in (" -", " +"))
    places = [at for at in range(len(lines)) if lines[at : at + len(old)] == old]
    assert len(places) == 1, f"what is to be changed stands there {len(places)} times: {old}"
    lines[places[0] : places[0] + len(old)] = new
    return "\n".join([*lines, ""])


def plain(text: str) -> str:
    """A text whose columns are a space apart."""
    return re.sub(r"[ \t]+", " ", text).strip()


class Reader:
    """Somebody who does what the page says, in one folder, from its first line to its last."""

    def __init__(self, environment: Environment, terminals: ExitStack) -> None:
        self._environment = environment
        self._terminals = terminals
        self._exports: list[str] = []
        self._said = ""

    def follow(self, block: Block) -> None:
        if block.kind == "sh":
            self._type(block)
        elif block.kind == "text":
            self._compare(block.text.splitlines())
        elif block.kind == "diff":
            path = self._environment.folder / block.words["title"]
            path.write_text(patched(path.read_text("utf-8"), block.text), "utf-8")
        else:
            assert block.kind in _WRITTEN, f"what is to be done with a block of {block.kind}?"
            (self._environment.folder / block.words["title"]).write_text(block.text, "utf-8")

    def _type(self, block: Block) -> None:
        if ready := block.words.get("background"):
            command = ["sh", "-c", f"exec {block.text.strip()}"]
            self._terminals.enter_context(
                self._environment.serving(command, self._environment.folder / ready)
            )
            return
        lines = block.text.splitlines()
        self._exports += [line for line in lines if line.startswith("export ")]
        script = "\n".join(["set -eu", *self._exports, block.text])
        self._said = self._environment.run("sh", "-c", script, exit_code=int(block.words.get("exit", "0")))

    def _compare(self, shown: Sequence[str]) -> None:
        said = plain(self._said)
        missing = [line for line in shown if plain(line) not in said]
        assert not missing, f"the page shows what no command printed: {missing}"


def test_every_command_and_file_of_the_tutorial_does_what_the_page_says(tmp_path: Path) -> None:
    with ExitStack() as terminals:
        reader = Reader(new_environment(tmp_path), terminals)
        for block in blocks(TUTORIAL.read_text("utf-8")):
            reader.follow(block)


def test_a_change_that_does_not_fit_is_found() -> None:
    assert patched("a\nb\nc\n", " b\n+d\n") == "a\nb\nd\nc\n"
    for before in ("a\nc\n", "b\nb\n"):
        with pytest.raises(AssertionError, match=r"stands there [02] times"):
            patched(before, " b\n+d\n")
