"""The configuration folder as typed values: `gateway.yaml` and `departments/<name>.yaml`.

Relative paths, those of `file:` references included, are relative to the configuration folder.
"""

import re
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Final, Literal, NamedTuple, TypeVar

import yaml
from cronsim import CronSim, CronSimError
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from gateway.errors import ConfigError

Reference = Annotated[str, StringConstraints(pattern=r"^(env|file):.+")]
"""Where a secret is, never the secret: `env:NAME` or `file:PATH`."""

_CRON_FIELDS: Final = 5


def _five_fields(text: str) -> str:
    if len(text.split()) != _CRON_FIELDS:
        raise ValueError("write five fields: minute, hour, day of month, month, day of week")
    try:
        CronSim(text, datetime.min)  # noqa: DTZ901 - only read for its form
    except CronSimError as error:
        raise ValueError(f"is no cron expression: {error}") from None
    return text


Cron = Annotated[str, AfterValidator(_five_fields)]
"""When a job is due, as cron(5) writes it, in Asia/Shanghai."""

_SQLITE = re.compile(r"^sqlite:///(?!/)(?P<path>.+)$")


class Section(BaseModel):
    """A part of the configuration: unknown keys are faults."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


Auth = Literal["hmac_sm3", "national", "none", "tif_sha256", "zhejiang_md5"]
"""How calls are signed: the schemes of `gateway.hub.authentication`, by name."""

HubPath = Annotated[str, StringConstraints(pattern=r"^/")]
"""A path below the hub's base URL; `{sid}` in it stands for the service."""
DriftMode = Literal["evolve", "warn", "freeze"]

USUAL_DRIFT_SHARE: Final = 0.01
"""The share of rows past which drift is an alarm, where the configuration names none."""


class DriftRule(NamedTuple):
    """What is to follow where more than a share of a dataset's rows is not as its plugin describes them."""

    mode: DriftMode
    share: float


class CallSettings(Section):
    """How a service is called; set on the hub for all, on a department or a dataset for some."""

    auth: Auth | None = None
    """How calls are signed; as the hub's where nothing is set."""
    path: HubPath | None = None
    """Where pages are asked for; `{sid}` stands for the service. The scheme's own where nothing is set."""
    refresh_path: HubPath | None = None
    """Where a first secret is asked for; the scheme's own where nothing is set."""
    renewal_path: HubPath | None = None
    """Where the next secret is asked for, in schemes that have two; the scheme's own where nothing is set."""
    rid: str | None = None
    """Who calls: the requester's number at the hub."""
    app_key: Reference | None = None
    """Where the hub's app key is kept."""
    secret_cipher: Literal["ecb", "cbc"] | None = None
    """How the hub seals the secret it hands out; `ecb` where nothing is set."""
    final_sign: Literal["hmac", "raw_secret"] | None = None
    """What signs a call: an HMAC, or the secret itself; `hmac` where nothing is set."""
    success_codes: tuple[str | int, ...] | None = None
    """The codes by which the hub says that a call went well; `["0"]` where nothing is set."""
    page_limit: int | None = Field(None, ge=1, le=20_000)
    """Rows asked for in one page; 2000 where nothing is set."""
    requests_per_hour: int | None = Field(None, ge=1)
    """The hub's quota for one service; 1000 where nothing is set."""
    overlap_days: int | None = Field(None, ge=0, le=366)
    """Days read again before the last watermark, for commits that came late; 7 where nothing is set."""
    history_from: date | None = None
    """The first window begins on this day; a year ago where nothing is set."""
    window_days: int | None = Field(None, ge=1)
    """A long history is read in slices of so many days; in one where nothing is set."""
    drift: DriftMode | None = Field(
        None,
        description="where rows are not as the plugin describes them: evolve counts it, warn also raises an "
        "alarm, freeze stops the dataset before the page is taken",
    )
    drift_alarm_share: float | None = Field(
        None,
        ge=0,
        le=1,
        description="the share of a sync's or page's rows past which drift counts as a change",
    )


