import json
from pathlib import Path
from typing import Any, get_args

import pytest
from jsonschema import Draft202012Validator, ValidationError

from gateway.events import EVENT_TYPES, schemas
from gateway.events.words import Cause, Channel, Reason
from gateway.policy import entries
from gateway.testing.event_examples import examples
from gateway.testing.event_schemas import FOLDER, PREFIX, files

PROJECT = Path(__file__).parents[3]
NAMES = [model.type_name for model in EVENT_TYPES]
SECRET = ("id_number", "name", "key", "person_key", "basis", "diagnosis")


def read(path: str) -> Any:
    return json.loads((PROJECT / FOLDER / path).read_text("utf-8"))


def validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(read(f"{name}.json"), format_checker=Draft202012Validator.FORMAT_CHECKER)


def test_the_published_schemas_and_examples_are_those_of_the_models() -> None:
    wanted = {PROJECT / FOLDER / path: text for path, text in files().items()}
    found = [path for path in (PROJECT / FOLDER).rglob("*") if path.is_file()]
    assert {path: path.read_text("utf-8") for path in found} == wanted


def test_the_ten_types_are_those_of_the_policy() -> None:
    assert sorted(NAMES) == [
        "certification.conflict.cleared",
        "certification.conflict.found",
        "certification.due",
        "certification.overdue",
        "certification.renewed",
        "eligibility.loss.confirmed",
        "eligibility.suspected",
        "eligibility.suspicion.cleared",
        "eligibility.suspicion.unresolved",
        "evidence.withdrawn",
    ]
    assert sorted(data.type_name for data in examples()) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_example_keeps_to_its_schema(name: str) -> None:
    Draft202012Validator.check_schema(read(f"{name}.json"))
    validator(name).validate(read(f"examples/{name}.json"))


@pytest.mark.parametrize("name", NAMES)
def test_the_data_is_closed_and_has_no_place_for_what_must_not_leave(name: str) -> None:
    schema = read(f"{name}.json")
    closed = [schema["properties"]["data"], *schema.get("$defs", {}).values()]
    assert all(part["additionalProperties"] is False for part in closed)
    assert not {field for part in closed for field in part["properties"]}.intersection(SECRET)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "change",
    [
        {"name": "somebody"},
        {"benefit_id": None},
        {"decision": "dead"},
        {"as_of": "30.06.2026"},
        {"notify": "yes"},
        {"county": None},
    ],
    ids=["more", "null", "unknown word", "not a day", "not a boolean", "null where it may be missing"],
)
def test_a_schema_refuses_what_is_not_of_its_type(name: str, change: dict[str, Any]) -> None:
    event = read(f"examples/{name}.json")
    with pytest.raises(ValidationError):
        validator(name).validate(event | {"data": event["data"] | change})


@pytest.mark.parametrize("name", NAMES)
def test_one_types_event_is_not_anothers(name: str) -> None:
    others = [other for other in NAMES if other != name]
    event = read(f"examples/{name}.json")
    assert not any(validator(other).is_valid(event) for other in others)


def test_a_site_with_a_prefix_of_its_own_has_schemas_of_its_own() -> None:
    own = schemas("cn.test.")["certification.due"]
    assert own["properties"]["type"] == {"const": "cn.test.certification.due"}
    assert PREFIX == "cn.hunan.rst."


def test_the_words_of_events_are_those_of_the_policy() -> None:
    assert set(get_args(Cause)) == set(get_args(entries.Cause))
    assert set(get_args(Channel)) == set(get_args(entries.Channel))
    assert set(get_args(Reason)) == set(get_args(entries.GroundName)) - {"sentence_outside_prison"}
