"""The page of the mapping's words."""

from types import MappingProxyType
from typing import Any

import gateway
from gateway import mapping
from tests.support.reference.markdown import block, code
from tests.support.reference.reading import constant_docs, sentence, signature

WORDS = ("Emit", "either", "first", "before", "lookup", "not_", "starts_with")
CONDITIONS = ("PRESENT", "MISSING")
EXAMPLES = MappingProxyType(
    {
        "Emit": """
Emit(records.BorderCrossing, when={"CRJLB": ("1", "2")}, happened_on="CRJSJ")
Emit(records.Marriage, when={"op_type": "IA"}, about=("cert_num_man", "name_man"), happened_on="op_date")
""",
        "either": """
either(
    Emit(records.Withdrawal, when={"refd_setl_flag": "1"}, withdraws="init_setl_id"),
    Emit(records.Settlement, when={"med_type": starts_with("2")}, happened_on="begndate"),
    Emit(records.Settlement, happened_on="setl_time", strength="weak"),
)
""",
        "first": """
Emit(records.Custody, basis="sentence", began_on="RJRQ", ends_on=first("XMSFRQ", "YXMRQ"))
""",
        "before": """
Emit(records.Death, basis="cremation", happened_on=first("DEATH_TIME", before("CREMATION_TIME")))
""",
        "lookup": """
Emit(
    records.Custody,
    basis="detention",
    began_on="RSRQ",
    released_to=lookup("CSYY", {"1": "outside", "2": "prison", "3": "death"}, "unknown"),
)
""",
        "not_": """
Emit(records.OutpatientVisit, when={"PROXY_FLAG": not_("1")}, happened_on="VISIT_TIME")
Emit(records.OutpatientVisit, when={"VISIT_TIME": not_(None)}, happened_on="VISIT_TIME", strength="weak")
""",
        "starts_with": """
Emit(records.Settlement, when={"fixmedins_code": starts_with("P")}, happened_on="setl_time", strength="weak")
""",
        "PRESENT": """
Emit(records.IdentityCard, when={"SLRQ": PRESENT}, happened_on="SLRQ")
""",
        "MISSING": """
Emit(records.HospitalStay, when={"DIE_DATE": MISSING}, happened_on="BEGNTIME")
""",
    }
)
_HEAD = """# Mapping words

What a row says is data: a list of `Emit`s in `Dataset(emits=[…])`. They describe and do not run, so that the
same words are read row by row and column by column. [Why so](../explanation/mapping_is_data.md).

- A column is named as in the data dictionary (`"SWRQ"`) or by the row's field (`"died_on"`).
- A text that is one of the record field's own words is that word (`strength="weak"`); any other is a column.
- A row gives every record whose conditions hold. If none holds it gives an `Unclassified`: neutral, counted.
- The mapping is checked when the plugin is loaded: a column that does not exist, a code that is not in its
  table, a required field without a value are faults of the plugin, all named at once.

"""


def page() -> str:
    """The whole page."""
    words = [_word(name, getattr(gateway, name)) for name in WORDS]
    docs = constant_docs(mapping)
    conditions = [f"## {name}\n\n{docs[name]}\n\n{_example(name)}" for name in CONDITIONS]
    return _HEAD + "\n".join([*words, *conditions])


def _word(name: str, word: Any) -> str:
    parts = [
        f"## {name}\n",
        block(signature(word, name), "text"),
        f"{sentence(word)}\n",
        _arguments(word),
        _example(name),
    ]
    return "\n".join(part for part in parts if part)


def _arguments(word: Any) -> str:
    """The arguments as the docstring tells them, a line each."""
    said = (word.__doc__ or "").partition("Args:")[2].strip()
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    told = [
        f"- {code(name.strip())}: {text.strip()}" for name, _, text in (line.partition(":") for line in lines)
    ]
    return "\n".join(told) + "\n" if told else ""


def _example(name: str) -> str:
    return block(EXAMPLES[name], "python")
