"""A whole sandbox site in one folder: keys, a configuration that fits them, and the hub's address in it."""

import asyncio
import shutil
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from secrets import token_urlsafe
from typing import Final

import yaml
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from gateway.errors import ConfigError
from gateway.sandbox.columns import DATASETS, FILE_DATASETS, service_id
from gateway.sandbox.hub import serve_hub
from gateway.sandbox.keys import SandboxKeys, write_keys

_IDENTITY_KEY: Final = "identity.key"
_SERVING: Final = "serving.secret"
_SIGNING: Final = "event_signing.pem"
_RULES: Final = ("policy.yaml", "counties.yaml")


@dataclass(frozen=True)
class Site:
    """The folders of a sandbox site."""

    folder: Path

    @property
    def config(self) -> Path:
        """The configuration folder, as `--config` takes it."""
        return self.folder / "config"

    @property
    def has_rules(self) -> bool:
        """Whether the site has been given its rules."""
        return all((self.config / name).exists() for name in _RULES)

    @property
    def drop(self) -> Path:
        """Where justice drops its files."""
        return self.folder / "drop"

    def keys(self) -> SandboxKeys:
        """The site's keys; made once."""
        return write_keys(self.folder / "keys")


def write_site(
    folder: Path,
    base_url: str,
    history_from: date,
    rules: Path | None,
    auth: str = "national",
    **gateway: object,
) -> Site:
    """Write the configuration of a sandbox site; keys that are there stay.

    `auth` is how the hub wants calls signed; `rules` is the folder that holds policy.yaml and counties.yaml,
    None where the site's own are to stay; `gateway` overrides keys of gateway.yaml.
    """
    site = Site(folder)
    keys = site.keys()
    identity = _kept(keys.folder / _IDENTITY_KEY, (keys.app_key[::-1] * 2).encode("ascii"))
    _kept(keys.folder / _SERVING, token_urlsafe(48).encode("ascii"))
    _kept(keys.folder / _SIGNING, _signing_key())
    (site.config / "departments").mkdir(parents=True, exist_ok=True)
    if rules:
        for name in _RULES:
            shutil.copyfile(rules / name, site.config / name)
    _write(site.config / "gateway.yaml", _gateway(keys, identity, base_url, history_from, auth) | gateway)
    for department in sorted(set(_departments().values())):
        write_department(site, department, _department(site, keys, department))
    return site


def write_department(site: Site, department: str, settings: Mapping[str, object]) -> Path:
    """Switch a department on with these settings, and return the file written."""
    path = site.config / "departments" / f"{department}.yaml"
    _write(path, settings)
    return path


def _kept(path: Path, content: bytes) -> Path:
    if not path.exists():
        path.touch(mode=0o600)
        path.write_bytes(content)
    return path


def _signing_key() -> bytes:
    key = Ed25519PrivateKey.generate()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _departments() -> dict[str, str]:
    return {name: columns.department for name, columns in DATASETS.items()}


def _gateway(
    keys: SandboxKeys, identity: Path, base_url: str, history_from: date, auth: str
) -> dict[str, object]:
    return {
        "store": "sqlite:///../data/gateway.db",
        "evidence": "../data/evidence",
        "identity_key": f"file:{identity.resolve()}",
        "events": {"signing_keys": [f"file:{(keys.folder / _SIGNING).resolve()}"]},
        "serve": {"secret": f"file:{(keys.folder / _SERVING).resolve()}"},
        "workers": 2,
        "hub": {
            "base_url": base_url,
            "auth": auth,
            "rid": keys.rid,
            "app_key": keys.app_key_reference,
            "history_from": history_from,
        },
    }


def _department(site: Site, keys: SandboxKeys, department: str) -> dict[str, object]:
    own = [name for name, owner in _departments().items() if owner == department]
    datasets = {name: {} if name in FILE_DATASETS else {"sid": service_id(name)} for name in own}
    folder = {"folder": str(site.drop.resolve())} if set(own) & set(FILE_DATASETS) else {}
    return {"keys": keys.gateway_entries(department), "datasets": datasets, **folder}


def _write(path: Path, content: Mapping[str, object]) -> None:
    path.write_text(yaml.safe_dump(dict(content), allow_unicode=True, sort_keys=False), encoding="utf-8")


@contextmanager
def hub_in_background(app: web.Application, port: int = 0) -> Iterator[str]:
    """Serve a hub from a thread of this process and yield its base URL.

    Raises:
        ConfigError: the port is taken.
    """
    ready: list[str] = []
    started, stop = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        async with serve_hub(app, port) as url:
            ready.append(url)
            started.set()
            await stop.wait()

    def run() -> None:
        try:
            with suppress(OSError):  # the port is taken: said below, where somebody hears it
                loop.run_until_complete(serve())
        finally:
            started.set()
            loop.close()

    thread = threading.Thread(target=run, name="sandbox-hub", daemon=True)
    thread.start()
    started.wait()
    if not ready:
        raise ConfigError(
            f"the simulated hub cannot listen on 127.0.0.1:{port}: something else does; choose another --port"
        )
    try:
        yield ready[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
