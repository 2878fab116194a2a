"""The whole configuration: `gateway.yaml` and every department's file."""

from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from gateway.settings.hub import (
    USUAL_DRIFT_SHARE,
    CallSettings,
    DatasetSettings,
    DepartmentSettings,
    DriftRule,
    HubSettings,
)
from gateway.settings.running import RetentionSettings, ScheduleSettings, SharingSettings, SparkSettings
from gateway.settings.section import PlaceText, Reference, Section
from gateway.settings.serving import DeliverySettings, EventSettings, ServeSettings


class GatewaySettings(Section):
    """`gateway.yaml`."""

    store: str
    """The database's URL: `sqlite:///PATH`, or `postgresql+psycopg://…` in production."""
    evidence: PlaceText
    """The folder of the Parquet parts, or a URL that fsspec knows (`s3://…`); about 200 bytes a record."""
    work: Path = Path("work")
    """This machine's folder for locks, spilled queries, rules and key maps, where evidence is a URL."""
    identity_key: Reference
    """Where the key is kept that turns ID numbers and names into hashes; never beside the database."""
    hub: HubSettings
    """The provincial hub."""
    workers: int = Field(2, ge=0)
    """Processes that open and read pages, and sign where there are many events; 0 works in this one."""
    decide_memory_mb: int = Field(1024, ge=64)
    """How much memory deciding may take."""
    engine: Literal["duckdb", "spark"] = "duckdb"
    """Where a run decides: in this process, or on a Spark cluster (`spark`)."""
    spark: SparkSettings | None = None
    """The Spark cluster that decides where `engine: spark` is set."""
    events: EventSettings = EventSettings()
    """What every event carries about where it comes from."""
    serve: ServeSettings = ServeSettings()
    """Where `gateway serve` listens."""
    delivery: DeliverySettings = DeliverySettings()
    """How subscribers are asked for consent, and what events are sent to them."""
    schedule: ScheduleSettings = ScheduleSettings()
    """What `gateway serve` runs by itself."""
    sharing: SharingSettings = SharingSettings()
    """How several gateway instances on one database and one evidence folder share a run."""
    retention: RetentionSettings = RetentionSettings()
    """How long what is kept is kept."""

    @model_validator(mode="after")
    def _cluster_named(self) -> Self:
        if self.engine == "spark" and self.spark is None:
            raise ValueError("engine: spark needs the cluster: write `spark: {master: spark://HOST:7077}`")
        return self


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
