"""Rules that differ from those of `config/` in one word."""

from gateway.policy import Policy


def with_weak_pairs(policy: Policy) -> Policy:
    """Two departments' weak evidence certifies together."""
    rules = policy.certification
    pairs = rules.weak_pairs_certify.model_copy(update={"value": True})
    return policy.model_copy(update={"certification": rules.model_copy(update={"weak_pairs_certify": pairs})})
