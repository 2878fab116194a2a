"""The configuration folder as typed values: `gateway.yaml` and `departments/<name>.yaml`.

Relative paths, those of `file:` references included, are relative to the configuration folder.
"""

from gateway.settings.hub import (
    Auth,
    CallSettings,
    DatasetSettings,
    DepartmentSettings,
    DriftMode,
    DriftRule,
    HubSettings,
)
from gateway.settings.reading import load_settings
from gateway.settings.running import (
    RetentionSettings,
    ScheduleSettings,
    SharingSettings,
    SparkSettings,
    StaleAfter,
    SyncSchedule,
)
from gateway.settings.serving import DeliverySettings, EventSettings, ServeSettings, TlsSettings
from gateway.settings.whole import GatewaySettings, Settings

__all__ = [
    "Auth",
    "CallSettings",
    "DatasetSettings",
    "DeliverySettings",
    "DepartmentSettings",
    "DriftMode",
    "DriftRule",
    "EventSettings",
    "GatewaySettings",
    "HubSettings",
    "RetentionSettings",
    "ScheduleSettings",
    "ServeSettings",
    "Settings",
    "SharingSettings",
    "SparkSettings",
    "StaleAfter",
    "SyncSchedule",
    "TlsSettings",
    "load_settings",
]
