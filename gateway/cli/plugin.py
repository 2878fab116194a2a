"""`gateway plugin new`: a department's package, written from what is asked and from sample files."""

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.output import err, out
from gateway.clock import system_clock
from gateway.errors import RequestError
from gateway.scaffold.files import distribution, entry_added, in_tree, replace_text, write_files
from gateway.scaffold.plan import KNOWN_ENVELOPES, PackagePlan, Wanted, WantedDataset, shape_for
from gateway.scaffold.propose import propose

app = typer.Typer(help="Write a plugin for another department.", no_args_is_help=True)

_EXAMPLE = (
    "gateway plugin new transport --title 交通 --dataset rail_trips:铁路实名行程 --envelope sm4_cbc_mac"
)


@app.callback()
def plugin() -> None:
    """Write a plugin for another department."""


@app.command("new")
def new(  # noqa: PLR0913 - everything that is asked is an option
    name: Annotated[str, typer.Argument(help="The department's name, in small letters: transport.")],
    *,
    title: Annotated[str | None, typer.Option(help="What its people call it: 交通.")] = None,
    dataset: Annotated[
        list[str] | None, typer.Option(help="A dataset as name:title; repeat it for several.")
    ] = None,
    envelope: Annotated[
        str | None, typer.Option(help=f"How its pages are sealed: {', '.join(KNOWN_ENVELOPES)}.")
    ] = None,
    shape: Annotated[
        str | None, typer.Option(help="service (pages) or file_drop (files); the envelope says it already.")
    ] = None,
    key: Annotated[
        list[str] | None,
        typer.Option(help="The key column, or dataset=COLUMN; else found in the sample, or JLBH."),
    ] = None,
    from_sample: Annotated[
        list[str] | None,
        typer.Option(
            help="Example rows or the data dictionary, FILE or dataset=FILE: JSON or CSV, UTF-8 or GB18030."
        ),
    ] = None,
    to: Annotated[
        Path | None, typer.Option(help="The folder to write; gateway-NAME here where none is given.")
    ] = None,
    within: Annotated[
        bool, typer.Option("--in-tree", help="Write into the gateway's own project instead.")
    ] = False,
) -> None:
    """Write a department's package: rows, mapping, samples, README, a test, and its configuration.

    Asks for what is missing where somebody sits at the terminal. A sample file may hold real people: only its
    column names, titles and codes are taken over, and what was guessed is marked `# review:` in the code.
    Nothing is ever overwritten.

    Example: gateway plugin new transport --title 交通 --dataset rail_trips:铁路实名行程
    --envelope sm4_cbc_mac --from-sample rows.json
    """
    wanted = _wanted(name, title, dataset or [], envelope, shape, key or [], from_sample or [])
    plan = propose(wanted)
    year = system_clock().year
    root = to or (Path() if within else Path(f"gateway-{plan.name.replace('_', '-')}"))
    if within:
        pyproject = root / "pyproject.toml"
        text = entry_added(pyproject, plan.name, f"plugins.{plan.name}")
        written = write_files(root, in_tree(plan, year))
        replace_text(pyproject, text)
        written.append(pyproject)
    else:
        written = write_files(root, distribution(plan, year))
    _tell(plan, root, written, within=within)


def _wanted(
    name: str,
    title: str | None,
    datasets: list[str],
    envelope: str | None,
    shape: str | None,
    keys: list[str],
    samples: list[str],
) -> Wanted:
    title = title or _ask("--title", "What its people call it, as 交通")
    pairs = [_pair(each) for each in datasets or _ask_datasets()]
    names = [each for each, _ in pairs]
    sealed = envelope or _ask("--envelope", f"How its pages are sealed ({', '.join(KNOWN_ENVELOPES)})")
    chosen, sources = _by_dataset("--key", keys, names), _by_dataset("--from-sample", samples, names)
    found = tuple(
        WantedDataset(
            each, called, next(iter(chosen.get(each, [])), None), tuple(map(Path, sources.get(each, [])))
        )
        for each, called in pairs
    )
    return Wanted(name, title, found, sealed, shape_for(sealed, shape))


def _ask(flag: str, question: str) -> str:
    if not sys.stdin.isatty():
        raise RequestError(f"{flag} is missing, and nobody is there to be asked. Example: {_EXAMPLE}")
    return str(typer.prompt(question)).strip()


def _ask_datasets() -> list[str]:
    found = [_ask("--dataset", "A dataset as name:title, as rail_trips:铁路实名行程")]
    while more := str(typer.prompt("Another one, or nothing", default="", show_default=False)).strip():
        found.append(more)
    return found


def _pair(text: str) -> tuple[str, str]:
    name, _, title = text.replace("：", ":").partition(":")
    if not title.strip():
        raise RequestError("--dataset: give a dataset its title behind a colon, as rail_trips:铁路实名行程")
    return name.strip(), title.strip()


def _by_dataset(flag: str, given: list[str], names: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for text in given:
        head, _, rest = text.partition("=")
        named = bool(rest) and head in names
        if not named and len(names) != 1:
            raise RequestError(f"{flag}: say which dataset is meant, as {flag} {names[0]}={text}")
        found.setdefault(head if named else names[0], []).append(rest if named else text)
    return found


def _tell(plan: PackagePlan, root: Path, written: list[Path], *, within: bool) -> None:
    guesses = sum(bool(each.start) + sum(bool(c.why) for c in each.columns) for each in plan.datasets)
    for path in written:
        err.print(f"written: {path}", markup=False)
    err.print(
        f"guesses marked `# review:`, to be looked at: {guesses + len(plan.datasets)}. Next:", markup=False
    )
    kinds = [
        str(record.own_kind)
        for dataset in plan.datasets
        for record in dataset.emits
        if record.record == "OfLife"
    ]
    where = shlex.quote(str(root))
    steps = [
        f"pip install --no-build-isolation --no-deps -e {where}",
        f"gateway check {plan.name}",
        *([] if within else [f"cp {where}/config/departments/{plan.name}.yaml config/departments/"]),
        *(f"# config/policy.yaml, under records: {each}" for each in _listed(kinds)),
        f"gateway check {plan.name} --live",
        f"gateway sync --department {plan.name}",
    ]
    for step in steps:
        out.print(step, markup=False)


def _listed(kinds: list[str]) -> list[str]:
    return [
        f"{kind}: {{polarity: of_life, certifies: true, cite: [二（二）]}}" for kind in dict.fromkeys(kinds)
    ]
