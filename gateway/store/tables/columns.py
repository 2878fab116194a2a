"""What the tables share: instants, row numbers, names of constraints."""

from datetime import datetime
from typing import Final

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, MetaData, TypeDecorator

from gateway.clock import local


class Instant(TypeDecorator[datetime]):
    """An instant kept as a naive Asia/Shanghai time, whatever time zone it came with."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        del dialect
        return None if value is None else local(value)


NUMBER: Final = BigInteger().with_variant(Integer, "sqlite")
"""A row number the database gives; SQLite counts by itself only in a plain INTEGER."""

METADATA: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)
