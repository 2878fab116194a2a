"""Roster files of synthetic people, who have an impossible region code."""

import csv
import io
from collections.abc import Iterable
from pathlib import Path

from gateway.identity import check_digit
from gateway.roster.reading import COLUMNS

Row = dict[str, str]


def id_number(number: int) -> str:
    body = f"990101196{number % 10}0315{number:03}"
    return body + check_digit(body)


def row(number: int, **changes: str) -> Row:
    plain = {
        "person_no": f"P{number}",
        "id_type": "01",
        "id_number": id_number(number),
        "name": f"测试某{chr(0x4E00 + number)}",
        "birth_on": "1960-03-15",
        "benefit_id": f"B{number}",
        "benefit": "employee_pension",
        "insured_county": "430102",
        "employer_no": "E1",
        "started_on": "20200301",
        "last_certified_on": "-",
        "last_method": "null",
        "payment_status": "paying",
        "spouse_survivor": "0",
        "needs_assistance": "1",
    }
    return dict.fromkeys(COLUMNS, "") | plain | changes


def text(rows: Iterable[Row], columns: Iterable[str] = COLUMNS) -> str:
    written = io.StringIO(newline="")
    writer = csv.DictWriter(written, list(columns), extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return written.getvalue()


def write(path: Path, rows: Iterable[Row], encoding: str = "utf-8") -> Path:
    path.write_bytes(text(rows).encode(encoding))
    return path
