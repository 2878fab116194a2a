"""Every rule a row can break, in plain words: what it means, and what to do about it.

The rules of field types and identities, of reading a row and of its records stand here once; a plugin may
name rules of its own, and what is no rule is a fault of a plugin's code.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

_ASK: Final = "Ask the department to send the row again"
_DATA_DICTIONARY: Final = "compare the column's type in the plugin with the data dictionary"


class Meaning(NamedTuple):
    """What a broken rule means, and what to do; a sentence each."""

    means: str
    do: str


_MEND: Final = "mend the plugin, then run `gateway refusals retry`"

RULES: Final[Mapping[str, Meaning]] = MappingProxyType(
    {
        "row_form": Meaning(
            "The row is no object, or its line has more or fewer cells than the header.",
            f"{_ASK}; where every row is like that, give the dataset a `read` of its own.",
        ),
        "key_missing": Meaning(
            "The department's own key of the row is blank.",
            f"{_ASK} with its key: without one it can be neither corrected nor withdrawn.",
        ),
        "load_time_missing": Meaning(
            "The load time `tong_time` is blank.", "Ask the hub: it fills this column for every row."
        ),
        "load_time_future": Meaning(
            "The load time `tong_time` lies more than a day ahead of this machine's clock.",
            "Compare this machine's clock with the hub's; where both are right, ask the hub.",
        ),
        "missing": Meaning(
            "A column that every row must have is not there at all.",
            f"Look whether the column was renamed: then {_MEND}; else ask the department.",
        ),
        "literal_error": Meaning(
            "The value is none of those that the gateway knows for it; `op` is I, U or D.",
            f"For `op` ask the hub; for a code take it into the plugin's table: {_MEND}.",
        ),
        "text_type": Meaning(
            "A list, an object or a truth value stands where text belongs.",
            f"{_ASK}; where every row is like that, {_DATA_DICTIONARY}.",
        ),
        "text_too_long": Meaning(
            "The text is longer than 500 characters.",
            "Ask the department: a cell may have been filled twice.",
        ),
        "date_form": Meaning(
            "The value is no date or time in any form the hub is known to send, or no such day exists.",
            f"Where all rows of the column are refused, {_DATA_DICTIONARY}; else ask the department.",
        ),
        "future_date": Meaning(
            "The fact is dated after the row was loaded.",
            "Ask the department: a planned day may stand where one that has happened belongs.",
        ),
        "id_missing": Meaning(
            "The ID number is blank, and without it nobody can be matched.",
            "Nothing where the department registers people without one; else ask the department.",
        ),
        "id_form": Meaning(
            "The ID number has neither 15 nor 18 digits; it may be a passport or another document.",
            "Nothing where it is a foreign document; where all rows are refused, mend the plugin.",
        ),
        "id_birth_date": Meaning(
            "The ID number holds a birth date that does not exist.", f"{_ASK} with the right number."
        ),
        "id_check_digit": Meaning(
            "The ID number does not agree with its check digit (GB 11643): it was mistyped.",
            f"{_ASK} with the right number.",
        ),
        "name_empty": Meaning(
            "Nothing is left of the name once spaces are taken out.", f"{_ASK} with the name."
        ),
        "string_unicode": Meaning(
            "The text holds a character that does not exist, such as half of a pair.",
            f"{_ASK}: its system broke a rare character on the way.",
        ),
    }
)
"""By rule; the texts are for an operator and name no value."""

_BY_END: Final[Mapping[str, Meaning]] = MappingProxyType(
    {
        "_type": Meaning(
            "The value is of another type than the plugin gives the column, or than its record needs.",
            f"Where all rows are refused, {_DATA_DICTIONARY}: {_MEND}; else ask the department.",
        ),
        "_parsing": Meaning(
            "The text cannot be read as what the plugin says the column holds.",
            f"Where all rows are refused, {_DATA_DICTIONARY}: {_MEND}; else ask the department.",
        ),
    }
)

_CODE_FAILED: Final = Meaning(
    "The plugin's own code failed on the row with this error.",
    f"Find with `gateway check NAME` what it fails on: {_MEND}.",
)
_OWN_RULE: Final = Meaning(
    "A rule of the department's plugin: its README says what it means.",
    f"Where the row is right and the rule is not, {_MEND}; else ask the department.",
)


def meaning_of(rule: str) -> Meaning:
    """What a rule means and what to do; also for a plugin's own rules and for errors of its code."""
    if rule in RULES:
        return RULES[rule]
    if rule[:1].isupper():
        return _CODE_FAILED
    ending = next((end for end in _BY_END if rule.endswith(end)), None)
    return _BY_END[ending] if ending else _OWN_RULE
