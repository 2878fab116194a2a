"""Three people and what their departments say about them, row by row."""

from dataclasses import dataclass
from datetime import date, datetime
from random import Random

from gateway.sandbox.id_numbers import IdNumbers
from gateway.sandbox.province import Province
from tests.support.site import put

REGISTER, SETTLEMENTS = "household_cancellations", "settlements"
SEPTEMBER, OCTOBER = date(2026, 9, 30), date(2026, 10, 31)
LOADED = datetime(2026, 9, 5, 9)  # noqa: DTZ001 - the province's local wall time
LATER = datetime(2026, 10, 5, 9)  # noqa: DTZ001 - the same
AFTER_OCTOBER = datetime(2026, 11, 1, 6)  # noqa: DTZ001 - the same
BUCKETS_IN_USE = 4
"""Their roster numbers are 1 to 3: nobody is in a later bucket."""

_IDS, _RNG = IdNumbers(), Random(9)  # noqa: S311 - invented people, the same every time


@dataclass(frozen=True)
class Somebody:
    """One of the few people these tests are about."""

    person_no: str
    name: str
    id_number: str

    @property
    def benefit_id(self) -> str:
        return f"B{self.person_no}"

    def on_roster(self, **changes: str) -> dict[str, str]:
        """Their row of the roster."""
        return {
            "person_no": self.person_no,
            "benefit_id": self.benefit_id,
            "id_number": self.id_number,
            "name": self.name,
            "birth_on": "1950-03-01",
        } | changes


def somebody(number: int, name: str) -> Somebody:
    return Somebody(f"99{number}", name, _IDS.new(_RNG, "990101", date(1950, 3, 1), male=True))


WANG, LI, ZHAO = somebody(1, "王建国"), somebody(2, "李玉兰"), somebody(3, "赵长庚")


def death(province: Province, about: Somebody, loaded_at: datetime, op: str = "I") -> None:
    put(province, REGISTER, loaded_at, op, RKBS="99RK1", GMSFHM=about.id_number, XM=about.name,
        ZXLB="01", SWRQ="20260820", SLSJ="2026-09-04 09:00:00")  # fmt: skip


def settlement(province: Province, number: str, loaded_at: datetime, **fields: str) -> None:
    """A hospital stay of Wang's, settled: strong evidence of life."""
    put(province, SETTLEMENTS, loaded_at, setl_id=number, psn_no="99YB1", psn_name=WANG.name,
        psn_cert_type="01", certno=WANG.id_number, med_type="21", setl_time="2026-09-03 10:00:00",
        begndate="2026-09-01", enddate="2026-09-03", fixmedins_code="H990100001", **fields)  # fmt: skip
