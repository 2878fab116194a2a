import io
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gateway.crypto import file_drop
from gateway.crypto.file_drop import Manifest, open_file, read_manifest
from gateway.crypto.keyring import KeyRing
from gateway.errors import EnvelopeError, HubUnavailable
from tests.integration.crypto.pages import IV, MAC, SM4, Keys, b64, canonical, compact, own, sender
from tests.support import openssl

CSV = "RYBH,XM\n1,测试\n".encode("gb18030")
NAME = "prison_custody_202601_7.zip.enc"


@dataclass
class Dropped:
    path: Path
    manifest: dict[str, Any]


def zipped(*entries: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return buffer.getvalue()


def dropped(folder: Path, archive: bytes, **changed: Any) -> Dropped:
    return sealed_file(folder, openssl.sm4_cbc(SM4, IV, archive), **changed)


def sealed_file(folder: Path, sealed: bytes, **changed: Any) -> Dropped:
    path = folder / NAME
    path.write_bytes(sealed)
    manifest = {
        "dataset": "prison_custody",
        "period": "202601",
        "seq": 7,
        "mode": "increment",
        "rows": 1,
        "bytes": len(sealed),
        "sm3": openssl.sm3(sealed).hex(),
        "kid": "j1",
    }
    return Dropped(path, manifest | changed)


def signed(manifest: dict[str, Any], keys: Keys) -> bytes:
    signature = openssl.sm2_sign(keys.theirs.private, canonical(manifest))
    return compact(manifest | {"signature": b64(signature)})


def opened(drop: Dropped, keys: Keys, **options: int) -> bytes:
    return open_file(
        drop.path, read_manifest(signed(drop.manifest, keys), keys.file_ring), keys.file_ring, **options
    )


def refusal(drop: Dropped, keys: Keys, **options: int) -> str:
    with pytest.raises(EnvelopeError) as fault:
        opened(drop, keys, **options)
    assert fault.value.__context__ is None
    return str(fault.value)


def test_a_file_sealed_and_signed_by_openssl_opens(tmp_path: Path, keys: Keys) -> None:
    drop = dropped(tmp_path, zipped(("prison_custody.csv", CSV)))
    manifest = read_manifest(signed(drop.manifest, keys), keys.file_ring)
    assert manifest == Manifest(**drop.manifest, signature=manifest.signature)
    assert open_file(drop.path, manifest, keys.file_ring) == CSV


def test_a_stored_or_empty_csv_and_a_digest_in_capitals(tmp_path: Path, keys: Keys) -> None:
    assert opened(dropped(tmp_path, zipped(("A.CSV", CSV), method=zipfile.ZIP_STORED)), keys) == CSV
    drop = dropped(tmp_path, zipped(("a.csv", b"")))
    drop.manifest["sm3"] = drop.manifest["sm3"].upper()
    assert opened(drop, keys) == b""


def test_during_rotation_both_keys_open(tmp_path: Path, keys: Keys) -> None:
    second = {**sender("j2", keys.ours), "sm4": keys.kept("j2.sm4", MAC[:16].hex())}
    ring = KeyRing([{**sender("j1", keys.theirs), "sm4": keys.kept("j1.sm4", SM4.hex())}, second])
    drop = sealed_file(tmp_path, openssl.sm4_cbc(MAC[:16], IV, zipped(("a.csv", CSV))), kid="j2")
    signature = b64(openssl.sm2_sign(keys.ours.private, canonical(drop.manifest)))
    manifest = read_manifest(compact(drop.manifest | {"signature": signature}), ring)
    assert open_file(drop.path, manifest, ring) == CSV
    assert opened(dropped(tmp_path, zipped(("a.csv", CSV))), keys) == CSV
    with pytest.raises(EnvelopeError, match=r"'j3'.*j1, j2"):
        read_manifest(compact(drop.manifest | {"signature": signature, "kid": "j3"}), ring)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("dataset", "../etc/passwd"),
        ("dataset", None),
        ("period", "202613"),
        ("period", 202601),
        ("period", "２０２６０１"),
        ("seq", "7"),
        ("seq", True),
        ("seq", -1),
        ("seq", 1.0),
        ("mode", "delta"),
        ("mode", "full\n"),
        ("rows", None),
        ("bytes", 10**400),
        ("sm3", "00"),
        ("kid", ["j1"]),
    ],
)
def test_a_manifest_of_another_form_is_refused_though_signed(
    tmp_path: Path, keys: Keys, name: str, value: Any
) -> None:
    drop = dropped(tmp_path, zipped(("a.csv", CSV)), **{name: value})
    with pytest.raises(EnvelopeError, match=r"^file_drop: form"):
        read_manifest(signed(drop.manifest, keys), keys.file_ring)


@pytest.mark.parametrize(
    "raw", [b"", b"[]", b"{}", b'{"kid":"j1"}', b'{"kid":"j1","signature":"?"}', b"\xff"]
)
def test_what_is_no_manifest(keys: Keys, raw: bytes) -> None:
    with pytest.raises(EnvelopeError, match="form"):
        read_manifest(raw, keys.file_ring)


