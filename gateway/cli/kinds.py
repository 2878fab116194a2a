"""Says which kinds of record the operator has yet to confirm."""

from gateway.department import Department
from gateway.policy import Policy


def unconfirmed_kinds(department: Department, policy: Policy) -> list[str]:
    """What to write for each kind of evidence that a department brings and policy.yaml does not list."""
    kinds = [kind for kind, polarity in department.own_kinds().items() if polarity == "of_life"]
    return [
        f"policy.yaml does not list {kind}, which {department.name} brings: it certifies nobody. Under "
        f'`records:` write "{kind}: {{polarity: of_life, certifies: true, cite: [CLAUSE]}}" with the clause '
        "it rests on, or certifies: false, and raise `version`"
        for kind in policy.unconfirmed(kinds)
    ]
