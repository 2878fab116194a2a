"""`gateway plugin new` as an integrator types it: flags, questions, errors that name the flag, next steps."""

import json
import os
import pty
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from gateway.cli.app import app
from gateway.errors import RequestError
from tests.support.project import ROOT

FLAGS = ("--title", "交通", "--dataset", "rail_trips:铁路实名行程", "--envelope", "sm4_cbc_mac")
LISTED = "rail_trips: {polarity: of_life, certifies: true, cite: [二（二）]}"
PROJECT = """[project]
name = "a-gateway"

[project.entry-points."gateway.departments"]
courts = "plugins.courts"
police = "plugins.police" # and a remark

[dependency-groups]
dev = []
"""


def new(*words: str) -> Result:
    return CliRunner().invoke(app, ["plugin", "new", *words])


def refused(*words: str) -> str:
    result = new(*words)
    assert isinstance(result.exception, RequestError), result.output
    assert result.exception.exit_code == 12
    return str(result.exception)


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_distribution_of_its_own_beside_here() -> None:
    result = new("transport", *FLAGS)
    assert result.exit_code == 0, result.output
    assert Path("gateway-transport/gateway_transport/__init__.py").is_file()
    assert result.stdout.splitlines() == [
        "pip install --no-build-isolation --no-deps -e gateway-transport",
        "gateway check transport",
        "cp gateway-transport/config/departments/transport.yaml config/departments/",
        f"# config/policy.yaml, under records: {LISTED}",
        "gateway check transport --live",
        "gateway sync --department transport",
    ]
    assert "written: gateway-transport/pyproject.toml" in result.stderr


def test_a_folder_of_ones_own_choice_is_quoted_for_the_shell() -> None:
    result = new("transport", *FLAGS, "--to", "our plugins/transport")
    assert "-e 'our plugins/transport'" in result.stdout
    assert Path("our plugins/transport/README.md").is_file()


def test_in_tree_the_entry_point_is_added_where_it_belongs() -> None:
    Path("pyproject.toml").write_text(PROJECT, "utf-8")
    result = new("funeral", *FLAGS, "--in-tree")
    assert result.exit_code == 0, result.output
    text = Path("pyproject.toml").read_text("utf-8")
    assert text == PROJECT.replace("\npolice", '\nfuneral = "plugins.funeral"\npolice')
    assert (
        tomllib.loads(text)["project"]["entry-points"]["gateway.departments"]["funeral"] == "plugins.funeral"
    )
    for path in (
        "plugins/funeral/__init__.py",
        "config/departments/funeral.yaml",
        "tests/plugins/test_funeral.py",
    ):
        assert Path(path).is_file()
    assert "-e ." in result.stdout
    assert "cp " not in result.stdout


