"""Rule 0: what must have been compared, and how lately, before anything is renewed."""

from collections.abc import Mapping
from datetime import date, timedelta

from gateway.policy import Policy


def uncompared_datasets(policy: Policy, compared_until: Mapping[str, date], as_of: date) -> tuple[str, ...]:
    """The datasets that stand in the way of any renewal, in the order of `policy.yaml`.

    `compared_until` is the end of the newest closed, complete window of each dataset; a dataset that is
    missing from it was never compared.
    """
    oldest = as_of - timedelta(days=policy.sources.max_source_age_days.value)
    return tuple(
        dataset
        for dataset in policy.sources.must_be_compared.value
        if compared_until.get(dataset, date.min) < oldest
    )
