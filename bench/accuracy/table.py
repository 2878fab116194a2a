"""The figures as a table in Markdown, for the terminal and the documentation alike."""

from collections.abc import Iterator
from typing import Any, Final

_RULES: Final = ("gateway", "any adverse row", "majority of departments")
_MARKS: Final = {True: "met", False: "**missed**", None: "not measured"}


def as_markdown(found: dict[str, Any]) -> str:
    """Everything measured: the rules side by side, the targets, the runs."""
    return "\n".join([*_heading(found), "", *_rules(found), "", *_targets(found), "", *_runs(found)]) + "\n"


def as_summary(found: dict[str, Any]) -> str:
    """The few lines a reader looks for first."""
    rules = [found["rules"][name] for name in _RULES]
    lines = {
        **{
            f"reported deaths suspected by week {week} after the first report": [
                _percent(rule["suspected_by_week_since_report"][week]) for rule in rules
            ]
            for week in rules[0]["suspected_by_week_since_report"]
        },
        "median days from the death to the suspicion": [
            _days(rule["median_days_from_death"]) for rule in rules
        ],
        "wrongful suspicions, of living person-months": [
            _percent(rule["wrongful_share_of_living_months"], places=5) for rule in rules
        ],
        "wrongful suspicions for the corrupted file besides": [
            f"{rule['of_the_corrupted_file']:,}" for rule in rules
        ],
        "living person-months under a silent certification": [
            _percent(rule["living_certified_silently"]) for rule in rules
        ],
    }
    rows = [f"| {name} | {' | '.join(cells)} |" for name, cells in lines.items()]
    return "\n".join([f"| | {' | '.join(_RULES)} |", "|---|---:|---:|---:|", *rows]) + "\n"


def _heading(found: dict[str, Any]) -> Iterator[str]:
    truth = found["truth"]
    false = ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in truth["false_reports"].items())
    yield (
        f"{found['months']} monthly runs over {found['people']:,} people, {found['benefits']:,} benefits; "
        f"{found['rows']:,} rows of departments; seed {found['seed']}; "
        f"rules {found['policy_version']}."
    )
    yield ""
    yield (
        f"Truth: {truth['deaths']:,} deaths, {truth['deaths_reported']:,} of them reported by the last run "
        f"({_percent(truth['first_report_within_13_weeks'])} within 13 weeks, "
        f"{_percent(truth['first_report_within_26_weeks'])} within 26); "
        f"reports about the living: {false or 'none'}."
    )


def _rules(found: dict[str, Any]) -> Iterator[str]:
    rules = [found["rules"][name] for name in _RULES]
    yield f"| | {' | '.join(_RULES)} |"
    yield "|---|---:|---:|---:|"
    for name, cells in _lines(rules, found):
        yield f"| {name} | {' | '.join(cells)} |"


def _lines(rules: list[dict[str, Any]], found: dict[str, Any]) -> Iterator[tuple[str, list[str]]]:
    for week in rules[0]["suspected_by_week_since_report"]:
        shares = [_percent(rule["suspected_by_week_since_report"][week]) for rule in rules]
        yield f"reported deaths suspected by week {week} after the first report", shares
    disputed = [_percent(rule["disputed_or_suspected_since_report"]) for rule in rules]
    yield "… suspected or in conflict by week 26", disputed
    for week in rules[0]["suspected_by_week_since_death"]:
        shares = [_percent(rule["suspected_by_week_since_death"][week]) for rule in rules]
        yield f"reported deaths suspected by week {week} after the death", shares
    yield (
        "median days from the death to the suspicion",
        [_days(rule["median_days_from_death"]) for rule in rules],
    )
    since = [_days(rule["median_days_from_first_report"]) for rule in rules]
    yield "median days from the first report", since
    for kind, title in (
        ("suspected_rightly", "suspected rightly"),
        ("suspected_wrongly", "suspected wrongly"),
    ):
        for label in sorted({label for rule in rules for label in rule[kind]}):
            yield f"{title}: {label.replace('_', ' ')}", [f"{rule[kind].get(label, 0):,}" for rule in rules]
    yield "wrongful suspicions in all", [f"{rule['wrongful']:,}" for rule in rules]
    for kind, count in found["wrongful_by_mistake"].items():
        yield f"… behind them: {kind.replace('_', ' ')}", [f"{count:,}", "", ""]
    yield (
        "… of living person-months",
        [_percent(rule["wrongful_share_of_living_months"], places=5) for rule in rules],
    )
    yield (
        "months that living people spent wrongly suspected",
        [f"{rule['months_wrongly_suspected']:,}" for rule in rules],
    )
    yield (
        "living suspected for the corrupted file besides",
        [f"{rule['of_the_corrupted_file']:,}" for rule in rules],
    )
    for label in sorted({label for rule in rules for label in rule["conflicts"]}):
        yield f"conflicts: {label}", [f"{rule['conflicts'].get(label, 0):,}" for rule in rules]
    yield (
        "living person-months under a silent certification",
        [_percent(rule["living_certified_silently"]) for rule in rules],
    )
    coverage = found["coverage"]
    certified = _ratio(coverage["qualifying_certified"], coverage["qualifying"])
    yield "living with qualifying evidence who are certified (benefit-months)", [certified, "", ""]
    for standing, count in coverage["missed"].items():
        yield f"… not certified: {standing}", [f"{count:,}", "", ""]
    for label in sorted({label for rule in rules for label in rule["dead_certified_months"]}):
        months = [f"{rule['dead_certified_months'].get(label, 0):,}" for rule in rules]
        yield f"months of the dead certified: {label}", months


def _targets(found: dict[str, Any]) -> Iterator[str]:
    yield "| target | asked | found | |"
    yield "|---|---|---|---|"
    for target in found["targets"]:
        yield f"| {target['name']} | {target['asked']} | {target['found']} | {_MARKS[target['met']]} |"


def _runs(found: dict[str, Any]) -> Iterator[str]:
    yield "| as of | rows | renewed | due | overdue | suspected | cleared | conflicts | verified | remarks |"
    yield "|---|---:|---:|---:|---:|---:|---:|---:|---:|---|"
    names = (
        "certification.renewed",
        "certification.due",
        "certification.overdue",
        "eligibility.suspected",
        "eligibility.suspicion.cleared",
        "certification.conflict.found",
    )
    for run in found["runs"]:
        counts = " | ".join(f"{run['events'].get(name, 0):,}" for name in names)
        yield f"| {run['as_of']} | {run['rows']:,} | {counts} | {run['verified']} | {_notes(run)} |"


def _notes(run: dict[str, Any]) -> str:
    counties = sum("county " in why for why in run["held"])
    reasons = [why for why in run["held"] if "county " not in why]
    reasons += [f"{counties} counties by themselves"] if counties else []
    held = f"held: {'; '.join(reasons)}" if reasons else ""
    gaps = f"not compared: {', '.join(run['uncompared'])}" if run["uncompared"] else ""
    return "; ".join(filter(None, (held, gaps)))


def _ratio(part: int, whole: int) -> str:
    return _percent(part / whole if whole else None)


def _percent(share: float | None, places: int = 2) -> str:
    return "–" if share is None else f"{share:.{places}%}"


def _days(days: float | None) -> str:
    return "–" if days is None else f"{days:.0f}"
