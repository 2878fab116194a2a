import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from pydantic import BaseModel

import gateway
from gateway.hookspecs import gateway_department
from gateway.settings import DepartmentSettings, GatewaySettings
from tests.support.project import ROOT
from tests.support.reference import commands, mapping
from tests.support.reference.pages import FOLDER, pages
from tests.support.reference.reading import attribute_docs, signature
from tests.support.reference.schemas import FILES, models, schema_of

WRITE = "run `make reference`"
GUIDES = ("docs/guide/plugin.md", "docs/guide/plugin.zh-CN.md")
CONFIG = ROOT / "config"
PAGES = pages()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_the_reference_is_current(name: str) -> None:
    target = FOLDER / name
    assert target.is_file(), WRITE
    assert target.read_text("utf-8") == PAGES[name], WRITE


def test_nothing_else_is_in_the_folder_but_its_index() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {"index.md", *PAGES}


@pytest.mark.parametrize("guide", GUIDES)
def test_the_guide_has_the_hook_and_every_mapping_word_with_its_live_arguments(guide: str) -> None:
    text = (ROOT / guide).read_text("utf-8")
    words = [signature(getattr(gateway, name), name) for name in mapping.WORDS]
    wanted = [signature(gateway_department), *words, *mapping.CONDITIONS]
    assert not [each for each in wanted if f"`{each}`" not in text]


def test_every_word_that_a_plugin_may_import_is_in_the_reference() -> None:
    text = "".join(page for name, page in PAGES.items() if name.endswith(".md"))
    assert not [name for name in gateway.__all__ if f"`{name}`" not in text]


def test_every_mapping_word_has_its_page() -> None:
    functions = {
        name
        for name in gateway.__all__
        if getattr(getattr(gateway, name), "__module__", "") == "gateway.mapping"
    }
    assert functions - {"Either", "MISSING", "PRESENT"} == set(mapping.WORDS)


def test_every_command_says_what_it_is_for() -> None:
    assert not [name for name, command in commands.commands() if not (command.help or "").strip()]


@pytest.mark.parametrize(
    "model", [*models(GatewaySettings), *models(DepartmentSettings)], ids=lambda m: m.__name__
)
def test_every_key_of_the_configuration_says_what_it_is(model: type[BaseModel]) -> None:
    docs = attribute_docs(model)
    said = {name: docs.get(name) or field.description for name, field in model.model_fields.items()}
    assert not [name for name, text in said.items() if not text], "write a line below the field"


@pytest.mark.parametrize("file", sorted(CONFIG.rglob("*.yaml")), ids=lambda path: path.stem)
def test_a_configuration_names_its_schema_and_keeps_it(file: Path) -> None:
    named = re.match(r"# yaml-language-server: \$schema=(\S+)\n", file.read_text("utf-8"))
    assert named, "let the first line name the schema"
    schema = json.loads((file.parent / named[1]).resolve().read_text("utf-8"))
    jsonschema.Draft202012Validator(schema).validate(as_json(file))


@pytest.mark.parametrize("model", FILES.values(), ids=list(FILES))
def test_a_schema_is_one_and_refuses_a_key_that_nobody_knows(model: type[BaseModel]) -> None:
    schema = schema_of(model)
    jsonschema.Draft202012Validator.check_schema(schema)
    with pytest.raises(jsonschema.ValidationError, match="nonsense"):
        jsonschema.Draft202012Validator(schema | {"required": []}).validate({"nonsense": 1})


def as_json(file: Path) -> Any:
    """The file as an editor's validator sees it: YAML's days are texts there."""
    return json.loads(json.dumps(yaml.safe_load(file.read_text("utf-8")), default=str))
