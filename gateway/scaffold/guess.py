"""Guesses what a column holds from its values and its name, and says why without repeating a value."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Final, TypeVar

from pydantic import TypeAdapter, ValidationError

from gateway.fields import Instant, clean
from gateway.identity import IdNumber
from gateway.scaffold.dictionary import Described
from gateway.scaffold.known import known
from gateway.scaffold.plan import Kind

Value = TypeVar("Value")

_INSTANT: Final[TypeAdapter[datetime | None]] = TypeAdapter(Instant)
_SURNAMES: Final = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔"
    "钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤常温康施文牛樊葛"
    "邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝"
    "路游辛靳欧阳司马上官"
)
_NAME: Final = re.compile(
    r"[\u3400-\u9fff\U00020000-\U0003ffff]{2,4}|[\u3400-\u9fff]{1,12}(?:·[\u3400-\u9fff]{1,12})+"
)
_MASKED: Final = re.compile(r"[\u3400-\u9fff*＊]*[*＊][\u3400-\u9fff*＊]*")
_CODE: Final = re.compile(r"[0-9A-Za-z]{1,4}", re.ASCII)
_BARE_CODE: Final = re.compile(r"\d{1,4}|[A-Za-z]|[A-Z]{2,3}|[A-Z]{1,3}\d{1,3}", re.ASCII)
_MONTH: Final = re.compile(r"(?:19|20|21)\d\d-?(?:0[1-9]|1[0-2])", re.ASCII)
_FIRST_YEAR: Final = 1850
_LAST_YEAR: Final = 2200
_MOST: Final = 0.8
_HALF: Final = 0.5
_MOST_CODES: Final = 20
_FEWEST_ROWS: Final = 4
_LOOKED_AT: Final = 2000
_FORM: Final = re.compile(r"\d{4}([-/]?)\d\d\1\d\d(?:([ T]?)\d\d(:?)\d\d:?\d\d(\.\d+)?)?", re.ASCII)


@dataclass(frozen=True)
class Guess:
    """What a column seems to hold; `codes` are the values of a code, `masked` says that names are."""

    kind: Kind
    why: str
    codes: tuple[str, ...] = ()
    form: str = "%Y%m%d"
    masked: bool = False
    sometimes_blank: bool = field(default=False)


def guess(
    column: str, values: Sequence[str | None], described: Described | None = None, *, untidy: bool = False
) -> Guess:
    """What a column holds; the values weigh more than the name, and the data dictionary more than a guess."""
    said = described or Described()
    seen = [text for value in values[:_LOOKED_AT] if (text := _cleaned(value)) is not None]
    named = known(column, said.title).kind or (said.kind if said.kind != "text" or not seen else None)
    if not seen:
        return _by_name(named, said, untidy=untidy)
    found = _by_values(named, seen, said)
    return Guess(
        found.kind,
        found.why,
        found.codes,
        found.form,
        found.masked,
        sometimes_blank=len(seen) < len(values[:_LOOKED_AT]),
    )


def _by_name(named: Kind | None, said: Described, *, untidy: bool) -> Guess:
    if untidy:
        return Guess("text", "its values were neither text nor numbers, and the gateway reads text only")
    if said.codes and named not in ("id", "name"):
        return Guess("code", "the data dictionary lists its codes", tuple(said.codes))
    if named is None:
        return Guess("text", "neither its name nor a value says what it holds")
    source = "the data dictionary's type" if said.kind == named else "what it is called"
    return Guess(named, f"nothing but {source} says what it holds")


def _by_values(named: Kind | None, seen: Sequence[str], said: Described) -> Guess:
    """The first that fits, the surest first: what could be a person's comes before codes and text."""
    count = len(seen)
    ids = sum(map(_is_id, seen))
    if ids >= _HALF * count:
        return Guess("id", f"good ID numbers in {ids} of {count} rows")
    if named == "id":
        return Guess("id", f"it is called so, but holds good ID numbers in {ids} of {count} rows only")
    if said.codes and named != "name":
        strange = sum(_plain(text) not in said.codes for text in seen)
        unlisted = f", but not those of {strange} of {count} rows" if strange else ""
        return Guess("code", f"the data dictionary lists its codes{unlisted}", tuple(said.codes))
    return _time(named, seen) or _name(named, seen) or _code(named, seen) or _text(named, seen)


def _time(named: Kind | None, seen: Sequence[str]) -> Guess | None:
    count = len(seen)
    if all(map(_MONTH.fullmatch, seen)):
        return Guess("month", f"months in all of {count} rows", form="%Y-%m" if "-" in seen[0] else "%Y%m")
    found = [instant for instant in map(_instant, seen) if instant]
    if len(found) < _MOST * count:
        return None
    kind: Kind = "instant" if any(each.time() != time.min for each in found) else "day"
    what = "times" if kind == "instant" else "days"
    form = next(form for form in map(form_of, seen) if form)
    called = ", as its name says" if named in ("day", "instant") else ""
    return Guess(kind, f"{what} in {len(found)} of {count} rows{called}", form=form)


def _name(named: Kind | None, seen: Sequence[str]) -> Guess | None:
    masked = sum(bool(_MASKED.fullmatch(text)) for text in seen)
    names = sum(map(is_name, seen)) + masked
    if named == "name":
        return Guess("name", "it is called so", masked=masked >= _HALF * len(seen))
    if named is not None or names < _MOST * len(seen):
        return None
    return Guess(
        "name", f"what looks like names in {names} of {len(seen)} rows", masked=masked >= _HALF * len(seen)
    )


def _code(named: Kind | None, seen: Sequence[str]) -> Guess | None:
    found = sorted(set(map(_plain, seen)))
    form = _CODE if named == "code" else _BARE_CODE
    short = len(found) <= _MOST_CODES and all(map(form.fullmatch, found))
    if named == "code":
        what = f"holds {len(found)} short values" if short else "holds no short codes"
        return Guess("code", f"it is called so, and {what}", tuple(found) if short else ())
    if named is not None or not short or len(seen) < max(_FEWEST_ROWS, 2 * len(found)):
        return None
    return Guess("code", f"holds {len(found)} short values in {len(seen)} rows", tuple(found))


def _text(named: Kind | None, seen: Sequence[str]) -> Guess:
    if named in ("day", "instant", "month"):
        return Guess(
            "text", f"called a date, but in most of {len(seen)} rows it has no form that the gateway reads"
        )
    return Guess("text", "no other kind fits what it holds")


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip()


def is_name(text: str) -> bool:
    """Whether a text looks like a person's name written in Chinese."""
    return bool(_NAME.fullmatch(text)) and (text[0] in _SURNAMES or "·" in text)


def form_of(text: str) -> str | None:
    """How a day or time is written, for strftime; None for what is neither."""
    match = _FORM.fullmatch(unicodedata.normalize("NFKC", text))
    if match is None:
        return None
    dash, space, colon, fraction = match.groups()
    day = f"%Y{dash}%m{dash}%d"
    return day if colon is None else f"{day}{space}%H{colon}%M{colon}%S{'.0' if fraction else ''}"


def _cleaned(value: str | None) -> str | None:
    return None if value is None else _or_none(clean, value[:400])


def _is_id(text: str) -> bool:
    return _or_none(IdNumber.parse, text) is not None


def _instant(text: str) -> datetime | None:
    try:
        found = _INSTANT.validate_python(text)
    except ValidationError:
        return None
    return found if found and _FIRST_YEAR <= found.year <= _LAST_YEAR else None


def _or_none(read: Callable[[str], Value], text: str) -> Value | None:
    try:
        return read(text)
    except ValueError:
        return None
