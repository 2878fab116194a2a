"""What each dataset's rows say, in columns: every column of the contract, in its order."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bench.data.chance import Flags
from bench.data.drafts import Draft
from bench.data.text import Letters, as_arrow, beside, chosen_from, constant, days, digits, replaced, stamps
from gateway.sandbox.columns import DATASETS

Columns = dict[str, pa.Array | None]
"""By name; strings, null where the row has nothing; None where no row has anything."""

_Made = Mapping[str, Letters | pa.Array | None]

_DATED_BY: Final = MappingProxyType({"settlements": "begndate"})
"""The column that dates the fact, where the sandbox means another one."""

_NO_DAY: Final = "2023-13-45"
_FAR_DAY: Final = "2069-01-01"


def columns_of(draft: Draft) -> Columns:
    """A draft's rows as they are sent, faults included."""
    names = DATASETS[draft.dataset].names
    made = dict(_MAKERS[draft.dataset](draft)) | {"tong_time": draft.load_times}
    made["op"] = constant("I", len(draft))
    spoilt = _spoilt(draft, made)
    return {name: _arrow(spoilt[name]) for name in names}


def _arrow(column: Letters | pa.Array | None) -> pa.Array | None:
    return as_arrow(column) if isinstance(column, np.ndarray) else column


def _spoilt(draft: Draft, made: dict[str, Letters | pa.Array | None]) -> _Made:
    """Put the faults in: in the ID number, the date that counts, or the key."""
    described = DATASETS[draft.dataset]
    dated = _DATED_BY.get(draft.dataset, described.date_column)
    ids, key, when = (_letters(made, name) for name in (described.id_column, described.key, dated))
    made[described.id_column] = replaced(_misdigited(draft, ids), draft.has("id_form"), "4309")
    made[described.key] = replaced(key, draft.has("key"), "")
    made[dated] = replaced(replaced(when, draft.has("date"), _NO_DAY), draft.has("future"), _FAR_DAY)
    return made


def _letters(made: _Made, name: str) -> Letters:
    column = made[name]
    if not isinstance(column, np.ndarray):
        raise TypeError(f"{name} must be made of letters to be spoilt")
    return column


def _misdigited(draft: Draft, ids: Letters) -> Letters:
    """A wrong check digit: a digit of the running number is another one."""
    wrong = draft.has("check_digit")
    found = ids.copy()
    found[wrong, 12] = ord("0") + (found[wrong, 12] - ord("0") + 1) % 10
    return found


def _where(known: Flags, letters: Letters) -> pa.Array:
    return pc.if_else(pa.array(known), as_arrow(letters), pa.scalar(None, pa.string()))


def _place(draft: Draft, prefix: str, count: int) -> Letters:
    return beside(constant(prefix, len(draft)), digits(draft.below(count, prefix), 5))


