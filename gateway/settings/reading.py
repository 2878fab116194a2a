"""The configuration folder is read, checked as a whole, and its relative paths are made absolute."""

import re
from pathlib import Path
from typing import Final

from gateway.errors import ConfigError
from gateway.places import rooted
from gateway.settings.hub import DepartmentSettings
from gateway.settings.running import SparkSettings
from gateway.settings.serving import TlsSettings
from gateway.settings.whole import GatewaySettings, Settings
from gateway.yaml_file import read_yaml

_SQLITE: Final = re.compile(r"^sqlite:///(?!/)(?P<path>.+)$")


def load_settings(folder: Path) -> Settings:
    """Read and check a configuration folder.

    Raises:
        ConfigError: all faults at once, each with its file and key.
    """
    if not (folder / "gateway.yaml").is_file():
        raise ConfigError(f"no gateway.yaml in {folder}: name the folder with --config or GATEWAY_CONFIG")
    faults: list[str] = []
    gateway = read_yaml(folder, "gateway.yaml", GatewaySettings, faults)
    names = sorted(file.stem for file in (folder / "departments").glob("*.yaml"))
    departments = {
        name: read_yaml(folder, f"departments/{name}.yaml", DepartmentSettings, faults) for name in names
    }
    if faults or gateway is None:
        raise ConfigError("the configuration has faults:\n  " + "\n  ".join(faults))
    return Settings(
        folder=folder,
        gateway=_resolved(gateway, folder),
        departments={name: _rooted(found, folder) for name, found in departments.items() if found},
    )


def _resolved(settings: GatewaySettings, folder: Path) -> GatewaySettings:
    found = _SQLITE.match(settings.store)
    store = f"sqlite:///{(folder / found['path']).resolve()}" if found else settings.store
    hub = settings.hub.model_copy(update={"app_key": _reference(settings.hub.app_key, folder)})
    return settings.model_copy(
        update={
            "store": store,
            "evidence": rooted(settings.evidence, folder, settings.work),
            "work": (folder / settings.work).resolve(),
            "identity_key": _reference(settings.identity_key, folder),
            "hub": hub,
            "spark": _rooted_spark(settings.spark, folder),
            "events": settings.events.model_copy(
                update={
                    "signing_keys": tuple(_reference(key, folder) for key in settings.events.signing_keys)
                }
            ),
            "serve": settings.serve.model_copy(
                update={
                    "secret": _reference(settings.serve.secret, folder),
                    "tls": _rooted_tls(settings.serve.tls, folder),
                }
            ),
        }
    )


def _rooted_spark(spark: SparkSettings | None, folder: Path) -> SparkSettings | None:
    if spark is None:
        return None
    secrets = {name: _reference(where, folder) for name, where in spark.secrets.items()}
    return spark.model_copy(update={"secrets": secrets})


def _rooted_tls(tls: TlsSettings | None, folder: Path) -> TlsSettings | None:
    if tls is None:
        return None
    return tls.model_copy(
        update={
            "certificate": (folder / tls.certificate).resolve(),
            "key": _reference(tls.key, folder),
            "client_ca": (folder / tls.client_ca).resolve() if tls.client_ca else None,
        }
    )


def _rooted(settings: DepartmentSettings, folder: Path) -> DepartmentSettings:
    keys = tuple(
        {name: _reference(value, folder) or "" for name, value in key.items()} for key in settings.keys
    )
    datasets = {
        name: found.model_copy(update={"app_key": _reference(found.app_key, folder)})
        for name, found in settings.datasets.items()
    }
    return settings.model_copy(
        update={
            "keys": keys,
            "app_key": _reference(settings.app_key, folder),
            "folder": (folder / settings.folder).resolve() if settings.folder else None,
            "datasets": datasets,
        }
    )


def _reference(reference: str | None, folder: Path) -> str | None:
    if reference is None or not reference.startswith("file:"):
        return reference
    return f"file:{(folder / reference.removeprefix('file:')).resolve()}"
