"""`gateway check NAME`: does a department keep every rule, and if not, what to change."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Annotated

import typer
from rich.progress import track

from gateway.cli.context import CONFIG, Config
from gateway.cli.look import LIVE_HELP, look_live
from gateway.cli.output import Json, err, out, print_rows
from gateway.errors import PluginError, RequestError
from gateway.testing.conformance.checks import Check, Verdict, checks_of
from gateway.testing.conformance.package import installed

Name = Annotated[
    str, typer.Argument(help="The department, as `gateway plugins` lists it.", show_default=False)
]

_COLUMNS = ("rule", "dataset", "result", "what_to_change")


def check(
    *,
    name: Name,
    live: Annotated[bool, typer.Option("--live", help=LIVE_HELP)] = False,
    dataset: Annotated[str | None, typer.Option(help="With --live: only this dataset.")] = None,
    config: Config = CONFIG,
    as_json: Annotated[bool, Json] = False,
) -> None:
    """Hold a department to every rule, on its own samples; the hub is asked only with --live.

    These are the rules of the department's test (gateway.testing.DepartmentConformance). One that is not
    kept is named with what to change, and the exit code is 11. A rule that the department cannot keep is
    waived in waivers.json beside its README: {"rule": "the reason"}. With --json: an object for each rule
    and dataset.

    With --live the hub is asked instead for one page of each dataset, and what is on it is told; nothing of
    it is kept.

    Example: gateway check police --live
    """
    if live:
        look_live(config, name, dataset, as_json=as_json)
        return
    if dataset:
        raise RequestError("--dataset chooses among what --live looks at: add --live, or leave it out")
    verdicts = _tried(name, checks_of(installed(name)))
    if as_json:
        print_rows([_as_json(name, verdict) for verdict in verdicts], (), as_json=True)
    else:
        print_rows(_rows(verdicts), _COLUMNS, as_json=False)
        counts = Counter(verdict.result for verdict in verdicts)
        out.print(f"\n{name}: {', '.join(f'{number} {result}' for result, number in counts.items())}")
    if any(verdict.result == "failed" for verdict in verdicts):
        raise PluginError(f"{name} does not keep every rule: mend what is named, then run this again")


def _tried(name: str, checks: Sequence[Check]) -> list[Verdict]:
    watched = track(checks, f"checking {name}", console=err, transient=True, disable=not err.is_terminal)
    return [each.run() for each in watched]


def _as_json(name: str, verdict: Verdict) -> dict[str, object]:
    return {"department": name, **vars(verdict)}


def _rows(verdicts: Sequence[Verdict]) -> Iterator[dict[str, object]]:
    """A line for each rule: datasets that keep it are told together, each other one by itself."""
    for rule in dict.fromkeys(verdict.rule for verdict in verdicts):
        asked = [verdict for verdict in verdicts if verdict.rule == rule]
        kept = [verdict for verdict in asked if verdict.result == "passed"]
        if kept:
            together = "all" if len(kept) == len(asked) else ", ".join(str(each.dataset) for each in kept)
            yield {"rule": rule, "dataset": together if kept[0].dataset else None, "result": "passed"}
        yield from (_row(verdict) for verdict in asked if verdict.result != "passed")


def _row(verdict: Verdict) -> dict[str, object]:
    lines = verdict.changes if verdict.result == "failed" else (f"waived: {verdict.reason}",)
    return {
        "rule": verdict.rule,
        "dataset": verdict.dataset,
        "result": verdict.result,
        "what_to_change": "\n".join(lines),
    }
