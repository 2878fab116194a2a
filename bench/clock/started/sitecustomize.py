"""Python imports this as it starts, where the folder is on its path."""

from bench.clock.turning import turn_as_told

turn_as_told()
