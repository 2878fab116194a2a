"""Every command of `gateway`, what it is for and where it is."""

from collections.abc import Mapping
from typing import Final

from gateway.cli.lazy import Command

COMMANDS: Final[Mapping[str, Command]] = {
    "demo": Command(
        "gateway.cli.demo:demo",
        "Run the monthly job on a synthetic province; called again it goes on with the next month.",
    ),
    "sandbox": Command(
        "gateway.cli.sandbox:app",
        "Synthetic people under an impossible region code, for trials.",
    ),
    "doctor": Command(
        "gateway.cli.doctor:doctor",
        "Look at the configuration, the rules, the keys, the store, the evidence folder and the hub.",
    ),
    "roster": Command("gateway.cli.roster:app", "The people and benefits to be certified."),
    "sync": Command(
        "gateway.cli.run:sync_command",
        "Fetch, open and read what is new at the hub and in the drop folders.",
    ),
    "decide": Command(
        "gateway.cli.run:decide_command",
        "Decide every benefit from the evidence that is there, and publish the events of what changed.",
    ),
    "run": Command("gateway.cli.run:run_command", "The monthly job: sync, decide, publish."),
    "runs": Command("gateway.cli.runs:app", "What was run, and what is held."),
    "refusals": Command("gateway.cli.refusals:app", "Rows that broke a rule and were not taken."),
    "explain": Command(
        "gateway.cli.explain:explain",
        "Say what is decided about a benefit, by which rule and clause, and what would change it.",
    ),
    "evidence": Command(
        "gateway.cli.evidence:evidence",
        "Say what is kept behind an evidence id, where it came from, and what rests on it.",
    ),
    "events": Command(
        "gateway.cli.events:events",
        "Print released events in order, one CloudEvent a line, exactly the bytes that are stored.",
    ),
    "certify": Command(
        "gateway.cli.certify:certify",
        "Take a certification from another channel; the next run makes evidence of it.",
    ),
    "report": Command("gateway.cli.certify:report_app", "What a community reports: deaths and visits."),
    "statements": Command("gateway.cli.certify:statements_app", "What other channels said."),
    "ledger": Command("gateway.cli.ledger:app", "The verification ledger: suspicions that a person settles."),
    "outreach": Command(
        "gateway.cli.outreach:outreach_command",
        "List benefits that no evidence covers, with the channel that is suggested.",
    ),
    "plugins": Command(
        "gateway.cli.plugins:plugins",
        "List the department plugins, their datasets, and what is wrong with any of them.",
    ),
    "plugin": Command("gateway.cli.plugin:app", "Write a plugin for another department."),
    "check": Command(
        "gateway.cli.check:check",
        "Hold a department to every rule, on its own samples; the hub is asked only with --live.",
    ),
    "serve": Command(
        "gateway.cli.serve:serve",
        "Serve /v1/events (pull by cursor) and /healthz, and run what gateway.yaml schedules, until stopped.",
    ),
    "schedule": Command("gateway.cli.schedule:app", "What `gateway serve` runs by itself."),
    "token": Command("gateway.cli.token:app", "Tokens of those who ask from elsewhere."),
    "keys": Command("gateway.cli.keys:app", "Make the keys of the serving side."),
    "subscriptions": Command("gateway.cli.subscriptions:app", "Who is sent events, and where."),
    "deliveries": Command("gateway.cli.deliveries:app", "What was sent to whom, and what is undelivered."),
    "consumers": Command("gateway.cli.consumers:app", "Readers of the feed whose place the gateway keeps."),
    "audit": Command("gateway.cli.audit:app", "Who looked at what, in a chain that shows what was changed."),
    "compact": Command(
        "gateway.cli.retention:compact_command",
        "Write evidence anew without what no decision can miss, so that it costs no more with every month.",
    ),
    "retention": Command(
        "gateway.cli.retention:retention_command",
        "Remove evidence and events that are past their retention, and say what stays longer and for whom.",
    ),
}
"""In the order of the help: to try it, every month, what people do, departments, subscribers, the machine."""
