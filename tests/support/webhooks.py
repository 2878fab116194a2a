"""A delivery as its receiver verifies it: by the client, which shares nothing with what signs."""

import json
from datetime import datetime
from typing import Final

from gateway.client import verify_webhook
from gateway.clock import CHINA, local

BODY: Final = json.dumps(
    {
        "specversion": "1.0",
        "id": "evt_1",
        "source": "/gateway",
        "type": "cn.hunan.rst.certification.renewed",
        "subject": "B1",
        "time": "2026-10-01T06:00:00.000+08:00",
        "sequence": "00000000000000000007",
        "data": {"county": "测"},
    },
    ensure_ascii=False,
).encode()


def accept(secret: str, headers: dict[str, str], now: datetime, body: bytes = BODY) -> None:
    """Raises NotTrusted unless the secret signed it a moment ago."""
    verify_webhook(headers, body, [secret], now=local(now).replace(tzinfo=CHINA).timestamp())
