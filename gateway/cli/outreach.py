"""`gateway outreach`: whom another channel is to reach."""

from typing import Annotated

import typer

from gateway.cli.context import CONFIG, LARGEST, Config, open_station
from gateway.cli.output import Json, print_rows
from gateway.sync.outreach import LISTED, Reach, outreach


def outreach_command(
    config: Config = CONFIG,
    county: Annotated[str | None, typer.Option(help="Only benefits insured in this county.")] = None,
    limit: Annotated[
        int, typer.Option(help="At most so many, whom to reach first on top.", min=1, max=LARGEST)
    ] = 100,
    as_json: Annotated[bool, Json] = False,
) -> None:
    """List benefits that no evidence covers, with the channel that is suggested.

    Weak evidence, a purchase at a pharmacy say, certifies nobody; it orders this list: who was never seen
    even so, or longest ago, comes first.

    Example: gateway outreach --county 990101 --limit 20
    """
    rows = outreach(open_station(config), Reach(county, limit))
    print_rows(
        [row | {"holds": ", ".join(row["holds"])} for row in rows] if not as_json else rows,
        LISTED,
        as_json=as_json,
    )
