import subprocess
import sys


def test_a_command_that_goes_well_says_nothing_on_standard_error() -> None:
    """DuckDB writes there what outlives it: whatever settings are made of must not keep it alive."""
    done = subprocess.run(
        [sys.executable, "-m", "gateway.cli", "plugins"], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
