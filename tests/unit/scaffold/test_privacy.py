"""Whoever stands in a sample file, and in whichever column: nothing of them reaches a file or an error."""

import csv
import io
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import RequestError
from gateway.sandbox.id_numbers import IdNumbers, as_typed, short_form, with_bad_check_digit
from gateway.scaffold.files import distribution, in_tree
from gateway.scaffold.plan import Wanted, WantedDataset
from gateway.scaffold.propose import propose

COLUMNS = (
    "XM",
    "SFZH",
    "ZT",
    "LX",
    "BZ",
    "CCRQ",
    "SWRQ",
    "F1",
    "F2",
    "姓名",
    "类别",
    "备注",
    "status",
    "name_man",
)
Rows = list[dict[str, str]]


@st.composite
def id_numbers(draw: st.DrawFn) -> str:
    rng = Random(draw(st.integers(0, 10_000)))  # noqa: S311 - synthetic people, not secrets
    number = IdNumbers().new(rng, "990288", date(1931 + rng.randrange(40), 2, 3), male=True)
    masked = f"{number[:6]}********{number[14:]}"
    spelled = (
        number,
        short_form(number),
        with_bad_check_digit(number),
        number.lower(),
        as_typed(rng, number),
    )
    return draw(st.sampled_from([*spelled, masked]))


names = st.builds(
    lambda surname, given: surname + given,
    st.sampled_from(["张", "欧阳", "龘", "阿依·"]),
    st.text("靐齉龖鱻麤", min_size=2, max_size=3),
) | st.sampled_from(["Zhangwei", "ZHANG Wei", "赵靐*", "wangfang"])
keys = st.from_regex(r"K[0-9]{5,9}|[QJX]{5}|[0-9]{9}", fullmatch=True)
texts = st.from_regex(r"住靐[0-9]{2}龘|zqxj [a-z]{4}qj|99-[0-9]{7}", fullmatch=True)
secrets = id_numbers() | names | keys | texts


@st.composite
def rows(draw: st.DrawFn) -> Rows:
    """Rows of a key, a number and a name, and of anybody's data in any other column; sometimes all alike."""
    columns = draw(st.lists(st.sampled_from(COLUMNS), unique=True, max_size=6))
    kinds = {column: draw(st.sampled_from([id_numbers(), names, keys, texts, secrets])) for column in columns}
    alike = {column: draw(kind) for column, kind in kinds.items() if draw(st.booleans())}
    count = draw(st.integers(1, 6))
    distinct = draw(st.lists(keys, unique=True, min_size=count, max_size=count))
    return [
        {
            "N_NO": key,
            "GMSFHM": draw(id_numbers()),
            "PSN_NAME": draw(names),
            **{column: alike.get(column) or draw(kind) for column, kind in kinds.items()},
        }
        for key in distinct
    ]


def as_json(found: Rows) -> str:
    return json.dumps(found, ensure_ascii=False)


def as_lines(found: Rows) -> str:
    return "\n".join(json.dumps(row) for row in found)


def as_csv(found: Rows) -> str:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(found[0]))
    writer.writeheader()
    writer.writerows(found)
    return text.getvalue()


def headless(found: Rows) -> str:
    return as_csv(found).split("\r\n", 1)[1]


def cut_short(found: Rows) -> str:
    return as_json(found)[:-9]


def turned(found: Rows) -> str:
    return json.dumps({row["PSN_NAME"]: row for row in found}, ensure_ascii=False)


def everything_said(content: str) -> str:
    """All that comes of a sample file: the files and their names, or the error and what it carries."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "sample")
        path.write_text(content, "utf-8")
        dataset = WantedDataset("trips", "行程", None, (path,))
        try:
            plan = propose(Wanted("transport", "交通", (dataset,), "sm4_cbc_mac"))
        except RequestError as error:
            return f"{error} {error!r} {error.__cause__!r} {vars(error.__context__ or error)}"
    files = {**distribution(plan, 2026), **in_tree(plan, 2026)}
    return "\n".join([repr(plan), *(f"{name}\n{text}" for name, text in files.items())])


@given(rows(), st.sampled_from([as_json, as_lines, as_csv, headless, cut_short, turned]))
def test_no_value_of_a_person_is_ever_written(found: Rows, write: Callable[[Rows], str]) -> None:
    said = everything_said(write(found))
    for row in found:
        for value in row.values():
            assert value not in said
            assert value.strip() not in said


def test_what_is_written_is_about_people_whom_nobody_knows() -> None:
    said = everything_said(as_json([{"N_NO": "K1", "GMSFHM": "990288193102030013", "XM": "赵靐"}]))
    assert "990101194001010016" in said
    assert "张三" in said
