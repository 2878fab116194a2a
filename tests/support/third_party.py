"""An environment of its own beside the project's, as a department's engineers have one on site."""

import os
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.project import ROOT

_LONGEST_S = 1200
"""Only so that a command that hangs ends some time; a busy machine takes minutes for what takes seconds."""


@dataclass(frozen=True)
class Environment:
    """A virtual environment that has the gateway, and a folder to work in."""

    venv: Path
    folder: Path

    @property
    def variables(self) -> dict[str, str]:
        """What a shell in this environment knows; the sandbox's hub takes a free port."""
        kept = {
            name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "GATEWAY_CONFIG"}
        }
        return kept | {
            "PATH": f"{self.venv / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "GATEWAY_SANDBOX_PORT": "0",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        }

    def run(self, *command: str, exit_code: int = 0) -> str:
        """Run a command and return what it printed; anything but the exit code expected fails the test."""
        done = subprocess.run(
            command, cwd=self.folder, env=self.variables, capture_output=True, text=True, timeout=_LONGEST_S,
            check=False,
        )  # fmt: skip
        assert done.returncode == exit_code, f"{command[:4]}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
        return done.stdout

    @contextmanager
    def serving(self, command: Sequence[str], ready: Path) -> Iterator[None]:
        """Let a command serve until the end of the block; `ready` is the last file it writes at first."""
        log = self.folder / "serving.log"
        with log.open("wb") as output:
            serving = subprocess.Popen(
                command, cwd=self.folder, env=self.variables, stdout=output, stderr=output
            )
        try:
            _await(serving, ready, log)
            yield
        finally:
            serving.terminate()
            serving.wait(timeout=_LONGEST_S)


def new_environment(folder: Path) -> Environment:
    """Make an environment that sees the project and what the project's own environment has installed."""
    venv, work = folder / "venv", folder / "work"
    work.mkdir(parents=True)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True, timeout=_LONGEST_S)
    purelib = sysconfig.get_path("purelib", vars={"base": str(venv), "platbase": str(venv)})
    also = f"{ROOT}\nimport site; site.addsitedir({sysconfig.get_path('purelib')!r})\n"
    (Path(purelib) / "gateway.pth").write_text(also, "utf-8")
    for name, module in (("gateway", "gateway.cli"), ("pip", "pip"), ("pytest", "pytest")):
        script = venv / "bin" / name
        script.write_text(f'#!/bin/sh\nexec "{venv}/bin/python" -m {module} "$@"\n', "utf-8")
        script.chmod(0o755)
    return Environment(venv, work)


def _await(serving: "subprocess.Popen[bytes]", ready: Path, log: Path) -> None:
    end = time.monotonic() + _LONGEST_S
    while not ready.exists():
        assert serving.poll() is None, log.read_text("utf-8")[-2000:]
        assert time.monotonic() < end, f"{ready.name} was not written in {_LONGEST_S} s"
        time.sleep(0.2)
