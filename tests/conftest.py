"""What every test shares: the servers it may need, and what follows where one is missing."""

from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager

import pytest
from hypothesis import settings

from tests.support.services import (
    WANTED,
    ServerMissingError,
    postgres_server,
    services_required,
    temporary_postgres,
)
from tests.support.spark_cluster import standalone

UNCLOSED_BY_SPARK = "ignore:unclosed <socket:ResourceWarning"
"""PySpark leaves the socket of each result to be closed with the last reference to it."""

SERVER_FIXTURES = {"postgres_url", "spark_master"}

# a machine that is held up for a moment has found nothing
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@contextmanager
def postgres_or_skip() -> Iterator[str]:
    """The URL of an empty PostgreSQL database, dropped in the end."""
    with ExitStack() as stack:
        try:
            url = stack.enter_context(temporary_postgres(postgres_server()))
        except ServerMissingError as error:
            pytest.skip(f"{WANTED}{error}")
        yield url


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """The URL of an empty PostgreSQL database that the test has to itself."""
    with postgres_or_skip() as url:
        yield url


@pytest.fixture(scope="session")
def spark_master(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a standalone Spark cluster on loopback: one master, two workers; ended at last."""
    with ExitStack() as stack:
        try:
            address = stack.enter_context(standalone(tmp_path_factory.mktemp("spark")))
        except ServerMissingError as error:
            pytest.skip(f"{WANTED}{error}")
        yield address


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks what needs a server, so that `-m "not server"` leaves it out."""
    for item in items:
        fixtures = getattr(item, "fixturenames", ())
        if SERVER_FIXTURES.intersection(fixtures):
            item.add_marker("server")
        if "spark_master" in fixtures:
            item.add_marker(pytest.mark.filterwarnings(UNCLOSED_BY_SPARK))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A skipped test is a failed one where nothing may be skipped."""
    report = yield
    if services_required() and report.skipped and not hasattr(report, "wasxfail"):
        _fail(report)
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """A skipped module is a failed one where nothing may be skipped."""
    report = yield
    if services_required() and report.skipped:
        _fail(report)
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Names the tests that a missing server left out."""
    reports = [report for report in terminalreporter.getreports("skipped") if _wants_server(report)]
    if not reports:
        return
    terminalreporter.section("Skipped for want of a server:")
    for report in reports:
        terminalreporter.line(report.nodeid)
    for reason in sorted({_reason(report) for report in reports}):
        terminalreporter.line(reason)


def _fail(report: pytest.TestReport | pytest.CollectReport) -> None:
    report.longrepr = f"Skipped, and REQUIRE_SERVICES=1 allows no skip: {_reason(report)}"
    report.outcome = "failed"


def _wants_server(report: pytest.TestReport | pytest.CollectReport) -> bool:
    return "server" in getattr(report, "keywords", ()) or _reason(report).startswith(WANTED)


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    text = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return text.removeprefix("Skipped: ")
