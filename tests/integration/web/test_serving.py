import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.cli import serve
from gateway.cli.app import app
from gateway.errors import ConfigError
from tests.integration.ledger.office import Office, open_office


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    with open_office(tmp_path) as found:
        monkeypatch.setattr(serve, "open_station", lambda _config: found.station)
        yield found


@pytest.mark.usefixtures("office")
def test_a_port_that_is_in_use_is_one_clear_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = CliRunner().invoke(app, ["serve", "--no-schedule", "--host", "127.0.0.1", "--port", str(port)])
    assert isinstance(done.exception, ConfigError)
    assert f"cannot listen on 127.0.0.1:{port}: Address already in use; name another with" in str(
        done.exception
    )
    assert "serving" not in done.stderr


@pytest.mark.usefixtures("office")
def test_a_host_that_is_not_this_machine_is_one_clear_line() -> None:
    done = CliRunner().invoke(app, ["serve", "--no-schedule", "--host", "192.0.2.1", "--port", "0"])
    assert isinstance(done.exception, ConfigError)
    assert "cannot listen on 192.0.2.1:0" in str(done.exception)


@pytest.mark.usefixtures("office")
@pytest.mark.parametrize("port", ["999999", "-1"])
def test_a_port_that_cannot_be_is_a_usage_error(port: str) -> None:
    done = CliRunner().invoke(app, ["serve", "--port", port])
    assert done.exit_code == 2
    assert "--port" in done.stderr
