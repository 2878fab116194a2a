"""The commands as an operator types them, on one small demo site."""

import json
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

GATEWAY = (sys.executable, "-m", "gateway.cli")


@dataclass(frozen=True)
class Site:
    folder: Path
    first: subprocess.CompletedProcess[str]
    second: subprocess.CompletedProcess[str]

    @property
    def config(self) -> Path:
        return self.folder / "config"

    def run(self, *words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        done = gateway(*words, "--config", str(self.config))
        assert done.returncode == code, done.stderr
        return done

    def json(self, *words: str, code: int = 0) -> list[Any]:
        return [json.loads(line) for line in self.run(*words, code=code).stdout.splitlines()]


def gateway(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*GATEWAY, *words], capture_output=True, text=True, check=False, timeout=300)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    folder = tmp_path_factory.mktemp("demo")
    words = ("demo", "--folder", str(folder), "--people", "150")
    return Site(folder, gateway(*words), gateway(*words))


def test_the_demo_shows_the_whole_job_and_says_where_to_look_next(site: Site) -> None:
    assert site.first.returncode == 0, site.first.stderr
    for said in (
        "month 1",
        "received",
        "refused",
        "matched",
        "decided as of 2026-09-30",
        "certification.renewed",
    ):
        assert said in site.first.stdout + site.first.stderr
    assert "gateway events" in site.first.stdout


def test_the_demo_goes_on_with_the_next_month_and_repeats_nothing(site: Site) -> None:
    assert site.second.returncode == 0, site.second.stderr
    assert "decided as of 2026-10-31" in site.second.stdout
    told = site.json("events")
    ids = [event["id"] for event in told]
    assert len(ids) == len(set(ids)) > 0
    assert [int(event["sequence"]) for event in told] == list(range(1, len(told) + 1))
    renewals = [
        (event["subject"], event["data"]["certified_on"])
        for event in told
        if event["type"].endswith("renewed")
    ]
    assert len(renewals) == len(set(renewals))


def test_events_continue_after_a_sequence_number(site: Site) -> None:
    told = site.json("events")
    assert site.json("events", "--after", "3", "--limit", "2") == told[3:5]


def test_a_benefit_is_explained_from_its_stored_decision(site: Site) -> None:
    suspected = next(e for e in site.json("events") if e["type"].endswith("eligibility.suspected"))
    (found,) = site.json("explain", suspected["subject"], "--json")
    assert {"benefit_id", "decision", "reason", "confidence", "holds", "causes", "evidence", "events"} <= set(
        found
    )
    assert found["evidence"]
    said = site.run("explain", suspected["subject"]).stdout
    assert suspected["subject"] in said
    assert "would change it" in said


def test_an_unknown_benefit_is_one_clear_line(site: Site) -> None:
    done = site.run("explain", "nobody", code=12)
    assert done.stderr.startswith("NotFoundError no decision about that benefit")
    assert "Traceback" not in done.stderr


def test_refusals_name_dataset_key_hash_field_and_rule(site: Site) -> None:
    found = site.json("refusals", "list", "--json")
    assert found
    assert all(set(row) == {"dataset", "key_hash", "field", "rule", "received_at"} for row in found)
    grouped = site.json("refusals", "list", "--grouped", "--json")
    assert sum(row["count"] for row in grouped) == len(found)


def test_plugins_lists_six_departments_that_are_on(site: Site) -> None:
    rows = site.json("plugins", "--json")
    assert {row["department"] for row in rows if row["state"] == "on"} == {
        "civil_affairs", "courts", "health", "justice", "medical_insurance", "police",
    }  # fmt: skip


def test_doctor_finds_nothing_wrong_at_home_and_a_hub_that_is_gone(site: Site) -> None:
    assert "fault" not in site.run("doctor", "--no-hub").stdout
    found = site.json("doctor", "--json", code=20)[0]
    faults = [finding for finding in found if finding["fault"]]
    assert {finding["exit_code"] for finding in faults} == {20}
    assert any("settlements" in finding["subject"] for finding in faults)


def test_doctor_names_a_key_that_leads_nowhere(site: Site, tmp_path: Path) -> None:
    text = (site.config / "departments" / "police.yaml").read_text("utf-8")
    broken = tmp_path / "config"
    shutil.copytree(site.config, broken)
    kid = next(line.split()[-1] for line in text.splitlines() if "kid:" in line)
    (broken / "departments" / "police.yaml").write_text(text.replace("file:", "file:/nowhere", 1), "utf-8")
    done = gateway("doctor", "--no-hub", "--config", str(broken))
    assert done.returncode == 10
    assert kid in done.stdout
    assert "/nowhere" in done.stdout


