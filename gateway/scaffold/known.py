"""Columns that the trade calls alike everywhere: what they hold and how they are called in English."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from gateway.scaffold.plan import Kind


class Known(NamedTuple):
    """A column known by its name; the English of a day or a time is its stem, without `_on` or `_at`."""

    english: str | None
    kind: Kind | None
    title: str | None = None


_TABLE: Final = """
XM name name 姓名
NAME name name 姓名
PSN_NAME name name 姓名
GMSFHM id_number id 公民身份号码
SFZH id_number id 身份证号
SFZHM id_number id 身份证号码
SFZJHM id_number id 身份证件号码
ZJHM id_number id 证件号码
CERTNO id_number id 证件号码
ID_CARD id_number id 身份证号码
IDCARD id_number id 身份证号码
ID_NUMBER id_number id 身份证号码
ID_NO id_number id 身份证号码
ZJLX document code 证件类型
XB sex code 性别
XBDM sex code 性别
SEX sex code 性别
GENDER sex code 性别
MZ ethnicity code 民族
CSRQ born day 出生日期
BIRTHDAY born day 出生日期
BIRTH_DATE born day 出生日期
SWRQ died day 死亡日期
SWSJ died instant 死亡时间
DEATH_DATE died day 死亡日期
DEATH_TIME died instant 死亡时间
DIE_DATE died day 死亡日期
SWZMBH certificate_no text 死亡证明编号
HHRQ cremated day 火化日期
HHSJ cremated instant 火化时间
CREMATION_TIME cremated instant 火化时间
RYRQ admitted day 入院日期
RYSJ admitted instant 入院时间
CYRQ discharged day 出院日期
CYSJ discharged instant 出院时间
JZSJ visited instant 就诊时间
TJRQ examined day 体检日期
CHECK_DATE examined day 体检日期
SLRQ applied day 受理日期
SLSJ filed instant 受理时间
LQRQ collected day 领取日期
DJRQ registered day 登记日期
DJSJ registered instant 登记时间
BLRQ handled day 办理日期
BLSJ handled instant 办理时间
CCRQ travelled day 乘车日期
CCSJ travelled instant 乘车时间
FCRQ departed day 发车日期
FCSJ departed instant 发车时间
DDSJ arrived instant 到达时间
CRJSJ crossed instant 出入境时间
FSRQ happened day 发生日期
FSSJ happened instant 发生时间
QFRQ issued day 签发日期
KSRQ began day 开始日期
KSSJ began instant 开始时间
JSRQ ended day 结束日期
JSSJ ended instant 结束时间
YXQZ valid_until day 有效期止
GXSJ updated instant 更新时间
CZ station text 车站
CC service_no text 车次
DZ address text 地址
ZZ address text 住址
LXDH telephone text 联系电话
SJHM telephone text 手机号码
BZ remark text 备注
ZT state code 状态
LX category code 类型
LB category code 类别
JLBH record_no text 记录编号
RYBH person_no text 人员编号
RKBS register_no text 人口标识
LSH serial_no text 流水号
XH serial_no text 序号
SLH application_no text 受理号
DDH order_no text 订单号
"""

KNOWN: Final[Mapping[str, Known]] = MappingProxyType(
    {name: Known(*rest) for name, *rest in (line.split() for line in _TABLE.split("\n") if line)}  # type: ignore[arg-type] # the table's second word is a kind
)
"""Columns by name, in capitals."""

_BY_TITLE: Final[Mapping[str, Known]] = MappingProxyType(
    {str(known.title): known for known in reversed(tuple(KNOWN.values()))}
    | {"证件号": Known("id_number", "id"), "公民身份证号": Known("id_number", "id")}
    | {"人员姓名": Known("name", "name"), "旅客姓名": Known("name", "name")}
)

_ENDINGS: Final[tuple[tuple[str, Kind], ...]] = (
    (r"(?i)(?P<stem>\w+?)_?(?:RQ|DATE|DAY)|(?P<on>\w+)_on", "day"),
    (r"(?i)(?P<stem>\w+?)_?(?:SJ|TIME)|(?P<on>\w+)_at", "instant"),
    (r"(?i)(?P<stem>\w+?)_?(?:NY|MONTH)", "month"),
    (r"(?i)\w+(?:LB|LX|DM|ZT|YY|BZ|XZ)|\w*(?:TYPE|CODE|STATUS|STATE|FLAG|KIND)", "code"),
    (r"(?i)\w*(?:SFZH|SFZHM|GMSFHM|ID_?CARD)\w*", "id"),
    (r"(?i)\w*(?:XM|(?:PERSON|PASSENGER|PATIENT)_NAME)|name_(?:man|woman)", "name"),
)
_TITLE_ENDINGS: Final[tuple[tuple[str, Kind], ...]] = (
    ("日期", "day"),
    ("时间", "instant"),
    ("年月", "month"),
    ("身份证号", "id"),
    ("身份证号码", "id"),
    ("公民身份号码", "id"),
    ("姓名", "name"),
    *((ending, "code") for ending in ("类别", "类型", "代码", "标志", "状态", "原因", "方式", "性别")),
)
_KEY_LIKE: Final = re.compile(
    r"(?i).*(?:BH|BS|LSH|XH|_?ID|_?NO|_?KEY|UUID|GUID|DDH|SLH)|.*(?:编号|流水号|序号|标识|主键|订单号)"
)


def known(column: str, title: str | None = None) -> Known:
    """What is known of a column by its name, or by its title; all None where nothing is."""
    exact = KNOWN.get(column.upper()) or _BY_TITLE.get(column) or (_BY_TITLE.get(title) if title else None)
    return exact or _by_ending(column, title)


def looks_like_key(column: str, title: str | None = None) -> bool:
    """Whether a column is called as keys are called."""
    return bool(_KEY_LIKE.fullmatch(column) or (title and _KEY_LIKE.fullmatch(title)))


def _by_ending(column: str, title: str | None) -> Known:
    for text in (title, column):
        for ending, kind in _TITLE_ENDINGS:
            if text and text.endswith(ending):
                return Known(None, kind)
    for pattern, found in _ENDINGS:
        if match := re.fullmatch(pattern, column, re.ASCII):
            stems = match.groupdict()
            return Known(stems.get("on") or stems.get("stem"), found)
    return Known(None, None)
