from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway.errors import ConfigError
from gateway.places import Remote
from gateway.settings import Settings, load_settings

SECRET = "0123456789abcdef-in-clear"
SOUND: dict[str, Any] = {
    "store": "sqlite:///state/gateway.sqlite",
    "evidence": "../evidence",
    "identity_key": "file:keys/identity",
    "hub": {"base_url": "http://127.0.0.1:1", "rid": "r0", "app_key": "env:APP_KEY", "page_limit": 500},
}
POLICE: dict[str, Any] = {
    "rid": "r1",
    "folder": "drop",
    "keys": [{"kid": "p1", "sm4": "file:keys/p1", "mac": "env:P1_MAC"}],
    "datasets": {"detentions": {"sid": "s1", "page_limit": 7, "app_key": "file:keys/own", "enabled": False}},
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    config = tmp_path / "config"
    (config / "departments").mkdir(parents=True)
    write(config, "gateway.yaml", SOUND)
    return config


def write(folder: Path, file: str, content: object) -> None:
    text = content if isinstance(content, str) else yaml.safe_dump(content, allow_unicode=True)
    (folder / file).write_text(text, "utf-8")


def faults(folder: Path) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_settings(folder)
    assert SECRET not in str(caught.value)
    head, *lines = str(caught.value).splitlines()
    assert head == "the configuration has faults:"
    return [line.removeprefix("  ") for line in lines]


def test_without_gateway_yaml_the_message_says_how_to_name_the_folder(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"no gateway.yaml in .*: name the folder with --config or GATEWAY_CONFIG"
    ):
        load_settings(tmp_path)
    with pytest.raises(ConfigError, match=r"no gateway\.yaml"):
        load_settings(tmp_path / "nowhere")


def test_what_the_serving_side_names_is_relative_to_the_folder(folder: Path) -> None:
    tls = {"certificate": "tls/a.pem", "key": "file:tls/a.key", "client_ca": "tls/ca.pem"}
    serve = {"secret": "file:keys/serving", "tls": tls}
    write(folder, "gateway.yaml", SOUND | {"serve": serve, "events": {"signing_keys": ["file:keys/events"]}})
    found = load_settings(folder).gateway
    assert found.serve.secret == f"file:{folder}/keys/serving"
    assert found.events.signing_keys == (f"file:{folder}/keys/events",)
    assert found.serve.tls is not None
    assert (found.serve.tls.certificate, found.serve.tls.client_ca) == (
        folder / "tls/a.pem",
        folder / "tls/ca.pem",
    )
    assert found.serve.tls.key == f"file:{folder}/tls/a.key"


@pytest.mark.parametrize(
    ("serve", "line"),
    [
        ({"requests_per_second": 0}, "serve.requests_per_second: "),
        ({"burst": 0}, "serve.burst: "),
        ({"head_timeout_s": 0}, "serve.head_timeout_s: "),
        ({"tls": {"certificate": "a", "key": SECRET}}, "serve.tls.key: "),
        ({"tls": {"certificate": "a", "key": "env:K", "require_client": True}}, "serve.tls: "),
    ],
)
def test_a_serving_side_that_makes_no_sense_is_a_fault(
    folder: Path, serve: dict[str, object], line: str
) -> None:
    write(folder, "gateway.yaml", SOUND | {"serve": serve})
    (found,) = faults(folder)
    assert found.startswith(f"gateway.yaml: {line}")


def test_no_departments_are_no_fault(folder: Path) -> None:
    (folder / "departments").rmdir()
    assert load_settings(folder).departments == {}


def test_paths_are_relative_to_the_folder(folder: Path) -> None:
    write(folder, "departments/police.yaml", POLICE)
    settings = load_settings(folder)
    police = settings.departments["police"]
    assert settings.gateway.store == f"sqlite:///{folder}/state/gateway.sqlite"
    assert settings.gateway.evidence == folder.parent / "evidence"
    assert settings.gateway.identity_key == f"file:{folder}/keys/identity"
    assert settings.gateway.hub.app_key == "env:APP_KEY"
    assert police.folder == folder / "drop"
    assert police.keys == ({"kid": "p1", "sm4": f"file:{folder}/keys/p1", "mac": "env:P1_MAC"},)
    assert police.datasets["detentions"].app_key == f"file:{folder}/keys/own"


def test_parts_may_be_elsewhere_and_what_must_be_here_is_in_a_folder(folder: Path) -> None:
    write(folder, "gateway.yaml", SOUND | {"evidence": "s3://bucket/gateway/", "work": "../work"})
    found = load_settings(folder).gateway
    assert found.evidence == Remote("s3://bucket/gateway", folder.parent / "work")


def test_a_cluster_is_named_and_its_secrets_are_references(folder: Path) -> None:
    spark = {"master": "spark://cluster:7077", "secrets": {"spark.hadoop.fs.s3a.secret.key": "file:keys/s3"}}
    write(folder, "gateway.yaml", SOUND | {"engine": "spark", "spark": spark})
    found = load_settings(folder).gateway.spark
    assert found is not None
    assert found.secrets == {"spark.hadoop.fs.s3a.secret.key": f"file:{folder}/keys/s3"}
    write(folder, "gateway.yaml", SOUND | {"engine": "spark"})
    (line,) = faults(folder)
    assert "engine: spark needs the cluster" in line


@pytest.mark.parametrize(
    "store", ["sqlite:////var/lib/gateway.sqlite", "postgresql+psycopg://gateway@db/gateway"]
)
def test_what_is_absolute_stays(folder: Path, store: str) -> None:
    absolute = {"store": store, "evidence": "/srv/evidence", "identity_key": "file:/etc/keys/identity"}
    write(folder, "gateway.yaml", SOUND | absolute)
    found = load_settings(folder).gateway
    assert (found.store, str(found.evidence), found.identity_key) == tuple(absolute.values())


def test_a_dataset_is_called_by_its_own_settings_then_its_departments_then_the_hubs(folder: Path) -> None:
    hub = SOUND["hub"] | {
        "requests_per_hour": 9,
        "success_codes": ["0", 200],
        "history_from": date(2025, 1, 1),
    }
    write(folder, "gateway.yaml", SOUND | {"hub": hub})
    write(folder, "departments/police.yaml", POLICE | {"requests_per_hour": 5, "auth": "hmac_sm3"})
    settings = load_settings(folder)
    assert settings.call("police", "detentions") == {
        "auth": "hmac_sm3",
        "rid": "r1",
        "app_key": f"file:{folder}/keys/own",
        "page_limit": 7,
        "requests_per_hour": 5,
        "success_codes": ("0", 200),
        "history_from": date(2025, 1, 1),
    }
    assert settings.call("police", "identity_cards")["page_limit"] == 500


def test_all_faults_are_named_at_once_with_file_and_key(folder: Path) -> None:
    hub = {"rid": "r", "page_limit": 20_001, "request_timeout_s": 0, "secret_cipher": SECRET}
    broken = {"store": "sqlite:///x", "identity_key": SECRET, "hub": hub, "workers": -1, "stor": SECRET}
    write(folder, "gateway.yaml", broken)
    write(
        folder, "departments/courts.yaml", {"app_key": SECRET, "datasets": {"declarations": {"sit": SECRET}}}
    )
    write(folder, "departments/police.yaml", {"keys": [{"kid": "p1", "sm4": 5}], "folder": [SECRET]})
    found = sorted(line.split(": ")[:2] for line in faults(folder))
    assert found == sorted(
        [
            ["gateway.yaml", "evidence"],
            ["gateway.yaml", "identity_key"],
            ["gateway.yaml", "hub.page_limit"],
            ["gateway.yaml", "hub.secret_cipher"],
            ["gateway.yaml", "hub.base_url"],
            ["gateway.yaml", "hub.request_timeout_s"],
            ["gateway.yaml", "workers"],
            ["gateway.yaml", "stor"],
            ["departments/courts.yaml", "app_key"],
            ["departments/courts.yaml", "datasets.declarations.sit"],
            ["departments/police.yaml", "keys.0.sm4"],
            ["departments/police.yaml", "folder"],
        ]
    )


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("hub: [", "police.yaml: is not YAML at line 2"),
        ("rid: a\n\tb: c", "police.yaml: is not YAML at line 2"),
        (f"rid: !!python/object:os.{SECRET} x", "police.yaml: is not YAML at line 1"),
        (f"- {SECRET}", "police.yaml: (top): Input should be a valid dictionary"),
        (SECRET, "police.yaml: (top): Input should be a valid dictionary"),
        ("history_from: 2026-02-30", "police.yaml: holds a date that does not exist"),
        (f"history_from: {SECRET}", "police.yaml: history_from: "),
        ("page_limit: 5\x00", "police.yaml: is not YAML"),
        ("rid: a\nrid: b", "police.yaml: the key rid stands twice at line 1"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(folder: Path, text: str, fault: str) -> None:
    write(folder, "departments/police.yaml", text)
    (found,) = faults(folder)
    assert found.startswith(f"departments/{fault}")


def test_a_file_in_another_encoding_is_named(folder: Path) -> None:
    (folder / "departments/police.yaml").write_bytes("rid: 公安".encode("gb18030"))
    assert faults(folder) == ["departments/police.yaml: is not UTF-8"]


def test_a_folder_in_place_of_a_file_is_named(folder: Path) -> None:
    (folder / "departments/police.yaml").mkdir()
    assert faults(folder) == ["departments/police.yaml: Is a directory"]


def test_an_empty_department_file_switches_it_on(folder: Path) -> None:
    write(folder, "departments/police.yaml", "# on\n")
    assert isinstance(load_settings(folder), Settings)
    assert list(load_settings(folder).departments) == ["police"]


@pytest.mark.parametrize("reference", ["", "env:", "file:", SECRET, f"ENV:{SECRET}"])
def test_a_key_in_clear_is_refused_and_not_shown(folder: Path, reference: str) -> None:
    write(folder, "gateway.yaml", SOUND | {"identity_key": reference})
    (found,) = faults(folder)
    assert found.startswith("gateway.yaml: identity_key: ")


def test_settings_cannot_be_changed(folder: Path) -> None:
    settings = load_settings(folder)
    with pytest.raises(ValueError, match="frozen"):
        settings.gateway.workers = 9  # type: ignore[misc] # the point of the test


def test_nothing_is_scheduled_unless_it_is_written(folder: Path) -> None:
    schedule = load_settings(folder).gateway.schedule
    assert (schedule.run, schedule.sync.default, schedule.sync.datasets) == (None, None, {})


@pytest.mark.parametrize(
    ("schedule", "line"),
    [
        ({"run": "0 3 32 * *"}, "schedule.run: Value error, is no cron expression: Bad day-of-month"),
        ({"sync": {"default": "hourly"}}, "schedule.sync.default: Value error, write five fields"),
        ({"sync": {"default": "0 0 0 1 1 *"}}, "schedule.sync.default: Value error, write five fields"),
        ({"sync": {"datasets": {"d": "0 0 30 2 *"}}}, "schedule.sync.datasets.d: Value error, is no cron"),
        ({"sync": {"detentions": "0 1 * * *"}}, "schedule.sync.detentions: Extra inputs"),
        ({"attempts": 0}, "schedule.attempts: "),
    ],
)
def test_a_schedule_that_cannot_be_kept_is_named(folder: Path, schedule: dict[str, Any], line: str) -> None:
    write(folder, "gateway.yaml", SOUND | {"schedule": schedule})
    (found,) = faults(folder)
    assert found.startswith(f"gateway.yaml: {line}")


def test_what_follows_drift_is_set_for_the_hub_a_department_or_a_dataset(folder: Path) -> None:
    own = {"drift": "freeze", "datasets": {"detentions": {"drift": "evolve", "drift_alarm_share": 0}}}
    write(folder, "gateway.yaml", SOUND | {"hub": SOUND["hub"] | {"drift_alarm_share": 0.5}})
    write(folder, "departments/police.yaml", POLICE | own)
    write(folder, "departments/courts.yaml", {})
    settings = load_settings(folder)
    assert settings.drift("police", "detentions") == ("evolve", 0)
    assert settings.drift("police", "identity_cards") == ("freeze", 0.5)
    assert settings.drift("courts", "declarations") == ("warn", 0.5)
    write(folder, "gateway.yaml", SOUND)
    assert load_settings(folder).drift("courts", "declarations") == ("warn", 0.01)


def test_a_wrong_word_for_drift_is_named(folder: Path) -> None:
    wrong = {"datasets": {"detentions": {"drift": "ignore", "drift_alarm_share": 1.5}}}
    write(folder, "departments/police.yaml", wrong)
    key = "departments/police.yaml: datasets.detentions"
    assert faults(folder) == [
        f"{key}.drift: Input should be 'evolve', 'warn' or 'freeze'",
        f"{key}.drift_alarm_share: Input should be less than or equal to 1",
    ]
