from pathlib import Path
from shutil import copy
from typing import Any, get_args

import pytest
import yaml

from gateway.errors import ConfigError
from gateway.policy import load_policy
from gateway.records import FIRST_HAND, DeathBasis, Record

NEVER = "unemployment_benefit"
CONFIG = Path(__file__).parents[3] / "config"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("policy.yaml", "counties.yaml"):
        copy(CONFIG / name, tmp_path / name)
    return tmp_path


def change(file: Path, path: str, value: Any) -> None:
    """Set the value at a dotted path; None takes the key away."""
    content = yaml.safe_load(file.read_text("utf-8"))
    *way, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    at = content
    for part in way:
        at = at[part]
    if value is None:
        del at[last]
    else:
        at[last] = value
    file.write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")


def faults(folder: Path) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_policy(folder)
    return [line.strip() for line in str(caught.value).splitlines()[1:]]


def test_the_rules_that_are_shipped_load() -> None:
    policy = load_policy(CONFIG)
    assert policy.benefits_with("sentence", "hold_only") == ["injury_long_term"]
    assert "injury_long_term" not in policy.benefits_with("detention", "yes")
    assert policy.benefits_with("also_pension", "yes") == ["unemployment_benefit"]


def test_the_rules_know_every_kind_of_record_with_its_polarity() -> None:
    union = get_args(get_args(Record)[0])
    polarities = {model.model_fields["kind"].default: model.polarity for model in union}
    assert {kind: entry.polarity for kind, entry in load_policy(CONFIG).records.items()} == polarities


def test_every_basis_of_a_death_is_first_hand_or_an_echo() -> None:
    rules = load_policy(CONFIG).death
    assert tuple(rules.first_hand.value) == FIRST_HAND
    assert {*rules.first_hand.value, *rules.echo.value} == set(get_args(DeathBasis))


@pytest.mark.parametrize(
    ("file", "path", "value", "fault"),
    [
        ("policy.yaml", "certification.min_extention_days", 3, "certification.min_extention_days: Extra"),
        ("policy.yaml", "certification.min_extension_days.cite", None, "min_extension_days.cite: Field"),
        ("policy.yaml", "certification.min_extension_days.cite", [], "min_extension_days.cite: List"),
        ("policy.yaml", "certification.min_extension_days.value", "30", "min_extension_days.value: Input"),
        ("policy.yaml", "certification.weak_pairs_certify.value", "maybe", "weak_pairs_certify.value: Input"),
        ("policy.yaml", "benefits.employee_pension.grounds", None, "employee_pension.grounds: Field"),
        ("policy.yaml", "benefits.employee_pension.grounds.death", None, "grounds.death: Field"),
        ("policy.yaml", "benefits.employee_pension.grounds.death.effect", "maybe", "death.effect: Input"),
        (
            "policy.yaml",
            "benefits.unemployment_benefit.cycle_months_without_funeral_subsidy",
            6,
            "needs a cycle",
        ),
        ("policy.yaml", "records.death.certifies", True, "records.death: Value error, only evidence of life"),
        (
            "policy.yaml",
            "channels.employer_for.value",
            ["no_benefit"],
            "employer_for names no_benefit",
        ),
        ("policy.yaml", "death.echo.value", ["cremation"], "both first-hand and echo: cremation"),
        ("policy.yaml", "death.echo.value", ["register_cancelled"], "insurance_terminated is neither first"),
        ("policy.yaml", "death.first_hand.value", ["seen"], "death: seen is no basis of a death"),
        ("policy.yaml", "death.certification_afterwards.value.counter", None, "says nothing of counter"),
        ("policy.yaml", "records.border_crossing", None, "records says nothing of border_crossing"),
        ("policy.yaml", "records.absence.polarity", "neutral", "records.absence.polarity is adverse"),
        (
            "policy.yaml",
            "benefits.employee_pension.grounds.sentence_outside_prison",
            None,
            "sentence_outside_prison: Field",
        ),
        (
            "policy.yaml",
            "benefits.employee_pension.grounds.sentence_outside_prison.effect",
            "yes",
            "no record tells it, it can only be no",
        ),
        (
            "policy.yaml",
            "holds.causes.value",
            ["death"],
            "grounds.sentence only holds, but is not among holds.causes",
        ),
        ("policy.yaml", "holds.causes.value", ["death", "death"], "named more than once: death"),
        (
            "policy.yaml",
            "also_pension.pensions.value",
            ["unemployment_benefit"],
            "names unemployment_benefit, which has the ground itself",
        ),
        ("policy.yaml", "notices.due_within_days.value", [60, 15, 60], "named more than once: 60"),
        ("policy.yaml", "notices.payment_statuses.value", ["paid"], "payment_statuses.value.0: Input"),
        ("counties.yaml", "counties.0.county", 990103, "counties.0.county: Input"),
        ("counties.yaml", "counties.0.county", "990104", "named more than once: 990104"),
    ],
)
def test_a_fault_is_named_with_its_file_and_key(
    folder: Path, file: str, path: str, value: Any, fault: str
) -> None:
    change(folder / file, path, value)
    [line] = faults(folder)
    assert line.startswith(f"{file}: ")
    assert fault in line


