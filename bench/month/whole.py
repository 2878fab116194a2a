"""One month from the hub to the events, by the commands that an operator types, phase by phase."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bench.data.calendar import Month
from bench.site import BenchSite
from bench.watch import Taken
from gateway.errors import RunHeld

Say = Callable[[str], None]
_REASON: Final = "a month of the bench"


@dataclass(frozen=True)
class Phase:
    """One command of the month, and how many of what it worked on."""

    name: str
    count: int
    unit: str
    taken: Taken

    @property
    def per_second(self) -> float:
        """How many of it a second."""
        return self.count / self.taken.wall_s


def run_month(site: BenchSite, month: Month, say: Say, *, roster: bool) -> list[Phase]:
    """Take the roster if it is to be taken, and a month; the hub must be serving it.

    The phases are those of the monthly job, what is past its retention let go at its end.
    """
    people, rows = site.landing.people, sum(site.landing.rows(month).values())
    site.drop(month)
    phases = []
    if roster:
        say("roster import")
        taken = site.command("roster", "import", str(site.landing.roster))
        phases.append(Phase("roster", people.benefits, "benefits", taken))
    say(f"sync of {rows:,} rows")
    synced = site.command("sync", "--until", f"{month.until:%Y-%m-%d}", "--json")
    _check_sync(synced, rows)
    phases.append(Phase("sync", rows, "rows", synced))
    say(f"decide {people.benefits:,} benefits")
    decided = site.command("decide", "--as-of", month.as_of.isoformat(), "--json", check=False)
    phases.append(Phase("decide", people.benefits, "benefits", decided))
    phases.append(_published(site, decided, say))
    phases.append(_retained(site, say))
    return phases


def _check_sync(taken: Taken, rows: int) -> None:
    """A sync that left something out is no measurement."""
    report = json.loads(taken.output)
    received = sum(dataset["received"] for dataset in report["datasets"])
    if report["stops"] or received != rows:
        raise RuntimeError(f"the sync took {received:,} of {rows:,} rows: {report['stops']}")


def _published(site: BenchSite, decided: Taken, say: Say) -> Phase:
    if decided.exit_code != RunHeld.exit_code:
        raise RuntimeError(f"the run was to be held, and decide ended with {decided.exit_code}")
    events = sum(json.loads(decided.output)["events"].values())
    say(f"publish {events:,} events")
    held = json.loads(site.command("runs", "list", "--limit", "1", "--json").output)
    number = held["run"]
    published = site.command("runs", "approve", str(number), "--reason", _REASON, "--json")
    return Phase("publish", events, "events", published)


def _retained(site: BenchSite, say: Say) -> Phase:
    say("retention")
    taken = site.command("retention", "--json")
    gone = sum(json.loads(line)["goes"] for line in taken.output.splitlines())
    return Phase("retention", gone, "rows and events let go", taken)
