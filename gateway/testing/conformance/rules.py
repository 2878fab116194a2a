"""Every rule by name, in the order in which a department's author meets them."""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Final

from gateway.testing.conformance import described, hostile, kept, mapped, sampled, sealed
from gateway.testing.conformance.case import Case
from gateway.testing.conformance.package import Package

PackageRule = Callable[[Package], Iterator[str]]
CaseRule = Callable[[Case], Iterator[str]]

PACKAGE_RULES: Final[Mapping[str, PackageRule]] = MappingProxyType(
    {
        rule.__name__: rule
        for rule in (
            described.name_is_folder,
            described.titles_given,
            described.envelope_is_known,
            described.samples_belong,
            described.readme_is_current,
        )
    }
)
"""Rules of the package as a whole."""

CASE_RULES: Final[Mapping[str, CaseRule]] = MappingProxyType(
    {
        rule.__name__: rule
        for rule in (
            sampled.samples_are_readable,
            sampled.people_are_synthetic,
            sampled.keys_exist,
            sampled.accepted_samples,
            sampled.refused_samples,
            sampled.every_emit_is_sampled,
            sampled.every_code_is_sampled,
            sampled.every_column_is_sampled,
            mapped.mapping_is_pure,
            mapped.equal_by_row_and_by_column,
            mapped.unknown_codes_are_neutral,
            hostile.hostile_values,
            hostile.missing_columns,
            hostile.shifted_columns,
            hostile.what_is_no_row_is_refused,
            hostile.nothing_is_shown,
            kept.page_twice_counts_once,
            kept.cut_page_resumes,
            kept.deletion_withdraws,
            kept.correction_moves,
            sealed.sealed_page_opens,
            sealed.rotated_key_accepted,
            sealed.tampered_page_refused,
        )
    }
)
"""Rules of each dataset."""

READABLE: Final = sampled.samples_are_readable.__name__
"""The rule without which no other rule of a dataset can be tried."""

WAIVERS: Final = "waivers_are_needed"
"""The rule of the waivers; it cannot be waived."""


INSTALLED: Final = "department_is_installed"
"""The rule of a test that names its department; it cannot be waived either."""

_OTHERS: Final = {
    WAIVERS: "Every waiver names a rule that the department does not keep, and says why.",
    INSTALLED: "The test names an installed department, and nothing that is said elsewhere.",
}


def meaning(rule: str) -> str:
    """What a rule asks, in a sentence."""
    stated = PACKAGE_RULES.get(rule) or CASE_RULES.get(rule)
    return str(stated.__doc__) if stated else _OTHERS[rule]