class HubSettings(CallSettings):
    """The provincial hub."""

    base_url: str
    """The hub's address: scheme, host and port, and what stands before every path."""
    auth: Auth = "national"
    """How calls are signed."""
    family: str = "gjgxjhpt"
    """What the names of the signing headers begin with; `gjzwfwpt` also occurs."""
    request_timeout_s: float = Field(60, gt=0)
    """Seconds until a call counts as failed."""
    max_page_bytes: int = Field(64 * 1024 * 1024, ge=1024)
    """A larger reply is refused."""
    max_attempts: int = Field(6, ge=1)
    """How often a call is tried before the window is left for the next run."""
    settle_minutes: int = Field(10, ge=0)
    """A window ends so long before now, so that the hub has written everything in it."""


class DatasetSettings(CallSettings):
    """One dataset of a department: `sid` names its service on the hub."""

    sid: str | None = None
    """The dataset's service at the hub; a dataset of dropped files has none."""
    first_seq: int = Field(
        1, ge=1, description="The first dropped file's number, where earlier ones never came."
    )
    enabled: bool = True
    """`false` switches the dataset off and keeps its file."""
    name_check: Literal["exact", "masked", "absent"] | None = None
    """How names are compared; as the plugin says where nothing is set."""


class DepartmentSettings(CallSettings):
    """A department is on when its file is in `departments/`."""

    keys: tuple[dict[str, str], ...] = ()
    """The keys of its pages: each with its `kid` and a reference for each part; two may be valid at once."""
    folder: Path | None = None
    """Where its files are dropped; only for datasets of dropped files."""
    max_file_bytes: int = Field(512 * 1024 * 1024, ge=1024)
    """A larger dropped file is refused."""
    datasets: dict[str, DatasetSettings] = Field(default_factory=dict)
    """Its datasets by name; every dataset of the plugin that is not switched off is read."""


class EventSettings(Section):
    """What every event carries about where it comes from."""

    source: str = "/certification-gateway"
    """The CloudEvents `source` of every event."""
    type_prefix: str = "cn.hunan.rst."
    """What the type of every event begins with."""


class ServeSettings(Section):
    """Where `gateway serve` listens."""

    host: str = "127.0.0.1"
    """The address that is listened on; the loopback only, until told otherwise."""
    port: int = Field(8080, ge=0, le=65535)
    """The port that is listened on; 0 takes a free one."""


class SyncSchedule(Section):
    """When each dataset is read; one that is named with nothing is not read by the schedule."""

    default: Cron | None = None
    """For every dataset that is not named below."""
    datasets: dict[str, Cron | None] = Field(default_factory=dict)
    """For single datasets, by name."""


class StaleAfter(Section):
    """After how many days without a complete window a dataset is an alarm."""

    default: int = Field(3, ge=1)
    """For every dataset that is not named below."""
    datasets: dict[str, Annotated[int, Field(ge=1)]] = Field(default_factory=dict)
    """For single datasets, by name."""


class ScheduleSettings(Section):
    """What `gateway serve` runs by itself; nothing where no cron expression is set."""

    run: Cron | None = None
    """When the monthly job runs: sync, decide, publish."""
    sync: SyncSchedule = SyncSchedule()
    """When datasets are read between the monthly jobs."""
    stale_after_days: StaleAfter = StaleAfter()
    """When a dataset's silence becomes an alarm."""
    late_after_minutes: int = Field(60, ge=1)
    """An alarm where a job has not begun so long after it was due."""
    longest_minutes: int = Field(720, ge=1)
    """A job that works longer is ended; what it committed stays."""
    retry_after_minutes: int = Field(30, ge=1)
    """A job that failed for want of the hub or the store is tried again after so long."""
    attempts: int = Field(3, ge=1)
    """How often a job is tried."""


