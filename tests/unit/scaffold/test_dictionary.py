"""A data dictionary is told from rows of people, and its words are read."""

from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.scaffold.dictionary import codes_in, dictionary_of, plain_title
from gateway.scaffold.table import read_table

Written = Callable[..., Path]


def test_a_data_dictionary_as_departments_write_it(written: Written) -> None:
    table = read_table(
        written(
            "序号,字段名,中文名,类型,值域,主键\n"
            "1,DDH,订单号,C20,,是\n"
            "2,SFZH,身份证号,C18,,\n"
            '3,ZT,状态,C1,"1 已检票；2 已退票",否\n'
            "4,FCSJ,发车时间,DT14,,\n"
            "5,CCRQ,乘车日期,DATE,,\n"
        )
    )
    found = dictionary_of(table)
    assert found is not None
    assert list(found) == ["DDH", "SFZH", "ZT", "FCSJ", "CCRQ"]
    assert [column for column, each in found.items() if each.is_key] == ["DDH"]
    assert found["ZT"].title == "状态"
    assert found["ZT"].codes == {"1": "已检票", "2": "已退票"}
    assert [found[column].kind for column in ("SFZH", "FCSJ", "CCRQ")] == ["text", "instant", "day"]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("name,type\nxm,varchar\nsfzh,char(18)\n", id="English heads"),
        pytest.param("数据项,英文名,说明\n姓名,xm,旅客的姓名\n身份证号,sfzh,\n", id="both names"),
        pytest.param('[{"column": "xm", "title": "姓名"}, {"column": "sfzh", "title": "身份证"}]', id="JSON"),
        pytest.param("字段,说明\nxm,姓名\nsfzh,身份证\n", id="two columns"),
    ],
)
def test_other_forms(written: Written, content: str) -> None:
    assert list(dictionary_of(read_table(written(content))) or {}) == ["xm", "sfzh"]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("name,type\n张三,1\n李四,2\n", id="people with a type"),
        pytest.param("name,type\nZhang,1\nLi,2\n", id="people in Latin letters with a type"),
        pytest.param("name,type\nZhang,Dr\nLi,A\n", id="people with what is nearly a type"),
        pytest.param("name,title\nZhang,Dr\nLi,Mr\n", id="people with a title"),
        pytest.param("名称,类型\n张三,字符\n李四,字符\n", id="Chinese names beside types"),
        pytest.param("字段,说明\n990101194001010016,张三\n", id="a number where a name should be"),
        pytest.param("字段,说明\nxm,姓名\nxm,姓名\n", id="a column twice"),
        pytest.param("XM,SFZH\n张三,990101194001010016\n", id="rows"),
    ],
)
def test_rows_of_people_are_no_data_dictionary(written: Written, content: str) -> None:
    assert dictionary_of(read_table(written(content))) is None


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("VARCHAR2(50)", "text"),
        ("字符型（18）", "text"),
        ("decimal(10,2)", "text"),
        ("double", "text"),
        ("AN..20", None),
        ("C18", "text"),
        ("DATE", "day"),
        ("日期型", "day"),
        ("D8", "day"),
        ("DateTime", "instant"),
        ("TIMESTAMP(6)", "instant"),
        ("DT14", "instant"),
        ("Dr", None),
    ],
)
def test_types(written: Written, text: str, kind: str | None) -> None:
    found = dictionary_of(read_table(written(f'字段名,中文名,类型\nf1,甲,"{text}"\n')))
    assert found is not None
    assert found["f1"].kind == kind


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("1 男 2 女", {"1": "男", "2": "女"}),
        ("1-男；2-女；9-未说明", {"1": "男", "2": "女", "9": "未说明"}),
        ("1:出境,2:入境", {"1": "出境", "2": "入境"}),
        ("01死亡、02出国（境）定居", {"01": "死亡", "02": "出国（境）定居"}),
        ("0：否 | 1：是", {"0": "否", "1": "是"}),
        ("IA 结婚 IB 离婚 ICA 补发", {"IA": "结婚", "IB": "离婚", "ICA": "补发"}),
        ("1=正常\n2=注销", {"1": "正常", "2": "注销"}),
        ("GB/T 2261.1", {}),
        ("见附录", {}),
        ("18位", {}),
        ("", {}),
    ],
)
def test_codes(text: str, codes: dict[str, str]) -> None:
    assert codes_in(text) == codes


@pytest.mark.parametrize(
    ("text", "title"),
    [
        (' 姓\n名"` ', "姓 名"),
        ("x" * 50, "x" * 30),
        ("如990101194001010016", None),
        ("\u202e", None),
        ("", None),
    ],
)
def test_titles_need_no_quoting_and_hold_no_number(text: str, title: str | None) -> None:
    assert plain_title(text) == title
