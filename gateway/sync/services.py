"""From the configuration to what is called: which datasets are on, and how each one's service is called."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from gateway.crypto.envelopes import ENVELOPES
from gateway.crypto.references import resolve
from gateway.department import Dataset
from gateway.errors import ConfigError, PluginError
from gateway.host import Host
from gateway.hub.service import Service
from gateway.settings import DatasetSettings, Settings

_OPTIONAL: Final = (
    "auth",
    "path",
    "refresh_path",
    "renewal_path",
    "secret_cipher",
    "final_sign",
    "success_codes",
    "page_limit",
    "requests_per_hour",
)


@dataclass(frozen=True)
class Feed:
    """A dataset that is switched on, with its department."""

    department: str
    dataset: Dataset

    @property
    def name(self) -> str:
        """The dataset's name; unique over all departments."""
        return self.dataset.name


def feeds(
    settings: Settings, host: Host, department: str | None = None, dataset: str | None = None
) -> list[Feed]:
    """The datasets to read, of one department or one dataset if named.

    Raises:
        ConfigError: nothing of that name is switched on, or a file names a dataset that does not exist.
        PluginError: a configured department is not installed or is broken.
    """
    every = list(_every(settings, host))
    chosen = [
        feed for feed in every if department in (None, feed.department) and dataset in (None, feed.name)
    ]
    if not chosen:
        known = ", ".join(f"{feed.department}/{feed.name}" for feed in every) or "none"
        raise ConfigError(f"no such dataset is switched on; there are: {known}")
    return chosen


def compares_masked_names(settings: Settings, host: Host) -> bool:
    """Whether a dataset that is on gives names of which only some characters are visible.

    Raises:
        ConfigError, PluginError: as `feeds`.
    """
    return any(_name_check(settings, feed) == "masked" for feed in _every(settings, host))


def _name_check(settings: Settings, feed: Feed) -> str:
    own = settings.departments[feed.department].datasets.get(feed.name, DatasetSettings())
    return own.name_check or feed.dataset.name_check


def _every(settings: Settings, host: Host) -> Iterator[Feed]:
    owners: dict[str, str] = {}
    for name, configured in settings.departments.items():
        department = host.department(name)
        known = {dataset.name for dataset in department.datasets}
        for wrong in sorted(set(configured.datasets) - known):
            raise ConfigError(
                f"departments/{name}.yaml: datasets.{wrong}: there is no such dataset; "
                f"there are {', '.join(sorted(known))}"
            )
        for dataset in department.datasets:
            check_envelope(name, dataset)
            if owners.setdefault(dataset.name, name) != name:
                raise ConfigError(
                    f"dataset {dataset.name!r} is in both {owners[dataset.name]} and {name}: rename one"
                )
            if configured.datasets.get(dataset.name, DatasetSettings()).enabled:
                yield Feed(name, dataset)


def check_envelope(department: str, dataset: Dataset) -> None:
    """Check that somebody can open the dataset's pages.

    Raises:
        PluginError: naming the envelopes there are.
    """
    opened = dataset.open is not None or dataset.shape == "file_drop" or dataset.envelope in ENVELOPES
    if not opened:
        known = ", ".join(sorted(ENVELOPES))
        raise PluginError(
            f"department {department!r}: {dataset.name}: envelope {dataset.envelope!r} is none of {known}"
        )


def service_of(settings: Settings, feed: Feed) -> Service:
    """How the feed's service is called.

    Raises:
        ConfigError: naming the file and the missing or unusable key.
    """
    hub = settings.gateway.hub
    call = settings.call(feed.department, feed.name)
    own = settings.departments[feed.department].datasets.get(feed.name, DatasetSettings())
    needed = {"sid": own.sid, "rid": call.get("rid"), "app_key": call.get("app_key")}
    missing = [name for name, value in needed.items() if not value and call["auth"] != "none"]
    if missing:
        raise ConfigError(
            f"departments/{feed.department}.yaml: datasets.{feed.name}: {', '.join(missing)} is not set"
        )
    return Service(
        dataset=feed.name,
        base_url=hub.base_url,
        family=hub.family,
        rid=call.get("rid", ""),
        sid=own.sid or "",
        app_key=resolve(call["app_key"]) if call.get("app_key") else b"",
        request_timeout_s=hub.request_timeout_s,
        max_bytes=hub.max_page_bytes,
        max_attempts=hub.max_attempts,
        **{name: call[name] for name in _OPTIONAL if name in call},
    )
