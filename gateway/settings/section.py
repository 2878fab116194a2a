"""What the sections of the configuration are made of."""

from datetime import datetime
from typing import Annotated, Final

from cronsim import CronSim, CronSimError
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, StringConstraints, WithJsonSchema

from gateway.places import Place, place_of

Reference = Annotated[str, StringConstraints(pattern=r"^(env|file):.+")]
"""Where a secret is, never the secret: `env:NAME` or `file:PATH`."""

PlaceText = Annotated[Place, BeforeValidator(place_of), WithJsonSchema({"type": "string", "format": "path"})]
"""A folder of this machine, relative to the configuration's, or a URL."""

_CRON_FIELDS: Final = 5


def _five_fields(text: str) -> str:
    if len(text.split()) != _CRON_FIELDS:
        raise ValueError("write five fields: minute, hour, day of month, month, day of week")
    try:
        CronSim(text, datetime.min)  # noqa: DTZ901 - only read for its form
    except CronSimError as error:
        raise ValueError(f"is no cron expression: {error}") from None
    return text


Cron = Annotated[str, AfterValidator(_five_fields)]
"""When a job is due, as cron(5) writes it, in Asia/Shanghai."""


class Section(BaseModel):
    """A part of the configuration: unknown keys are faults."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
