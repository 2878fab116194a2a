import importlib.util
import json
import re
import subprocess
import tomllib
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import typer
import yaml
from typer.testing import CliRunner

import gateway
from gateway.cli.app import app
from gateway.department import Dataset
from gateway.fields import SourceRow
from gateway.intake.interpret import RowReader
from gateway.sandbox.province import Province
from gateway.sandbox.site import write_site
from plugins import police
from tests.support.project import ROOT
from tests.support.reference.schemas import FILES, schema_of
from tests.support.snippets import Snippet, inline_commands, pages, shell_lines, snippets

PYTHON = snippets("python", "py")
SHELL = [
    (str(snippet), words)
    for snippet in snippets("sh", "bash", "shell", "console")
    for words in shell_lines(snippet)
]
GATEWAY = [(place, words[1:]) for place, words in SHELL if words[0] == "gateway"]
APPLICATION = typer.main.get_command(app)
# What costs nothing and needs no hub; the others are parsed only.
CHEAP = re.compile(
    r"plugins|roster import|(runs|ledger|refusals|schedule) list|schedule next|events(?!.*--follow)"
    r"|(sync|refusals retry) .*--dry-run"
)
OF_THE_SYSTEM = {"cat", "cd", "cp", "chmod", "curl", "export", "ls", "mkdir", "pip", "sh"}
LANGUAGES = {"python", "sh", "yaml", "json", "toml", "csv", "diff", "text"}
SAMPLED = [snippet for snippet in snippets("json") if '"accepted"' in snippet.text]


def ids(found: list[Any]) -> list[str]:
    return [str(each[0]) if isinstance(each, tuple) else str(each) for each in found]


def test_there_is_something_to_try() -> None:
    assert len(PYTHON) > 10
    assert len(GATEWAY) > 10
    assert SAMPLED


def test_every_block_says_what_it_is() -> None:
    fences = [snippet for page in pages() if page.parts[0] == "docs" for snippet in snippets_of(page)]
    assert not [str(each) for each in fences if each.language not in LANGUAGES], (
        f"name one of {sorted(LANGUAGES)}"
    )


def snippets_of(page: Path) -> Iterator[Snippet]:
    languages = set(re.findall(r"^ *```([^\s`]*)[^\n`]*$", (ROOT / page).read_text("utf-8"), re.MULTILINE))
    yield from (each for each in snippets(*languages) if each.page == page)


@pytest.mark.parametrize("page", sorted({snippet.page for snippet in PYTHON}), ids=str)
def test_the_python_of_a_page_runs_from_top_to_bottom(page: Path) -> None:
    namespace = in_front(page)
    for snippet in PYTHON:
        if snippet.page == page:
            exec(compile(snippet.text, str(snippet), "exec"), namespace)  # noqa: S102 - our own pages


def in_front(page: Path) -> dict[str, Any]:
    """What a page may take for granted: what a plugin imports, and in READMEs the rows of the police."""
    rows = {
        name: each
        for name, each in vars(police).items()
        if isinstance(each, type) and issubclass(each, SourceRow)
    }
    known = {name: getattr(gateway, name) for name in gateway.__all__}
    return known | (rows if page.name.startswith("README") else {}) | {"__name__": "page"}


@pytest.mark.parametrize("snippet", snippets("json"), ids=str)
def test_a_json_block_is_json(snippet: Snippet) -> None:
    json.loads(snippet.text)


@pytest.mark.parametrize("snippet", snippets("toml"), ids=str)
def test_a_toml_block_is_toml(snippet: Snippet) -> None:
    tomllib.loads(snippet.text)


def optional(schema: Any) -> Any:
    """A schema that asks for nothing, for a block shows a part of a file."""
    if isinstance(schema, dict):
        return {name: optional(each) for name, each in schema.items() if name != "required"}
    return [optional(each) for each in schema] if isinstance(schema, list) else schema


PARTS = {name: optional(schema_of(model)) for name, model in FILES.items()}


@pytest.mark.parametrize("snippet", snippets("yaml"), ids=str)
def test_a_yaml_block_holds_only_keys_that_there_are(snippet: Snippet) -> None:
    content = json.loads(json.dumps(yaml.safe_load(snippet.text), default=str))
    if snippet.text.startswith(" "):  # an excerpt: lines to be put into a section of a file
        return
    wanted = [schema for name, schema in PARTS.items() if names(snippet.text, name)]
    faults = [list(jsonschema.Draft202012Validator(schema).iter_errors(content or {})) for schema in wanted]
    assert not all(faults), faults[0][0].message


def names(text: str, schema: str) -> bool:
    """Whether a block's first comment names this schema's file; without one it may be any."""
    named = re.match(r"# (departments/|[a-z]+\.yaml)", text)
    kind = "department" if named and named[1] == "departments/" else named[1].split(".")[0] if named else ""
    return not kind or schema.startswith(kind)


