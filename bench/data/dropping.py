"""Justice's files of a month, in the folder they are dropped in."""

import io
import json
import zipfile
from pathlib import Path

from bench.data.departments import Columns, columns_of
from bench.data.drafts import Plan
from bench.data.render import csv_rows
from gateway.sandbox.keys import Sender
from gateway.sandbox.sealing import digest, sign_manifest, sm4_cbc_with_iv


def drop(folder: Path, plan: Plan, sender: Sender) -> Path:
    """Write a month's file of a dataset, its manifest, and last its `.ok`; returns the sealed file."""
    folder.mkdir(parents=True, exist_ok=True)
    columns = columns_of(plan.between(0, plan.rows))
    stem = f"{plan.dataset}_{plan.month.first:%Y%m}_{plan.month.number + 1:04d}"
    sealed = sm4_cbc_with_iv(sender.sm4, _zipped(plan.dataset, _csv(columns)))
    manifest = {
        "dataset": plan.dataset,
        "period": f"{plan.month.first:%Y%m}",
        "seq": plan.month.number + 1,
        "mode": "increment",
        "rows": plan.rows,
        "bytes": len(sealed),
        "sm3": digest(sealed),
        "kid": sender.kid,
    }
    path = folder / f"{stem}.zip.enc"
    path.write_bytes(sealed)
    signed = json.dumps(sign_manifest(manifest, sender))
    (folder / f"{stem}.manifest.json").write_text(signed, encoding="utf-8")
    (folder / f"{stem}.ok").touch()
    return path


def _csv(columns: Columns) -> bytes:
    text = ",".join(columns) + "\r\n" + "".join(csv_rows(columns).to_pylist())
    return text.encode("gb18030")


def _zipped(dataset: str, content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{dataset}.csv", content)
    return buffer.getvalue()
