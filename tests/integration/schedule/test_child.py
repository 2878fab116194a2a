import asyncio
import textwrap
import time
from pathlib import Path

import pytest

from gateway.schedule import child
from gateway.schedule.child import Child


async def launched(folder: Path, monkeypatch: pytest.MonkeyPatch, code: str) -> Child:
    """A child whose gateway is this code."""
    package = folder / "gateway" / "cli"
    package.mkdir(parents=True)
    for path in (package, package.parent):
        (path / "__init__.py").touch()
    (package / "__main__.py").write_text(textwrap.dedent(code), "utf-8")
    monkeypatch.setenv("PYTHONPATH", str(folder))
    monkeypatch.chdir(folder)
    return await Child.launch(folder / "config", ("sync", "--dataset", "deaths"))


def wait_for(file: Path) -> None:
    deadline = time.monotonic() + 20
    while not file.exists() and time.monotonic() < deadline:
        time.sleep(0.02)


async def test_a_job_is_the_gateways_command_over_the_same_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = await launched(
        tmp_path,
        monkeypatch,
        """
        import pathlib, sys
        pathlib.Path("words").write_text(" ".join(sys.argv[1:]))
        sys.exit(22)
        """,
    )
    assert process.exit_code is None
    await process.wait()
    assert process.exit_code == 22
    assert (tmp_path / "words").read_text("utf-8") == f"sync --dataset deaths --config {tmp_path / 'config'}"


async def test_a_job_is_asked_to_end_before_it_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = await launched(
        tmp_path,
        monkeypatch,
        """
        import pathlib, signal, sys, time
        signal.signal(signal.SIGINT, lambda *_: sys.exit(130))
        pathlib.Path("started").touch()
        time.sleep(60)
        """,
    )
    await asyncio.to_thread(wait_for, tmp_path / "started")
    await process.stop()
    assert process.exit_code == 130


async def test_a_job_that_does_not_listen_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "GRACE_S", 0.1)
    process = await launched(
        tmp_path,
        monkeypatch,
        """
        import pathlib, signal, time
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        pathlib.Path("started").touch()
        time.sleep(60)
        """,
    )
    await asyncio.to_thread(wait_for, tmp_path / "started")
    await process.stop()
    assert process.exit_code == -9
