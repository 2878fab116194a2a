"""Every error the gateway raises, grouped by what the caller does about it.

    GatewayError
    ├─ ConfigError 10     mend the configuration, then start again
    ├─ PluginError 11     mend or remove the named plugin
    ├─ RequestError 12    what was asked cannot be done: ask otherwise
    │  └─ NotFoundError 12    what was asked about is not there
    ├─ HubError           something on the way from the hub
    │  ├─ HubUnavailable 20   nothing to mend: run again later
    │  ├─ HubRefused 21       ask the hub for access; this department stops
    │  └─ EnvelopeError 22    this dataset stops and an alarm is due: a key is wrong or a page was forged
    │     └─ RowsChanged 22   this dataset is frozen: describe what is new in its plugin, or allow it
    ├─ StoreError 30      mend the database or the disk, then run again
    ├─ DeliveryError      kept in the outbox and tried again
    └─ RunHeld 40         look at the run, then approve or discard it

The number is the process's exit code. No record, row or payload is ever put on an exception.
"""

from typing import ClassVar


class GatewayError(Exception):
    """The gateway stopped; the message says at what and what to do."""

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (type(self).__doc__ or "").strip())


class ConfigError(GatewayError):
    """The configuration is not usable: correct the named file and key, then run `gateway doctor`."""

    exit_code = 10


class PluginError(GatewayError):
    """A department plugin is not usable: correct or remove it, then run `gateway plugins`."""

    exit_code = 11


class RequestError(GatewayError):
    """What was asked cannot be done: correct it as the message says, then ask again.

    `field` names what of the request it is about, as the HTTP body does; the command line has an option of
    that name.
    """

    exit_code = 12

    def __init__(self, message: str | None = None, *, field: str | None = None) -> None:
        super().__init__(f"{field}: {message}" if field and message else message)
        self.field = field

    @property
    def option(self) -> str:
        """The message as the command line says it."""
        if self.field is None:
            return str(self)
        return f"--{self.field.replace('_', '-')}{str(self).removeprefix(self.field)}"


class NotFoundError(RequestError):
    """What was asked about is not there: check its name or number, then ask again."""


class HubError(GatewayError):
    """The hub did not deliver: see `gateway doctor`."""

    exit_code = 20


class HubUnavailable(HubError):  # noqa: N818 - the name is part of the published error tree
    """The hub could not be reached or kept failing: nothing is lost, run again later."""

    exit_code = 20


class HubRefused(HubError):  # noqa: N818 - the name is part of the published error tree
    """The hub refused the caller: check rid, sid, app key and authorisation; this department stops."""

    exit_code = 21


class EnvelopeError(HubError):
    """A page could not be trusted, or is frozen: check the key with its kid, or the plugin."""

    exit_code = 22


class RowsChanged(EnvelopeError):  # noqa: N818 - it names what happened: the page itself is sound
    """A dataset's rows have changed and it is frozen: describe what is new in its plugin, or allow it."""


class StoreError(GatewayError):
    """The database or the evidence folder failed: check space and access, then run again."""

    exit_code = 30


class DeliveryError(GatewayError):
    """An event could not be delivered: it stays in the outbox and is tried again."""


class RunHeld(GatewayError):  # noqa: N818 - it names what happened: nothing failed, a person must look
    """A run looks like a mass error and is held: see `gateway runs show`, then approve or discard it."""

    exit_code = 40