def test_doctor_names_a_source_that_no_department_has(site: Site, tmp_path: Path) -> None:
    broken = tmp_path / "config"
    shutil.copytree(site.config, broken)
    rules = (broken / "policy.yaml").read_text("utf-8")
    (broken / "policy.yaml").write_text(rules.replace("cremations", "cremation_s"), "utf-8")
    done = gateway("doctor", "--no-hub", "--config", str(broken))
    assert done.returncode == 10
    assert "cremation_s: no department that is on has such a dataset" in " ".join(done.stdout.split())


def test_outreach_lists_whom_another_channel_is_to_reach(site: Site) -> None:
    listed = site.json("outreach", "--limit", "3", "--json")
    assert len(listed) == 3
    assert all(row["suggested_channel"] and row["benefit_id"].startswith("B99") for row in listed)


def test_a_dry_run_names_the_windows_and_reads_nothing(site: Site) -> None:
    words = ("sync", "--dry-run", "--until", "2026-11-15", "--json")
    before = site.json(*words)
    assert {window["state"] for window in before} == {"new"}
    assert before == site.json(*words)


def test_a_hub_that_is_gone_stops_a_sync_with_its_exit_code(site: Site, tmp_path: Path) -> None:
    impatient = tmp_path / "config"
    shutil.copytree(site.config, impatient)
    text = (impatient / "gateway.yaml").read_text("utf-8").replace("hub:\n", "hub:\n  max_attempts: 1\n")
    (impatient / "gateway.yaml").write_text(text.replace("../data", str(site.folder / "data")), "utf-8")
    done = gateway("sync", "--dataset", "terminations", "--config", str(impatient))
    assert done.returncode == 20
    assert "HubUnavailable terminations" in done.stderr
    assert len(site.json("events")) > 0


def test_no_earlier_day_is_decided_after_a_later_one(site: Site) -> None:
    assert "2026-10-31 was decided already" in site.run("decide", "--as-of", "2026-09-30", code=10).stderr


def test_all_faults_of_a_configuration_are_named_at_once(site: Site, tmp_path: Path) -> None:
    broken = tmp_path / "config"
    shutil.copytree(site.config, broken)
    (broken / "gateway.yaml").write_text("stoer: sqlite:///x.db\nworkers: many\n", "utf-8")
    (broken / "departments" / "police.yaml").write_text("keyz: []\n", "utf-8")
    done = gateway("sync", "--config", str(broken))
    assert done.returncode == 10
    for place in ("gateway.yaml: stoer", "gateway.yaml: workers", "gateway.yaml: hub", "police.yaml: keyz"):
        assert place in done.stderr


def test_no_configuration_folder_is_one_clear_line(tmp_path: Path) -> None:
    done = gateway("sync", "--config", str(tmp_path))
    assert done.returncode == 10
    assert "GATEWAY_CONFIG" in done.stderr


@pytest.fixture
def served(site: Site) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = [*GATEWAY, "serve", "--config", str(site.config), "--port", str(port)]
    with subprocess.Popen(words, stderr=subprocess.PIPE) as process:
        yield f"http://127.0.0.1:{port}"
        interrupt(process)
    assert process.returncode == 0


def interrupt(process: "subprocess.Popen[bytes]") -> None:
    """Press Ctrl-C and wait; where that is ignored, as in a background job, fail and do not hang."""
    process.send_signal(signal.SIGINT)
    try:
        process.communicate(timeout=60)
    finally:
        process.kill()


def test_serve_gives_the_feed_that_the_command_prints(site: Site, served: str) -> None:
    assert fetch(f"{served}/healthz")["status"] == "pass"
    assert fetch(f"{served}/v1/events?limit=1000")["events"] == site.json("events", "--limit", "1000")


def fetch(url: str) -> dict[str, Any]:
    deadline = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5) as reply:  # noqa: S310 - loopback
                found: dict[str, Any] = json.load(reply)
                return found
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def test_events_follow_until_interrupted(site: Site) -> None:
    words = [*GATEWAY, "events", "--follow", "--config", str(site.config)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        first = json.loads(process.stdout.readline())
        interrupt(process)
    assert first["sequence"] == "0" * 19 + "1"
    assert process.returncode == 130


def test_every_command_teaches_its_use() -> None:
    for words in (
        (),
        ("roster", "import"),
        ("sync",),
        ("decide",),
        ("run",),
        ("runs", "approve"),
        ("events",),
        ("sandbox", "hub"),
    ):
        done = gateway(*words, "--help")
        assert done.returncode == 0
        assert "Usage" in done.stdout


def test_a_province_can_be_written_out_to_look_at(tmp_path: Path) -> None:
    done = gateway(
        "sandbox", "province", "--folder", str(tmp_path), "--people", "20", "--start", "2026-09-01"
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "roster.csv").read_text("utf-8").startswith("person_no,")
    assert all(json.loads(line) for line in (tmp_path / "settlements.jsonl").read_text("utf-8").splitlines())
