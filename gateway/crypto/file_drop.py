"""justice: files in a folder, each with a signed manifest."""

import re
import struct
import zipfile
import zlib
from contextlib import suppress
from dataclasses import dataclass
from hmac import compare_digest
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from gateway.crypto import sm2
from gateway.crypto.ciphers import open_sm4_cbc, sm3
from gateway.crypto.key_forms import sm2_public_key, sm4_key
from gateway.crypto.keyring import KeyRing
from gateway.crypto.sealed import OPENED, SIGNATURE, Sealed, doubt, known_kid, read_sealed
from gateway.crypto.strict_json import Number
from gateway.errors import HubUnavailable

NAME: Final = "file_drop"
_FORMS: Final = {
    "dataset": re.compile(r"[a-z][a-z0-9_]{0,63}"),
    "period": re.compile(r"\d{4}(0[1-9]|1[0-2])", re.ASCII),
    "mode": re.compile(r"full|increment"),
    "sm3": re.compile(r"[0-9a-fA-F]{64}"),
}
_COUNT: Final = re.compile(r"0|[1-9][0-9]{0,17}")
_CHUNK: Final = 65536
# bzip2 and lzma would inflate a bomb in one call, whatever limit is asked for.
_METHODS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_ZIP_ERRORS: Final = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    OverflowError,
    OSError,
)


@dataclass(frozen=True)
class Manifest:
    """What the sender has signed about one file.

    `bytes` is the size of the sealed file, `sm3` its hash in hexadecimal; `rows` are the CSV's
    without its header; `seq` continues per dataset across periods (yyyyMM).
    """

    dataset: str
    period: str
    seq: int
    mode: str
    rows: int
    bytes: int
    sm3: str
    kid: str
    signature: str


def read_manifest(raw: bytes, keys: KeyRing) -> Manifest:
    """Read a manifest and check its signature (SM2 with SM3, over its canonical JSON).

    Raises:
        EnvelopeError: a member is missing or of another form, the kid unknown, the signature wrong.
    """
    page = read_sealed(NAME, raw)
    kid = page.kid("kid", keys, "sm4", "public_key")
    signature = page.base64("signature")
    signed = {name: value for name, value in page.members.items() if name != "signature"}
    if not sm2.verify(keys.read(kid, "public_key", sm2_public_key), page.canonical(signed), signature):
        raise doubt(NAME, SIGNATURE, kid)
    return Manifest(
        dataset=_formed(page, "dataset"),
        period=_formed(page, "period"),
        seq=_count(page, "seq"),
        mode=_formed(page, "mode"),
        rows=_count(page, "rows"),
        bytes=_count(page, "bytes"),
        sm3=_formed(page, "sm3"),
        kid=kid,
        signature=page.text("signature"),
    )


def open_file(path: Path, manifest: Manifest, keys: KeyRing, *, max_expansion: int = 200) -> bytes:
    """Open a sealed file and return its CSV (GB18030); the caller compares the number of rows.

    Raises:
        EnvelopeError: size or digest differ from the manifest, it does not open, the zip holds
            anything but one CSV, or it grows beyond `max_expansion` times its size.
        HubUnavailable: the file cannot be read now.
    """
    kid = known_kid(NAME, manifest.kid, keys, "sm4", "public_key")
    sealed = _read(path, manifest.bytes)
    if len(sealed) != manifest.bytes:
        raise doubt(NAME, "size: the file has not the bytes its manifest promises", kid)
    if not compare_digest(sm3(sealed).hex(), manifest.sm3.lower()):
        raise doubt(NAME, "digest: the file is not the one its manifest was signed for", kid)
    archive = None
    with suppress(ValueError):
        archive = open_sm4_cbc(keys.read(kid, "sm4", sm4_key), sealed)
    if archive is None:
        raise doubt(NAME, OPENED, kid)
    return _only_csv(archive, kid, max_expansion * len(archive))


def _formed(page: Sealed, name: str) -> str:
    value = page.text(name)
    if not _FORMS[name].fullmatch(value):
        raise doubt(NAME, f"form: `{name}` is not what a manifest may say")
    return value


def _count(page: Sealed, name: str) -> int:
    value: Any = page.members.get(name)
    if not isinstance(value, Number) or not _COUNT.fullmatch(value.text):
        raise doubt(NAME, f"form: `{name}` is not a whole number")
    return int(value.text)


def _read(path: Path, size: int) -> bytes:
    with suppress(OSError), path.open("rb") as file:
        return file.read(size + 1)
    raise HubUnavailable(f"{path.name} cannot be read: check the folder and its mount; nothing is lost")


def _only_csv(archive: bytes, kid: str, limit: int) -> bytes:
    inflated = None
    with suppress(*_ZIP_ERRORS, ValueError), zipfile.ZipFile(BytesIO(archive)) as opened:
        inflated = _inflate(opened, _only_entry(opened), limit)
    if inflated is None:
        raise doubt(NAME, "zip: not a sound archive with exactly one CSV and no path in its name", kid)
    if len(inflated) > limit:
        raise doubt(NAME, "zip: it grows far beyond its size; nothing so large was sent in earnest", kid)
    return inflated


def _only_entry(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    (entry,) = archive.infolist()
    name = entry.orig_filename
    if any(trick in name for trick in ("/", "\\", "..", "\0")) or not name.lower().endswith(".csv"):
        raise ValueError("not the name of a CSV")
    if entry.compress_type not in _METHODS:
        raise ValueError("another compression than deflate")
    return entry


def _inflate(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, limit: int) -> bytes:
    # Counted while inflating: the size in the header is the sender's word.
    inflated = bytearray()
    with archive.open(entry) as file:
        while len(inflated) <= limit and (chunk := file.read(_CHUNK)):
            inflated += chunk
    return bytes(inflated)