class GatewaySettings(Section):
    """`gateway.yaml`."""

    store: str
    """The database's URL: `sqlite:///PATH`, or `postgresql+psycopg://…` in production."""
    evidence: Path
    """The folder of the Parquet parts; about 200 bytes a record."""
    identity_key: Reference
    """Where the key is kept that turns ID numbers and names into hashes; never beside the database."""
    hub: HubSettings
    """The provincial hub."""
    workers: int = Field(2, ge=0)
    """Processes that open and read pages; 0 does it in the process itself."""
    decide_memory_mb: int = Field(1024, ge=64)
    """How much memory deciding may take."""
    events: EventSettings = EventSettings()
    """What every event carries about where it comes from."""
    serve: ServeSettings = ServeSettings()
    """Where `gateway serve` listens."""
    schedule: ScheduleSettings = ScheduleSettings()
    """What `gateway serve` runs by itself."""


class Settings(Section):
    """The whole configuration folder, checked."""

    folder: Path
    gateway: GatewaySettings
    departments: dict[str, DepartmentSettings]

    def call(self, department: str, dataset: str) -> dict[str, Any]:
        """The call settings in force for a dataset: its own, else its department's, else the hub's."""
        own = self.departments[department]
        layers = (self.gateway.hub, own, own.datasets.get(dataset, DatasetSettings()))
        merged: dict[str, Any] = {}
        for layer in layers:
            chosen = layer.model_dump(include=set(CallSettings.model_fields), exclude_none=True)
            merged.update(chosen)
        return merged

    def drift(self, department: str, dataset: str) -> DriftRule:
        """What is to follow where a dataset's rows drift: as set for it, else `warn` past 1 % of the rows."""
        call = self.call(department, dataset)
        return DriftRule(call.get("drift", "warn"), call.get("drift_alarm_share", USUAL_DRIFT_SHARE))


S = TypeVar("S", bound=Section)


def load_settings(folder: Path) -> Settings:
    """Read and check a configuration folder.

    Raises:
        ConfigError: all faults at once, each with its file and key.
    """
    if not (folder / "gateway.yaml").is_file():
        raise ConfigError(f"no gateway.yaml in {folder}: name the folder with --config or GATEWAY_CONFIG")
    faults: list[str] = []
    gateway = _read(folder, "gateway.yaml", GatewaySettings, faults)
    names = sorted(file.stem for file in (folder / "departments").glob("*.yaml"))
    departments = {
        name: _read(folder, f"departments/{name}.yaml", DepartmentSettings, faults) for name in names
    }
    if faults or gateway is None:
        raise ConfigError("the configuration has faults:\n  " + "\n  ".join(faults))
    return Settings(
        folder=folder,
        gateway=_resolved(gateway, folder),
        departments={name: _rooted(found, folder) for name, found in departments.items() if found},
    )


def _read(folder: Path, file: str, model: type[S], faults: list[str]) -> S | None:
    try:
        content = yaml.safe_load((folder / file).read_text("utf-8")) or {}
        return model.model_validate(content)
    except OSError as error:
        faults.append(f"{file}: {error.strerror}")
    except UnicodeDecodeError:
        faults.append(f"{file}: is not UTF-8")
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        faults.append(f"{file}: is not YAML" + (f" at line {mark.line + 1}" if mark else ""))
    except ValidationError as error:
        faults.extend(fault_lines(file, error))
    except ValueError:
        faults.append(f"{file}: holds a date that does not exist, or a number beyond reason")
    return None


def fault_lines(file: str, error: ValidationError) -> list[str]:
    """A validation error as lines of file, key and rule, without any value."""
    return [
        f"{file}: {'.'.join(str(part) for part in found['loc']) or '(top)'}: {found['msg']}"
        for found in error.errors(include_input=False, include_url=False, include_context=False)
    ]


def _resolved(settings: GatewaySettings, folder: Path) -> GatewaySettings:
    found = _SQLITE.match(settings.store)
    store = f"sqlite:///{(folder / found['path']).resolve()}" if found else settings.store
    hub = settings.hub.model_copy(update={"app_key": _reference(settings.hub.app_key, folder)})
    return settings.model_copy(
        update={
            "store": store,
            "evidence": (folder / settings.evidence).resolve(),
            "identity_key": _reference(settings.identity_key, folder),
            "hub": hub,
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
