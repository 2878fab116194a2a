"""Reads a department's data dictionary where the sample file is one: a line a column, not a line a person."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from gateway.scaffold.plan import MAX_COLUMN, Kind
from gateway.scaffold.table import Table

_COLUMN: Final = (
    "字段英文名",
    "英文名",
    "英文名称",
    "字段代码",
    "列名",
    "字段名",
    "字段",
    "字段名称",
    "数据项",
    "数据项名称",
    "column",
    "column_name",
    "field",
    "field_name",
)
_MAYBE_COLUMN: Final = ("name", "名称")
_TITLE: Final = (
    "中文名",
    "中文名称",
    "字段中文名",
    "说明",
    "描述",
    "注释",
    "含义",
    "字段说明",
    "title",
    "comment",
)
_TYPE: Final = ("类型", "数据类型", "字段类型", "type", "data_type", "datatype")
_CODES: Final = ("代码", "值域", "代码表", "取值", "取值范围", "字典", "codes", "values", "enum")
_KEY: Final = ("主键", "是否主键", "key", "pk", "primary_key")
_YES: Final = frozenset({"是", "y", "yes", "√", "1", "true", "pk", "pri", "主键"})

_SIZE: Final = r"\s*[(（]?\s*\d+(?:\s*[,.，]\s*\d+)?\s*[)）]?"
_TEXTS: Final = "n?varchar2?|n?char|text|clob|string|字符(?:串|型)?|文本"
_NUMBERS: Final = "number|numeric|decimal|double|float|(?:big|small)?int(?:eger)?|数字型?|数值型?"
_TYPES: Final[tuple[tuple[str, Kind], ...]] = (
    (rf"(?i)(?:datetime|timestamp|time|日期时间型?|时间型?)(?:{_SIZE})?|dt14|dt", "instant"),
    (rf"(?i)(?:date|日期型?)(?:{_SIZE})?|d8|d10", "day"),
    (rf"(?i)(?:{_TEXTS}|{_NUMBERS})(?:{_SIZE})?|(?:an?|c|n){_SIZE}", "text"),
)
_IDENTIFIER: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_WORD: Final = re.compile(r"[^\W\d]\w*")
_MEANING: Final = r"[^\s;；,，、|/0-9A-Za-z:：=＝—–-](?:(?!\s[0-9A-Z])[^;；,，、|/\n0-9])*"
_CODE: Final = re.compile(rf"(?<![0-9A-Za-z])([0-9A-Za-z]{{1,4}})[ \t]*[-—–:：=＝.．、 ]?[ \t]*({_MEANING})")
_MOST_CODES: Final = 40
_LONGEST: Final = 30
_LONG_NUMBER: Final = re.compile(r"\d{5,}")
_UNFIT: Final = re.compile(r"[\"\\`|<>]|\s+")


@dataclass(frozen=True)
class Described:
    """What the data dictionary says of one column."""

    title: str | None = None
    kind: Kind | None = None
    codes: Mapping[str, str] = field(default_factory=dict)
    is_key: bool = False


def dictionary_of(table: Table) -> dict[str, Described] | None:
    """The columns a data dictionary describes, in its order; None where the table holds rows of people."""
    heads = {column.strip().lower(): column for column in table.columns}
    column = _named(heads, _COLUMN) or _named(heads, _MAYBE_COLUMN)
    others = {head: name for head, name in heads.items() if name != column}
    told = {"title": _named(others, (*_TITLE, *_COLUMN)), "type": _named(others, _TYPE)}
    if column is None or not any(told.values()) or not _names_columns(table, column, told["type"]):
        return None
    codes, key = _named(heads, _CODES), _named(heads, _KEY)
    return {
        str(row[column]).strip(): Described(
            title=plain_title(_cell(row, told["title"])),
            kind=_kind(_cell(row, told["type"])),
            codes=codes_in(_cell(row, codes)),
            is_key=_cell(row, key).strip().lower() in _YES,
        )
        for row in table.rows
        if row.get(column)
    }


def codes_in(text: str) -> dict[str, str]:
    """The codes and meanings of a text such as `1 男 2 女` or `01-死亡；02-出国`, where it lists several."""
    found = {code: plain_title(meaning) for code, meaning in _CODE.findall(text)}
    kept = {code: meaning for code, meaning in found.items() if meaning}
    return kept if 1 < len(kept) <= _MOST_CODES else {}


def plain_title(text: str) -> str | None:
    """A title of at most 30 characters that needs no quoting; None for one with a long number in it."""
    plain = "".join(sign if sign.isprintable() else " " for sign in text)
    title = _UNFIT.sub(" ", plain).strip()[:_LONGEST].strip()
    return title if title and not _LONG_NUMBER.search(title) else None


def _named(heads: Mapping[str, str], names: Sequence[str]) -> str | None:
    return next((heads[name] for name in names if name in heads), None)


def _cell(row: Mapping[str, str | None], column: str | None) -> str:
    return (row.get(column) or "") if column else ""


def _names_columns(table: Table, column: str, types: str | None) -> bool:
    """Whether a column lists names of columns: distinct words, with types beside them where in doubt."""
    names = [value.strip() for value in table.values(column) if value and value.strip()]
    form = _WORD if column.strip().lower() in _COLUMN else _IDENTIFIER
    if not names or len(set(names)) != len(names):
        return False
    if not all(form.fullmatch(name) and len(name) <= MAX_COLUMN for name in names):
        return False
    typed = types is not None and all(_kind(value or "") for value in table.values(types))
    return typed or column.strip().lower() in _COLUMN


def _kind(text: str) -> Kind | None:
    return next((kind for form, kind in _TYPES if re.fullmatch(form, text.strip())), None)
