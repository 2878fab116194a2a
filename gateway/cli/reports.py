"""What a decide run says at work and at its end; apart from what runs it, which takes long to import."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from gateway.cli.output import err, out, print_json
from gateway.store.counts import Counts
from gateway.sync.progress import Phase
from gateway.sync.progress import Progress as Deciding
from gateway.sync.report import DecideReport


@contextmanager
def watching_decide() -> Iterator[Deciding]:
    """A bar over the buckets for each half of the run; appears with the first."""
    bars = Progress(
        TextColumn("{task.description}, bucket"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        console=err, transient=True, disable=not err.is_terminal,
    )  # fmt: skip
    tasks: dict[str, TaskID] = {}

    def told(phase: Phase, done: int, every: int) -> None:
        bars.start()
        if phase not in tasks:
            tasks[phase] = bars.add_task(phase)
        bars.update(tasks[phase], completed=done, total=every)

    try:
        yield told
    finally:
        bars.stop()


def print_drift(taken: Mapping[str, Counts]) -> None:
    """What was not as the plugins describe it, by dataset and name, with the rows it is in."""
    for title, names in (
        ("unknown codes, taken as neutral", {name: each.unknown_codes for name, each in taken.items()}),
        ("unknown fields, not read", {name: each.unknown_fields for name, each in taken.items()}),
        ("changed types", {name: each.changed_types for name, each in taken.items()}),
    ):
        found = [f"{dataset} {name} × {n:,}" for dataset, own in names.items() for name, n in own.items()]
        if found:
            out.print(f"{title}: {', '.join(found)}", markup=False)


def print_decide(report: DecideReport, *, as_json: bool) -> None:
    """How many benefits were decided how, and the events that made; alarms go to stderr in any case."""
    if as_json:
        print_json(report)
    else:
        _print_decided(report)
    _print_alarms(report)


def _print_decided(report: DecideReport) -> None:
    out.print(f"decided as of {report.as_of} by policy {report.policy_version}:")
    for decision, count in sorted(report.decisions.items(), key=lambda item: -item[1]):
        out.print(f"  {count:>10,}  {decision}")
    why = f", all there are: {report.full}" if report.full else ""
    out.print(f"{report.reconsidered:,} benefits were looked at{why}")
    out.print(f"{report.changed:,} decisions changed; {sum(report.events.values()):,} events:")
    for name, count in sorted(report.events.items()):
        out.print(f"  {count:>10,}  {name}")


def _print_alarms(report: DecideReport) -> None:
    if report.uncompared:
        _alarm(f"not compared in time, nothing was renewed: {', '.join(report.uncompared)}")
    if report.of_life:
        _alarm(f"not compared in time, nothing was found overdue: {', '.join(report.of_life)}")
    for line in report.held:
        _alarm(f"run {report.run_id} is held, nothing of it was published: {line}")
    if report.held:
        err.print(f"see `gateway runs show {report.run_id}`, then `gateway runs approve` or `discard` it")


def _alarm(line: str) -> None:
    err.print("[bold red]ALARM[/] ", end="")
    err.print(line, markup=False)
