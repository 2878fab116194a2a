"""Why a figure could not be had."""


class BenchError(RuntimeError):
    """A bench could not be run to its end; the message says what to do."""


class CommandFailedError(BenchError):
    """A command that was to be measured did not do what it was to do."""


class DiskTooSmallError(BenchError):
    """The disk cannot hold what was asked for."""


class EnginesDifferError(BenchError):
    """Two engines decided differently: no figure of theirs is worth anything."""


class UnfinishedMonthError(BenchError):
    """A month was begun and not ended: what it left cannot be measured."""
