"""A gateway of the bench's own in a folder, and its commands as they are typed."""

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench.clock.offset import Offset
from bench.data.calendar import FIRST, Month
from bench.data.landing import Landing
from bench.data.sealing import PAGE_ROWS
from bench.watch import Taken, watched
from gateway.sandbox.keys import write_keys
from gateway.sandbox.site import write_site

ROOT: Final = Path(__file__).parents[1]
WORKERS: Final = 2
MEMORY_MB: Final = 1_200
"""What deciding may take: its aim of the whole month."""

_UNLIMITED: Final = 10**9
_EVERY_RUN: Final = {
    "max_share: {value: 0.003": "max_share: {value: 0.000001",
    "min_count: {value: 50": "min_count: {value: 1",
}
"""Every run is held, so that deciding and publishing are two commands and can be told apart."""


@dataclass(frozen=True)
class BenchSite:
    """The folder of a gateway under measurement, and by what clock it lives; none is this machine's."""

    folder: Path
    landing: Landing
    clock: Offset | None = None

    @property
    def config(self) -> Path:
        """Its configuration."""
        return self.folder / "config"

    def command(self, *words: str, check: bool = True) -> Taken:
        """Run one of the gateway's own commands on it."""
        own = [sys.executable, "-m", "gateway.cli", *words, "--config", str(self.config)]
        environment = self.clock.environment() if self.clock else {"PYTHONPATH": str(ROOT)}
        return watched(own, ROOT, environment, check=check)

    def drop(self, month: Month) -> None:
        """Let justice drop its files of a month."""
        shutil.copytree(self.landing.drop(month), self.folder / "drop", dirs_exist_ok=True)


def open_site(folder: Path, landing: Landing, base_url: str, **gateway: Any) -> BenchSite:
    """Write a site for a province and a hub; what is in the folder stays, but for the hub's address."""
    if not (folder / "keys").exists():
        shutil.copytree(landing.keys().folder, folder / "keys")
    keys = write_keys(folder / "keys")
    hub = {
        "base_url": base_url,
        "auth": "national",
        "rid": keys.rid,
        "app_key": keys.app_key_reference,
        "page_limit": PAGE_ROWS,
        "requests_per_hour": _UNLIMITED,
        "overlap_days": 0,
        "history_from": FIRST,
    }
    own: dict[str, Any] = {"workers": WORKERS, "decide_memory_mb": MEMORY_MB, "hub": hub} | gateway
    site = write_site(folder, base_url, FIRST, ROOT / "config", **own)
    _hold_every_run(site.config / "policy.yaml")
    return BenchSite(folder, landing)


def _hold_every_run(policy: Path) -> None:
    text = policy.read_text("utf-8")
    for usual, own in _EVERY_RUN.items():
        if usual not in text:
            raise RuntimeError(f"policy.yaml has no {usual!r}: the bench must learn how runs are held now")
        text = text.replace(usual, own)
    policy.write_text(text, "utf-8")