def _settlements(draft: Draft) -> _Made:
    care = draft.below(_CARE_WEIGHT, "care")
    when = draft.seconds
    bought = care >= _BOUGHT_FROM
    provider = np.where(bought[:, None], _place(draft, "P9901", 90), _place(draft, "H9901", 60))
    nothing = constant("\0", len(draft))
    day = stamps(when // 86_400 * 86_400)
    return {
        "setl_id": draft.key("JS"),
        "init_setl_id": nothing,
        "psn_no": draft.insured(),
        "psn_name": draft.names,
        "psn_cert_type": constant("01", len(draft)),
        "certno": draft.ids,
        "med_type": chosen_from(_CARE, care),
        "setl_time": stamps(when),
        "begndate": day,
        "enddate": day,
        "fixmedins_code": provider,
        "refd_setl_flag": constant("0", len(draft)),
        "setl_type": chosen_from(("1", "2"), draft.below(2, "type")),
    }


_CARE: Final = ("11",) * 9 + ("12",) * 2 + ("13",) + ("14",) * 5 + ("21",) * 3 + ("1401",) * 2 + ("41",) * 8
_CARE_WEIGHT: Final = len(_CARE)
_BOUGHT_FROM: Final = _CARE.index("41")


def _outpatient_visits(draft: Draft) -> _Made:
    return {
        "VISIT_ID": draft.key("MZ"),
        "CERTNO": draft.ids,
        "PSN_NAME": draft.names,
        "VISIT_TIME": stamps(draft.seconds),
        "ORG_CODE": _place(draft, "H9901", 60),
        "PROXY_FLAG": chosen_from(("0",) * 7 + ("1",), draft.below(8, "proxy")),
    }


def _inpatient_stays(draft: Draft) -> _Made:
    left = draft.seconds
    stayed = 86_400 * (2 + draft.below(15, "stay"))
    return {
        "MEDRCDNO": draft.key("BA"),
        "CERTNO": draft.ids,
        "PSN_NAME": draft.names,
        "BEGNTIME": stamps(left - stayed),
        "ENDTIME": stamps(left),
        "DSCG_WAY": chosen_from(("1",) * 8 + ("2", "9"), draft.below(10, "discharge")),
        "DIE_DATE": None,
    }


def _health_checks(draft: Draft) -> _Made:
    return {
        "CHECK_ID": draft.key("TJ"),
        "CERTNO": draft.ids,
        "PSN_NAME": draft.names,
        "CHECK_DATE": days(draft.days),
        "ORG_CODE": _place(draft, "H9901", 60),
    }


def _death_certificates(draft: Draft) -> _Made:
    day = draft.days
    return {
        "SWZMBH": draft.certificate(),
        "GMSFHM": draft.ids,
        "XM": draft.names,
        "XBDM": chosen_from(("1", "2"), draft.below(2, "sex")),
        "SWRQ": _where(~draft.chosen(0.08, "undated"), days(day)),
        "QFRQ": days(day + 1),
        "CANCEL_STATUS": constant("0", len(draft)),
    }


def _cremations(draft: Draft) -> _Made:
    when = draft.seconds
    return {
        "CERT_NO": draft.key("HH"),
        "NAME": draft.names,
        "ID_CARD": draft.ids,
        "SEX": chosen_from(("1", "2"), draft.below(2, "sex")),
        "DEATH_TIME": stamps(when - 86_400),
        "CREMATION_TIME": stamps(when),
        "SWZMBH": _where(draft.chosen(0.85, "certificate"), draft.certificate()),
    }


def _household_cancellations(draft: Draft) -> _Made:
    day = draft.days
    return {
        "RKBS": draft.key("RK"),
        "GMSFHM": draft.ids,
        "XM": draft.names,
        "ZXLB": constant("01", len(draft)),
        "SWRQ": _where(~draft.chosen(0.1, "undated"), days(day - 2)),
        "SWZMBH": _where(draft.chosen(0.85, "certificate"), draft.certificate()),
        "SLSJ": days(day),
    }


def _terminations(draft: Draft) -> _Made:
    return {
        "psn_no": draft.insured(),
        "psn_name": draft.names,
        "certno": draft.ids,
        "reason": constant("1", len(draft)),
        "end_date": days(draft.days),
    }


def _elderly_allowances(draft: Draft) -> _Made:
    paid = constant(f"{draft.month.first:%Y%m}", len(draft))
    return {
        "ID": draft.key("GL"),
        "NAME": draft.names,
        "ID_CARD": draft.ids,
        "PAY_MONTH": paid,
        "STATUS": constant("1", len(draft)),
    }


def _marriages(draft: Draft) -> _Made:
    partner = Draft(
        draft.people,
        draft.month,
        draft.dataset,
        draft.records,
        ~draft.versions,
        (draft.persons + 1) % draft.people.known,
        draft.loaded,
    )
    return {
        "cert_no": draft.key("JH"),
        "op_type": chosen_from(("IA",) * 5 + ("IB",) * 4 + ("IC",), draft.below(10, "kind")),
        "name_man": draft.names,
        "cert_num_man": draft.ids,
        "id_type_man": constant("1", len(draft)),
        "name_woman": partner.names,
        "cert_num_woman": partner.ids,
        "id_type_woman": constant("1", len(draft)),
        "op_date": days(draft.days),
    }


def _border_crossings(draft: Draft) -> _Made:
    return {
        "JLBH": draft.key("CR"),
        "GMSFHM": draft.ids,
        "XM": draft.names,
        "CRJLB": chosen_from(("1", "2"), draft.below(2, "way")),
        "CRJSJ": stamps(draft.seconds),
        "KA": chosen_from(("990101", "990102", "990103"), draft.below(3, "checkpoint")),
    }


def _identity_cards(draft: Draft) -> _Made:
    day = draft.days
    return {
        "SLH": draft.key("SL"),
        "GMSFHM": draft.ids,
        "XM": draft.names,
        "SLRQ": days(day),
        "LQRQ": _where(draft.chosen(0.3, "collected"), days(day)),
    }


def _detentions(draft: Draft) -> _Made:
    day = draft.days
    out = draft.chosen(0.5, "out")
    return {
        "RYBH": draft.key("JY"),
        "JSBH": constant("990111", len(draft)),
        "GMSFHM": draft.ids,
        "XM": draft.names,
        "RSRQ": days(day - 10),
        "CSRQ": _where(out, days(day)),
        "CSYY": _where(out, constant("1", len(draft))),
    }


def _criminal_judgments(draft: Draft) -> _Made:
    day = draft.days
    return {
        "AH": draft.key("XS"),
        "SFZH": draft.ids,
        "XM": draft.names,
        "XZ": constant("1", len(draft)),
        "HXBZ": constant("0", len(draft)),
        "SXRQ": days(day),
        "XQQR": days(day - 30),
        "XQZR": days(day + 1_100),
    }


def _declarations(draft: Draft) -> _Made:
    day = draft.days
    return {
        "AH": draft.key("XG"),
        "SFZH": draft.ids,
        "XM": draft.names,
        "XGLX": constant("1", len(draft)),
        "SWRQ": None,
        "PJRQ": days(day),
        "YAH": None,
    }


def _prison_custody(draft: Draft) -> _Made:
    day = draft.days
    end = days(day + 1_100)
    return {
        "RYBH": draft.key("FX"),
        "JSBH": constant("990122", len(draft)),
        "XM": draft.names,
        "SFZH": draft.ids,
        "RJRQ": days(day),
        "YXMRQ": end,
        "XMSFRQ": end,
        "SJSFRQ": None,
        "SFLB": None,
    }


def _community_corrections(draft: Draft) -> _Made:
    day = draft.days
    return {
        "DXBH": draft.key("JZ"),
        "XM": draft.names,
        "SFZH": draft.ids,
        "JZLB": chosen_from(("1", "1", "1", "2"), draft.below(4, "kind")),
        "KSRQ": days(day - 90),
        "BDRQ": days(day),
        "JCRQ": None,
        "JJLX": None,
    }


_MAKERS: Final[Mapping[str, Callable[[Draft], _Made]]] = MappingProxyType(
    {
        "settlements": _settlements,
        "terminations": _terminations,
        "outpatient_visits": _outpatient_visits,
        "inpatient_stays": _inpatient_stays,
        "health_checks": _health_checks,
        "death_certificates": _death_certificates,
        "cremations": _cremations,
        "marriages": _marriages,
        "elderly_allowances": _elderly_allowances,
        "household_cancellations": _household_cancellations,
        "border_crossings": _border_crossings,
        "identity_cards": _identity_cards,
        "detentions": _detentions,
        "criminal_judgments": _criminal_judgments,
        "declarations": _declarations,
        "prison_custody": _prison_custody,
        "community_corrections": _community_corrections,
    }
)
