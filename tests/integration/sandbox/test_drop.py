import base64
import csv
import io
import json
import zipfile
from datetime import date, datetime
from pathlib import Path
from subprocess import CalledProcessError

import pytest

from gateway.sandbox.columns import DATASETS, FILE_DATASETS
from gateway.sandbox.drop import DropFault, write_drop
from gateway.sandbox.keys import SandboxKeys
from gateway.sandbox.province import Province
from tests.support.openssl import openssl

START = date(2026, 9, 1)
UNTIL = datetime(2026, 9, 15)  # noqa: DTZ001 - the province's local wall time
NEXT = datetime(2026, 10, 1)  # noqa: DTZ001 - the province's local wall time


@pytest.fixture(scope="module")
def short_province() -> Province:
    return Province(11, 120, START, history_months=3)


def manifest_of(path: Path) -> dict[str, object]:
    text = path.with_name(path.name.replace(".zip.enc", ".manifest.json")).read_text(encoding="utf-8")
    read: dict[str, object] = json.loads(text)
    return read


def zip_of(path: Path, keys: SandboxKeys) -> zipfile.ZipFile:
    sealed, key = path.read_bytes(), keys.senders["justice"][0].sm4
    iv = sealed[:16].hex()
    return zipfile.ZipFile(
        io.BytesIO(openssl("enc", "-d", "-sm4-cbc", "-K", key.hex(), "-iv", iv, stdin=sealed[16:]))
    )


def announced(path: Path) -> bool:
    return path.with_name(path.name.replace(".zip.enc", ".ok")).exists()


def signature_holds(path: Path, keys: SandboxKeys, folder: Path) -> bool:
    manifest = manifest_of(path)
    signature = base64.b64decode(str(manifest.pop("signature")))
    text = json.dumps(manifest, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    (folder / "text").write_text(text, encoding="utf-8")
    (folder / "signature").write_bytes(signature)
    public = keys.gateway_entries("justice")[0]["public_key"].removeprefix("file:")
    options = ("-rawin", "-digest", "sm3", "-pkeyopt", "distid:1234567812345678")
    verify = ("pkeyutl", "-verify", "-pubin", "-inkey", public, "-in", folder / "text")
    try:
        return b"Verified" in openssl(*verify, "-sigfile", folder / "signature", *options)
    except CalledProcessError:
        return False


def test_one_file_a_month_in_unbroken_order(
    short_province: Province, keys: SandboxKeys, tmp_path: Path
) -> None:
    written = write_drop(tmp_path, short_province, keys, until=UNTIL)
    manifests = [manifest_of(path) for path in written]
    assert [path.name for path in written[:3]] == [
        "prison_custody_202606_0001.zip.enc",
        "prison_custody_202607_0002.zip.enc",
        "prison_custody_202608_0003.zip.enc",
    ]
    assert [manifest["mode"] for manifest in manifests] == ["full", "increment", "increment"] * 2
    assert all(announced(path) for path in written)


def test_a_file_opens_with_openssl_and_holds_what_its_manifest_says(
    short_province: Province, keys: SandboxKeys, tmp_path: Path
) -> None:
    for path in write_drop(tmp_path, short_province, keys, until=UNTIL):
        manifest = manifest_of(path)
        with zip_of(path, keys) as archive:
            (name,) = archive.namelist()
            text = io.StringIO(archive.read(name).decode("gb18030"), newline="")
        reader = csv.DictReader(text)
        assert len(list(reader)) == manifest["rows"]
        assert tuple(reader.fieldnames or ()) == DATASETS[str(manifest["dataset"])].names
        assert manifest["bytes"] == path.stat().st_size
        digest = openssl("dgst", "-sm3", "-binary", stdin=path.read_bytes()).hex()
        assert manifest["sm3"] == digest
        assert manifest["kid"] == "justice-2026"
    assert signature_holds(path, keys, tmp_path)


def test_the_next_month_adds_files_and_leaves_the_others(
    short_province: Province, keys: SandboxKeys, tmp_path: Path
) -> None:
    first = {path: path.read_bytes() for path in write_drop(tmp_path, short_province, keys, until=UNTIL)}
    assert write_drop(tmp_path, short_province, keys, until=UNTIL) == []
    added = write_drop(tmp_path, short_province, keys, until=NEXT)
    assert [manifest_of(path)["seq"] for path in added] == [4, 4]
    assert len(added) == len(FILE_DATASETS)
    assert all((path.read_bytes() == content) is True for path, content in first.items())


def spoilt(
    province: Province, keys: SandboxKeys, folder: Path, fault: DropFault
) -> tuple[Path, dict[str, object]]:
    write_drop(folder, province, keys, until=UNTIL)
    path, other = write_drop(folder, province, keys, until=NEXT, fault=fault)
    assert announced(other)
    return path, manifest_of(path)


def test_a_wrong_digest(short_province: Province, keys: SandboxKeys, tmp_path: Path) -> None:
    path, manifest = spoilt(short_province, keys, tmp_path, DropFault.WRONG_DIGEST)
    assert manifest["sm3"] != openssl("dgst", "-sm3", "-binary", stdin=path.read_bytes()).hex()
    assert signature_holds(path, keys, tmp_path)


def test_a_bad_signature(short_province: Province, keys: SandboxKeys, tmp_path: Path) -> None:
    path, _ = spoilt(short_province, keys, tmp_path, DropFault.BAD_SIGNATURE)
    assert not signature_holds(path, keys, tmp_path)


def test_a_wrong_row_count(short_province: Province, keys: SandboxKeys, tmp_path: Path) -> None:
    path, manifest = spoilt(short_province, keys, tmp_path, DropFault.WRONG_ROW_COUNT)
    with zip_of(path, keys) as archive:
        rows = archive.read(archive.namelist()[0]).count(b"\r\n") - 1
    assert manifest["rows"] == rows + 1


def test_a_gap_in_the_sequence(short_province: Province, keys: SandboxKeys, tmp_path: Path) -> None:
    path, manifest = spoilt(short_province, keys, tmp_path, DropFault.SEQUENCE_GAP)
    assert (manifest["seq"], path.name.split("_")[-1]) == (5, "0005.zip.enc")


def test_a_path_in_the_zip(short_province: Province, keys: SandboxKeys, tmp_path: Path) -> None:
    path, _ = spoilt(short_province, keys, tmp_path, DropFault.PATH_IN_ZIP)
    with zip_of(path, keys) as archive:
        assert archive.namelist() == ["../prison_custody.csv"]


def test_a_zip_bomb(short_province: Province, keys: SandboxKeys, tmp_path: Path) -> None:
    path, _ = spoilt(short_province, keys, tmp_path, DropFault.ZIP_BOMB)
    with zip_of(path, keys) as archive:
        assert archive.infolist()[0].file_size > 200 * path.stat().st_size


def test_a_missing_ok(short_province: Province, keys: SandboxKeys, tmp_path: Path) -> None:
    path, _ = spoilt(short_province, keys, tmp_path, DropFault.MISSING_OK)
    assert not announced(path)
