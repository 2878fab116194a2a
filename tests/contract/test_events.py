import json
import subprocess
from pathlib import Path

import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_structured_event

from tests.contract.conftest import FOLDER
from tests.support.project import ROOT

EXAMPLES = sorted((ROOT / "docs" / "schemas" / "examples").glob("*.json"))
EVENTS = [pytest.param(path, id=path.stem) for path in EXAMPLES]


def test_there_is_an_example_of_each_of_the_ten_types() -> None:
    assert len(EXAMPLES) == 10


@pytest.mark.parametrize("path", EVENTS)
def test_the_python_sdk_reads_an_event_of_every_type(path: Path) -> None:
    told = json.loads(path.read_text("utf-8"))
    headers = {"content-type": "application/cloudevents+json"}
    event = from_structured_event(HTTPMessage(headers, path.read_bytes()))
    assert (event.get_id(), event.get_type(), event.get_subject()) == (
        told["id"],
        told["type"],
        told["subject"],
    )
    assert event.get_extension("sequence") == told["sequence"]
    assert event.get_data() == told["data"]


@pytest.mark.usefixtures("node")
def test_the_javascript_sdk_holds_every_type_to_the_cloudevents_schema() -> None:
    command = ["node", "check_events.mjs", *map(str, EXAMPLES)]
    done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "10 events"


@pytest.mark.usefixtures("node")
def test_the_javascript_sdk_refuses_what_is_no_event(tmp_path: Path) -> None:
    wrong = json.loads(EXAMPLES[0].read_text("utf-8")) | {"specversion": "1.0", "source": "", "id": ""}
    (tmp_path / "wrong.json").write_text(json.dumps(wrong), "utf-8")
    command = ["node", "check_events.mjs", str(tmp_path / "wrong.json")]
    assert subprocess.run(command, cwd=FOLDER, capture_output=True, check=False).returncode != 0
