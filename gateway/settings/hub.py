"""How the hub, its departments and their datasets are called and read."""

from datetime import date
from pathlib import Path
from typing import Annotated, Final, Literal, NamedTuple

from pydantic import Field, StringConstraints

from gateway.settings.section import Reference, Section

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
    """A larger reply is refused; so much for each page in flight is the most that fetching holds."""
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
