"""Which files a package is made of, and how they are written: all of them or none, and never over another."""

import json
import re
from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Any, Final

from gateway.errors import RequestError
from gateway.hookspecs import ENTRY_POINTS
from gateway.scaffold.built import department_of
from gateway.scaffold.fill import filled
from gateway.scaffold.naming import camel
from gateway.scaffold.plan import FILE_DROP, PackagePlan, RecordPlan
from gateway.scaffold.sheets import sheet
from gateway.scaffold.source import source_of
from gateway.testing.field_table import with_tables

Files = dict[PurePath, str]

_KEYS: Final[Mapping[str, str]] = {
    "sm4_cbc_mac": "keys_shared",
    "sm4_fields": "keys_shared",
    "jwe": "keys_public",
    "sm2_sm4_gcm": "keys_public",
    "nhsa": "keys_nhsa",
    FILE_DROP: "keys_file_drop",
}
_UNTRIED: Final = "every_emit_is_sampled"
"""The rule that a mapping which says nothing at all cannot keep."""

_SECTION: Final = f'[project.entry-points."{ENTRY_POINTS}"]'
_ENTRY: Final = re.compile(r"\s*[\w\"'.-]+\s*=")


def distribution(plan: PackagePlan, year: int) -> Files:
    """The files of a department as a distribution of its own, below its folder."""
    package = f"gateway_{plan.name}"
    return {
        PurePath("pyproject.toml"): _filled("pyproject.toml", plan),
        PurePath("README.md"): _filled("readme.md", plan),
        PurePath("config/departments", f"{plan.name}.yaml"): _settings(plan, year),
        PurePath("tests", f"test_{plan.name}.py"): _filled("test.py", plan, class_name=camel(plan.name)),
        PurePath(package, "py.typed"): "",
        **_package(plan, PurePath(package)),
    }


def in_tree(plan: PackagePlan, year: int) -> Files:
    """The files of a department inside the gateway's own project, below its root."""
    return {
        PurePath("config/departments", f"{plan.name}.yaml"): _settings(plan, year),
        PurePath("tests/plugins", f"test_{plan.name}.py"): _filled(
            "test.py", plan, class_name=camel(plan.name)
        ),
        **_package(plan, PurePath("plugins", plan.name)),
    }


def write_files(root: Path, files: Files) -> list[Path]:
    """Write all files and return their paths; what was written is taken away again where one cannot be.

    Raises:
        RequestError: a file is there already, and is named; or a folder cannot be written.
    """
    paths = {root / name: text for name, text in files.items()}
    _check_absent(paths)
    written: list[Path] = []
    try:
        for path, text in paths.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8", newline="\n") as file:
                written.append(path)
                file.write(text)
    except OSError as error:
        for path in written:
            path.unlink(missing_ok=True)
        raise RequestError(
            f"{error.filename}: cannot be written ({error.strerror}): nothing was kept; name another folder"
        ) from None
    return written


def entry_added(pyproject: Path, name: str, module: str) -> str:
    """The text of a pyproject.toml with the department's entry point in it; the file is not changed.

    Raises:
        RequestError: the file has no such section, or the name is taken.
    """
    try:
        lines = pyproject.read_text("utf-8").splitlines()
        start = lines.index(_SECTION) + 1
    except (OSError, ValueError):
        raise RequestError(
            f"--in-tree: {pyproject} has no section {_SECTION}: run it in the gateway's own project, or "
            "leave --in-tree out for a distribution of its own"
        ) from None
    end = next((i for i in range(start, len(lines)) if not _ENTRY.match(lines[i])), len(lines))
    entries = lines[start:end]
    if any(line.split("=")[0].strip().strip("\"'") == name for line in entries):
        raise RequestError(f"--in-tree: {pyproject} already has an entry point {name}: choose another name")
    entries = sorted([*entries, f'{name} = "{module}"'])
    return "\n".join([*lines[:start], *entries, *lines[end:]]) + "\n"


def replace_text(path: Path, text: str) -> None:
    """Put a text in a file's place in one step, so that no reader meets half of it."""
    beside = path.with_name(f".{path.name}.new")
    beside.write_text(text, encoding="utf-8", newline="\n")
    beside.replace(path)


def _check_absent(paths: Mapping[Path, str]) -> None:
    there = [path for path in paths if path.exists() or path.is_symlink()]
    if there:
        raise RequestError(
            f"{', '.join(map(str, there))}: already there, and nothing is ever overwritten: move it away, or "
            "choose another name or folder"
        )


def _package(plan: PackagePlan, folder: PurePath) -> Files:
    department = department_of(plan)
    readme = _filled("package_readme.md", plan, datasets=_told(plan), shape=_shape(plan))
    files = {
        folder / "__init__.py": f"{source_of(plan)}\n",
        folder / "README.md": with_tables(readme, department),
    }
    if silent := [each for each in plan.datasets if each.emits == (RecordPlan("Unclassified"),)]:
        files[folder / "waivers.json"] = _as_json({_UNTRIED: f"{silent[0].name}: {silent[0].why}"})
    for planned, dataset in zip(plan.datasets, department.datasets, strict=True):
        files[folder / "samples" / f"{planned.name}.json"] = _as_text(sheet(planned, dataset))
    return files


def _filled(template: str, plan: PackagePlan, **values: str) -> str:
    common = {
        "name": plan.name,
        "title": plan.title,
        "dashed": plan.name.replace("_", "-"),
        "upper": plan.name.upper(),
        "package": f"gateway_{plan.name}",
        "envelope": plan.envelope,
    }
    return f"{filled(template, **common, **values)}\n"


def _settings(plan: PackagePlan, year: int) -> str:
    drops = plan.shape == FILE_DROP
    sids = [f"  {each.name}:{' {}' if drops else _sid(each.name)}" for each in plan.datasets]
    folder = f"folder: ../var/drop/{plan.name} # <dataset>_<yyyyMM>_<seq>.zip.enc, .manifest.json, .ok\n"
    return _filled(
        "department.yaml",
        plan,
        keys=_filled(f"{_KEYS[plan.envelope]}.yaml", plan, year=str(year)).rstrip("\n"),
        pages="files" if drops else "pages",
        folder=folder if drops else "",
        datasets="\n".join(sids),
    )


def _sid(dataset: str) -> str:
    return f"\n    sid: s_990000_{dataset} # the service's number at the hub"


def _shape(plan: PackagePlan) -> str:
    return "Files in a folder" if plan.shape == FILE_DROP else "Pages from the hub"


def _told(plan: PackagePlan) -> str:
    return "\n".join(f"- **{each.name}** {each.title}: {each.why}." for each in plan.datasets)


def _as_json(found: Mapping[str, str]) -> str:
    return f"{json.dumps(found, ensure_ascii=False, indent=2)}\n"


def _as_text(found: Mapping[str, Any]) -> str:
    """A sheet as JSON that is pleasant to edit: a row a line."""
    parts = [f'  "received_at": {_line(found["received_at"])}']
    for part in ("accepted", "refused"):
        entries = ",\n".join(_entry(entry) for entry in found[part])
        parts.append(f'  "{part}": [\n{entries}\n  ]')
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _entry(entry: Mapping[str, Any]) -> str:
    lines = ",\n".join(f"      {_line(name)}: {_line(value)}" for name, value in entry.items())
    return f"    {{\n{lines}\n    }}"


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
