"""When jobs run, who shares them, what they run on and how long what they leave is kept."""

from typing import Annotated

from pydantic import Field

from gateway.settings.section import Cron, Reference, Section


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


class SharingSettings(Section):
    """How several gateway instances on one database and one evidence folder share a run."""

    enabled: bool = False
    """Whether a sync, decide or run joins the same one that is under way; else it is refused."""
    lease_s: float = Field(40, ge=1, le=50)
    """Seconds without a sign of life after which an instance is replaced; it gives four in that time."""


class RetentionSettings(Section):
    """How long what is kept is kept; the monthly job removes what is past it, see `gateway retention`."""

    of_life_months: int = Field(24, ge=12)
    """Evidence of life is removed so many months after its day, unless a standing decision rests on it."""
    adverse_months_after_closing: int = Field(36, ge=1)
    """Adverse evidence is removed so many months after the last verification that looked at it was closed."""
    outbox_days: int = Field(90, ge=1)
    """Events and their deliveries are removed so many days after they were let out, refusals after they were
    settled."""


class SparkSettings(Section):
    """The Spark cluster that decides where `engine: spark` is set."""

    master: str
    """The cluster: `spark://HOST:7077`, `yarn`, `k8s://…`, or `local[2]` for a trial."""
    config: dict[str, str] = Field(default_factory=dict)
    """Spark's own settings by name, such as `spark.executor.memory`; never a secret."""
    secrets: dict[str, Reference] = Field(default_factory=dict)
    """Spark's own settings that are secrets, such as `spark.hadoop.fs.s3a.secret.key`, by reference."""
    answer_within_s: int = Field(60, ge=1)
    """A run stops where no worker has taken a first task after so many seconds."""