def test_the_projects_own_list_of_departments_can_take_another() -> None:
    Path("pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    assert new("transport", *FLAGS, "--in-tree").exit_code == 0
    before, after = ((tomllib.loads((root / "pyproject.toml").read_text())) for root in (ROOT, Path()))
    points = after["project"]["entry-points"]["gateway.departments"]
    assert points.pop("transport") == "plugins.transport"
    assert after == before


def test_in_tree_nothing_is_written_where_the_name_is_taken() -> None:
    Path("pyproject.toml").write_text(PROJECT, "utf-8")
    assert "already has an entry point police" in refused("police", *FLAGS, "--in-tree")
    assert list(Path().iterdir()) == [Path("pyproject.toml")]


def test_in_tree_is_for_the_gateways_own_project() -> None:
    assert "run it in the gateway's own project" in refused("transport", *FLAGS, "--in-tree")
    Path("pyproject.toml").write_text("[project]\n", "utf-8")
    assert "run it in the gateway's own project" in refused("transport", *FLAGS, "--in-tree")


def test_a_file_that_is_there_is_named_and_left_alone() -> None:
    Path("gateway-transport").mkdir()
    Path("gateway-transport/README.md").write_text("mine", "utf-8")
    assert "gateway-transport/README.md: already there" in refused("transport", *FLAGS)
    assert Path("gateway-transport/README.md").read_text("utf-8") == "mine"
    assert [path.name for path in Path("gateway-transport").iterdir()] == ["README.md"]


@pytest.mark.parametrize("missing", ["--title", "--dataset", "--envelope"])
def test_where_nobody_can_be_asked_the_missing_flag_is_named(missing: str) -> None:
    place = FLAGS.index(missing)
    said = refused("transport", *FLAGS[:place], *FLAGS[place + 2 :])
    assert said.startswith(f"{missing} is missing")
    assert "gateway plugin new transport --title" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("transport", *FLAGS, "--shape", "file_drop"), "--shape file_drop and --envelope sm4_cbc_mac"),
        (("transport", *FLAGS, "--dataset", "coaches"), "--dataset: give a dataset its title"),
        (
            ("transport", *FLAGS, "--dataset", "coaches：长途", "--key", "PH"),
            "--key: say which dataset is meant",
        ),
        (("transport", *FLAGS, "--from-sample", "nowhere.json"), "nowhere.json: cannot be read"),
        (("Transport", *FLAGS), "NAME: a name is"),
    ],
)
def test_what_is_wrong_is_named(words: tuple[str, ...], said: str) -> None:
    assert said in refused(*words)
    assert list(Path().iterdir()) == []


def test_keys_and_samples_of_several_datasets() -> None:
    row = {"A": "a1", "B": "b1", "SFZH": "99010219450203002X", "XM": "钱多多", "CCRQ": "20260703"}
    Path("rows.json").write_text(json.dumps([row]), "utf-8")
    keys = ("--key", "rail_trips=B", "--key", "coaches=PH")
    words = ("--dataset", "coaches：长途客运", "--from-sample", "rail_trips=rows.json")
    result = new("transport", *FLAGS, *keys, *words)
    assert result.exit_code == 0, result.exception
    code = Path("gateway-transport/gateway_transport/__init__.py").read_text("utf-8")
    assert 'key="B"' in code
    assert 'key="PH"' in code


def test_neither_the_terminal_nor_a_file_shows_anybody_of_the_sample() -> None:
    rows = [
        {"PH": f"E20269{n}", "SFZH": "99010219450203002X", "XM": "钱多多", "CCRQ": "19991231", "备": "轮椅"}
        for n in range(5)
    ]
    Path("rows.json").write_text(json.dumps(rows, ensure_ascii=False), "utf-8")
    result = new("transport", *FLAGS, "--from-sample", "rows.json")
    assert result.exit_code == 0, result.exception
    texts = [path.read_text("utf-8") for path in Path("gateway-transport").rglob("*") if path.is_file()]
    shown = "\n".join([result.output, result.stderr, *texts])
    for value in (*rows[0].values(), "E202694", "1999-12-31"):
        assert value not in shown


def test_the_help_teaches_with_an_example() -> None:
    result = new("--help")
    assert result.exit_code == 0
    assert "gateway plugin new transport --title" in " ".join(result.output.split())


def test_somebody_at_a_terminal_is_asked(tmp_path: Path) -> None:
    here, there = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "gateway.cli", "plugin", "new", "transport"],
        stdin=there,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as asking:
        os.write(here, "交通\nrail_trips:铁路实名行程\ncoaches:长途客运\n\njwe\n".encode())
        said, _ = asking.communicate(timeout=300)
    os.close(here)
    os.close(there)
    assert asking.returncode == 0, said.decode()
    for question in (
        "What its people call it",
        "A dataset as name:title",
        "Another one",
        "How its pages are",
    ):
        assert question in said.decode()
    code = (tmp_path / "gateway-transport/gateway_transport/__init__.py").read_text("utf-8")
    assert code.count('envelope="jwe"') == 2