def test_a_departments_own_kind_certifies_once_it_is_listed_so(folder: Path) -> None:
    assert load_policy(folder).unconfirmed(["death", "bank_visit"]) == ["bank_visit"]
    entry = {"polarity": "of_life", "certifies": True, "cite": ["POLICY 2"]}
    change(folder / "policy.yaml", "records.bank_visit", entry)
    policy = load_policy(folder)
    assert "bank_visit" in policy.certifying_kinds()
    assert policy.unconfirmed(["death", "bank_visit"]) == []


def test_a_departments_own_kind_is_never_adverse(folder: Path) -> None:
    change(folder / "policy.yaml", "records.bank_visit", {"polarity": "adverse", "cite": ["POLICY 2"]})
    [line] = faults(folder)
    assert line.endswith(
        "records.bank_visit is no kind of the gateway's, and a department's own is never adverse"
    )


def test_what_is_said_of_a_certification_after_a_death_names_who_is_probably_alive() -> None:
    methods = load_policy(CONFIG).death.likely_alive_methods()
    assert methods == ["counter", "home_visit", "community", "consulate"]


def test_overlapping_periods_of_a_county_are_a_fault(folder: Path) -> None:
    period = {"from": "2026-03-31", "until": "2026-12-31", "cite": ["二（一）"]}
    content = yaml.safe_load((folder / "counties.yaml").read_text("utf-8"))
    content["counties"][1]["without_funeral_subsidy"].append(period)
    text = yaml.safe_dump(content, allow_unicode=True).replace("'2026-03-31'", "2026-03-31")
    (folder / "counties.yaml").write_text(text.replace("'2026-12-31'", "2026-12-31"), "utf-8")
    [line] = faults(folder)
    assert line == (
        "counties.yaml: counties.1: Value error, periods overlap: from 2011-07-01 and from 2026-03-31"
    )


def test_all_faults_of_both_files_are_named_at_once(folder: Path) -> None:
    change(folder / "policy.yaml", "version", None)
    change(folder / "policy.yaml", "ledger.verify_within_days.value", -1)
    change(folder / "counties.yaml", "counties.0.without_funeral_subsidy", [])
    assert [line.split(": ")[1] for line in faults(folder)] == [
        "version",
        "ledger.verify_within_days.value",
        "counties.0.without_funeral_subsidy",
    ]


def test_a_key_that_stands_twice_is_a_fault(folder: Path) -> None:
    with (folder / "policy.yaml").open("a", encoding="utf-8") as file:
        file.write("\nnotice: another\n")
    [line] = faults(folder)
    assert line.startswith("policy.yaml: the key notice stands twice")


def test_missing_and_broken_files_are_faults(folder: Path) -> None:
    (folder / "policy.yaml").unlink()
    (folder / "counties.yaml").write_text("counties: [", "utf-8")
    assert [line.split(": ")[0] for line in faults(folder)] == ["policy.yaml", "counties.yaml"]


def test_a_bare_yes_or_no_means_what_it_says(folder: Path) -> None:
    text = (folder / "policy.yaml").read_text("utf-8")
    (folder / "policy.yaml").write_text(text.replace('"yes"', "yes").replace('"no"', "no"), "utf-8")
    assert load_policy(folder) == load_policy(CONFIG)
