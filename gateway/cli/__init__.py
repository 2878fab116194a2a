"""The command `gateway`."""

from gateway.cli.app import main

__all__ = ["main"]
