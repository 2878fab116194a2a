"""The schedule of a station: its jobs, its entries in the store, and the scheduler over both."""

from datetime import timedelta
from functools import partial

from gateway.schedule.book import Book
from gateway.schedule.child import Child, Launch
from gateway.schedule.plan import Planned, planned_jobs
from gateway.schedule.scheduler import Scheduler
from gateway.sync.services import feeds
from gateway.sync.station import Station


def jobs_of(station: Station) -> list[Planned]:
    """The jobs that the configuration asks for.

    Raises:
        ConfigError: the schedule names a dataset that is not switched on.
        PluginError: a configured department is not installed or is broken.
    """
    return planned_jobs(station.settings.gateway.schedule, _datasets(station))


def book_of(station: Station) -> Book:
    """The entries about those jobs.

    Raises:
        ConfigError, PluginError: as `jobs_of`.
    """
    return Book(station.store, station.settings.gateway.schedule, jobs_of(station), _datasets(station))


def scheduler_of(station: Station, launch: Launch | None = None) -> Scheduler:
    """What runs those jobs, each as a command of this gateway.

    Raises:
        ConfigError, PluginError: as `jobs_of`.
    """
    return Scheduler(
        book_of(station),
        {planned.name: planned for planned in jobs_of(station)},
        station.clock,
        launch or partial(Child.launch, station.settings.folder),
        longest=timedelta(minutes=station.settings.gateway.schedule.longest_minutes),
        shares=station.settings.gateway.sharing.enabled,
    )


def _datasets(station: Station) -> list[str]:
    if not station.settings.departments:
        return []
    return [feed.name for feed in feeds(station.settings, station.host)]
