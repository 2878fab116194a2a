"""What every test shares: the servers it may need, and what follows where one is missing."""

from collections.abc import Generator, Iterator
from contextlib import ExitStack

import pytest

from tests.support.services import (
    WANTED,
    ServerMissingError,
    postgres_server,
    services_required,
    temporary_postgres,
)

SERVER_FIXTURES = {"postgres_url"}


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The URL of an empty PostgreSQL database, made for this run and dropped after it."""
    with ExitStack() as stack:
        try:
            url = stack.enter_context(temporary_postgres(postgres_server()))
        except ServerMissingError as error:
            pytest.skip(f"{WANTED}{error}")
        yield url


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks what needs a server, so that `-m "not server"` leaves it out."""
    for item in items:
        if SERVER_FIXTURES.intersection(getattr(item, "fixturenames", ())):
            item.add_marker("server")


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