def test_a_changed_or_forged_manifest_is_refused(tmp_path: Path, keys: Keys) -> None:
    drop = dropped(tmp_path, zipped(("a.csv", CSV)))
    honest = signed(drop.manifest, keys)
    forged = compact(
        drop.manifest | {"signature": b64(openssl.sm2_sign(keys.ours.private, canonical(drop.manifest)))}
    )
    for raw in (
        honest.replace(b'"rows":1', b'"rows":2'),
        honest.replace(b'"rows"', b'"more":1,"rows"'),
        forged,
    ):
        with pytest.raises(EnvelopeError, match="signature: it does not match"):
            read_manifest(raw, keys.file_ring)


def test_a_file_of_another_size_or_content(tmp_path: Path, keys: Keys) -> None:
    drop = dropped(tmp_path, zipped(("a.csv", CSV)))
    whole = drop.path.read_bytes()
    for content in (whole[:-1], whole + b"\0", b""):
        drop.path.write_bytes(content)
        assert "size" in refusal(drop, keys)
    drop.path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert "digest" in refusal(drop, keys)


def test_a_file_that_is_not_there_now(tmp_path: Path, keys: Keys) -> None:
    drop = dropped(tmp_path, zipped(("a.csv", CSV)))
    drop.path.unlink()
    with pytest.raises(HubUnavailable, match=NAME) as fault:
        opened(drop, keys)
    assert str(tmp_path) not in str(fault.value)


@pytest.mark.parametrize(
    "sealed", [b"", IV, IV + bytes(16), IV + b"cut", openssl.sm4_cbc(MAC[:16], IV, b"PK")]
)
def test_a_file_that_does_not_open(tmp_path: Path, keys: Keys, sealed: bytes) -> None:
    assert "padding or form" in refusal(sealed_file(tmp_path, sealed), keys)


@pytest.mark.parametrize(
    "name",
    [
        "a/b.csv",
        "/a.csv",
        "..\\a.csv",
        "a\\b.csv",
        "..csv",
        "../a.csv",
        "a.csv/",
        "a.txt",
        "a\0.csv",
        "a.csv\0.exe",
    ],
)
def test_a_name_that_is_a_path_or_no_csv(tmp_path: Path, keys: Keys, name: str) -> None:
    # Put in afterwards: zipfile itself would tidy some of these names.
    archive = zipped(("x" * len(name), CSV)).replace(b"x" * len(name), name.encode())
    assert "zip: not a sound archive" in refusal(dropped(tmp_path, archive), keys)


def test_anything_but_one_csv(tmp_path: Path, keys: Keys) -> None:
    for archive in (
        zipped(),
        zipped(("a.csv", CSV), ("b.csv", CSV)),
        b"no zip at all",
        zipped(("a.csv", CSV))[:-9],
    ):
        assert "zip: not a sound archive" in refusal(dropped(tmp_path, archive), keys)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_methods_that_cannot_be_stopped_half_way(tmp_path: Path, keys: Keys, method: int) -> None:
    assert "zip: not a sound archive" in refusal(
        dropped(tmp_path, zipped(("a.csv", CSV), method=method)), keys
    )


def test_expansion_is_counted_while_inflating(tmp_path: Path, keys: Keys) -> None:
    archive = zipped(("a.csv", bytes(400_000)))
    assert len(archive) * 200 < 400_000
    assert "grows far beyond" in refusal(dropped(tmp_path, archive), keys)
    assert opened(dropped(tmp_path, archive), keys, max_expansion=1000) == bytes(400_000)


def test_inflating_stops_at_the_limit() -> None:
    with zipfile.ZipFile(io.BytesIO(zipped(("a.csv", bytes(4_000_000))))) as archive:
        assert 1000 < len(file_drop._inflate(archive, archive.infolist()[0], 1000)) <= 1000 + 65536


def test_a_bomb_that_lies_about_its_size_is_stopped_all_the_same(tmp_path: Path, keys: Keys) -> None:
    honest = zipped(("a.csv", bytes(400_000)))
    for claimed in (10, 400_000_000):
        lying = honest.replace((400_000).to_bytes(4, "little"), claimed.to_bytes(4, "little"))
        assert lying != honest
        assert "zip: " in refusal(dropped(tmp_path, lying), keys)


def test_an_encrypted_zip_is_refused(tmp_path: Path, keys: Keys) -> None:
    archive = bytearray(zipped(("a.csv", CSV)))
    archive[6] |= 1
    archive[archive.index(b"PK\x01\x02") + 8] |= 1
    assert "zip: not a sound archive" in refusal(dropped(tmp_path, bytes(archive)), keys)


def test_a_ring_that_has_lost_the_key(tmp_path: Path, keys: Keys) -> None:
    drop = dropped(tmp_path, zipped(("a.csv", CSV)))
    manifest = read_manifest(signed(drop.manifest, keys), keys.file_ring)
    other = KeyRing([{**own("j9", keys.ours), **sender("j9", keys.ours), "sm4": keys.kept("j9", SM4.hex())}])
    with pytest.raises(EnvelopeError, match=r"'j1'.*known: j9"):
        open_file(drop.path, manifest, other)
