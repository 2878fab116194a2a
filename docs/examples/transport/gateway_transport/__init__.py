"""交通 transport: real-name coach and rail journeys."""

from typing import Annotated, Literal

import gateway as g

TICKET = g.Codes({"1": "已售", "2": "已检票", "3": "已退票", "4": "已改签"})
BUYER = g.Codes({"0": "本人购票", "1": "他人代购"})


class RealNameJourney(g.records.OfLife):
    """Passed the ticket gate with the identity document that the ticket names."""

    kind: Literal["real_name_journey"] = "real_name_journey"


class Journey(g.SourceRow):
    """实名制行程."""

    journey_no: g.Key = g.Field(alias="XCBH", title="行程编号")
    id_number: g.IdText = g.Field(alias="SFZH", title="身份证号")
    name: g.NameText = g.Field(alias="XM", title="姓名")
    ticket: Annotated[g.Code, TICKET] = g.Field(alias="CPZT", title="车票状态")
    buyer: Annotated[g.Code, BUYER] = g.Field(alias="DGBZ", title="代购标志")
    checked_in_at: g.Instant = g.Field(alias="JPSJ", title="检票时间")


CHECKED_IN = g.either(
    g.Emit(RealNameJourney, when={"CPZT": "2", "DGBZ": "0"}, happened_on="JPSJ", strength="strong"),
    g.Emit(RealNameJourney, when={"CPZT": "2"}, happened_on="JPSJ", strength="weak"),
)


@g.hookimpl
def gateway_department() -> g.Department:
    """Hand over transport's two datasets, whose rows have one form."""
    both = {"coach_journeys": "客运实名乘车", "rail_journeys": "铁路实名行程"}
    made = [g.Dataset(name, both[name], "sm4_cbc_mac", Journey, "XCBH", [CHECKED_IN]) for name in both]
    return g.Department("transport", "交通", made)