@pytest.mark.parametrize(("place", "words"), GATEWAY, ids=ids(GATEWAY))
def test_a_gateway_command_parses(place: str, words: list[str]) -> None:
    command, rest = resolved(words)
    assert not hasattr(command, "commands"), f"{place}: name a command of the group"
    command.make_context("gateway", rest)


@pytest.mark.parametrize("page", pages(), ids=str)
def test_a_command_inside_a_sentence_exists_with_its_options(page: Path) -> None:
    for words in inline_commands(page):
        command, rest = resolved([word for part in words[1:] for word in part.strip("[]").split("/")])
        known = {name for each in getattr(command, "params", []) for name in each.opts} | {"--help"}
        unknown = {word for word in rest if word.startswith("--")} - known
        assert not unknown, f"{' '.join(words)}: {unknown}"


def resolved(words: list[str]) -> tuple[Any, list[str]]:
    """The command that words name, and what follows it; `list|show` names each of them."""
    command: Any = APPLICATION
    while hasattr(command, "commands") and words:
        for alternative in words[0].replace("\\", "").split("|"):
            assert alternative in command.commands, (
                f"there is no command {alternative!r} in {sorted(command.commands)}"
            )
        command, words = command.commands[words[0].replace("\\", "").split("|")[0]], words[1:]
    return command, words


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sandbox site with a roster, as the documentation's commands find one."""
    folder = tmp_path_factory.mktemp("site")
    begin = date(2026, 9, 1)
    made = write_site(folder, "http://127.0.0.1:9", begin, ROOT / "config", workers=0)
    made.drop.mkdir(exist_ok=True)
    province = Province(1, 20, begin)
    province.advance(datetime(2026, 9, 2, 6, 0))  # noqa: DTZ001 - the province keeps Asia/Shanghai, unsaid
    province.roster_csv(folder / "roster.csv", begin)
    (folder / "site").symlink_to(folder)  # where the tutorial has it
    return folder


def run_in(site: Path, words: list[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(site)
    monkeypatch.setenv("GATEWAY_CONFIG", str(site / "config"))
    return CliRunner().invoke(app, words)


def test_the_cheap_commands_run(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = ["roster", "import", "roster.csv"]
    cheap = [words for _, words in GATEWAY if CHEAP.match(" ".join(words))]
    assert len(cheap) > 3
    for words in [first, *cheap]:
        result = run_in(site, words, monkeypatch)
        assert result.exit_code == 0, f"gateway {' '.join(words)}: {result.output} {result.exception!r}"


@pytest.mark.parametrize(("place", "words"), SHELL, ids=ids(SHELL))
def test_any_other_command_is_known(place: str, words: list[str]) -> None:
    known = {"gateway", ".venv/bin/gateway", "make", "openssl", "python", *OF_THE_SYSTEM}
    assert words[0] in known, f"{place}: nobody tries {words[0]}"
    if words[0] == "make":
        targets = re.findall(r"^([a-z]+):.*##", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
        assert words[1] in targets
    if words[:2] == ["python", "-m"]:
        assert importlib.util.find_spec(words[2])


@pytest.mark.parametrize("page", sorted({s.page for s in snippets("sh") if "openssl" in s.text}), ids=str)
def test_the_openssl_commands_make_what_they_name(page: Path, tmp_path: Path) -> None:
    for snippet in snippets("sh"):
        if snippet.page == page and "openssl" in snippet.text:
            subprocess.run(["sh", "-e", "-c", snippet.text], cwd=tmp_path, check=True, capture_output=True)
    assert not [path for path in tmp_path.iterdir() if path.stat().st_size == 0]


@pytest.mark.parametrize("snippet", SAMPLED, ids=str)
def test_the_samples_of_a_page_are_what_its_plugin_makes_of_them(snippet: Snippet) -> None:
    namespace = in_front(snippet.page)
    for each in PYTHON:
        if each.page == snippet.page:
            exec(compile(each.text, str(each), "exec"), namespace)  # noqa: S102 - our own pages
    sheet = json.loads(snippet.text)
    received_at = datetime.fromisoformat(sheet["received_at"])
    dataset = next(each for each in namespace.values() if isinstance(each, Dataset))
    reader = RowReader(dataset)
    for sample in sheet["accepted"]:
        reading = reader.read(sample["row"], received_at)
        said = [json.loads(each.record.model_dump_json()) for each in reading.statements]
        assert not reading.faults
        assert [
            {name: found[name] for name in wanted}
            for found, wanted in zip(said, sample["records"], strict=True)
        ] == sample["records"]
        assert [code.split("=")[0] for code in reading.unknown_codes] == sample.get("unknown_codes", [])
    for sample in sheet["refused"]:
        assert reader.read(sample["row"], received_at).faults == ((sample["field"], sample["rule"]),)
