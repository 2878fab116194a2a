"""What the departments would do, done by the `openssl` command line: nothing here is the gateway's.

The same question is asked once: a run of the tests would else start openssl a thousand times.
"""

import subprocess
from dataclasses import dataclass
from functools import cache, reduce
from pathlib import Path
from tempfile import TemporaryDirectory

SM2_USER_ID = "1234567812345678"
# The polynomial of GCM's field, x^128 + x^7 + x^2 + x + 1, bits reflected.
_GCM_FIELD = 0xE1 << 120


@dataclass(frozen=True)
class KeyPair:
    """Two PEM files, as `openssl genpkey` and `openssl pkey -pubout` write them."""

    private: Path
    public: Path


def openssl(*arguments: str | Path, stdin: bytes = b"") -> bytes:
    """Run openssl and return what it writes."""
    return subprocess.run(["openssl", *arguments], input=stdin, capture_output=True, check=True).stdout


def sm2_keys(folder: Path, name: str) -> KeyPair:
    """Make an SM2 key pair."""
    return _keys(folder, name, "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:SM2")


def sm2_keys_of(folder: Path, name: str, scalar: bytes) -> KeyPair:
    """Write the SM2 key pair of a given private number (32 bytes)."""
    curve = bytes.fromhex("a00a06082a811ccf5501822d")
    sec1 = bytes.fromhex("3031020101 0420") + scalar + curve
    pair = KeyPair(folder / f"{name}.pem", folder / f"{name}.pub.pem")
    openssl("pkey", "-inform", "DER", "-out", pair.private, stdin=sec1)
    openssl("pkey", "-in", pair.private, "-pubout", "-out", pair.public)
    return pair


def rsa_keys(folder: Path, name: str, bits: int = 2048) -> KeyPair:
    """Make an RSA key pair."""
    return _keys(folder, name, "-algorithm", "RSA", "-pkeyopt", f"rsa_keygen_bits:{bits}")


def _keys(folder: Path, name: str, *kind: str) -> KeyPair:
    pair = KeyPair(folder / f"{name}.pem", folder / f"{name}.pub.pem")
    openssl("genpkey", *kind, "-out", pair.private)
    openssl("pkey", "-in", pair.private, "-pubout", "-out", pair.public)
    return pair


def sm4_cbc(key: bytes, iv: bytes, plaintext: bytes, *, pad: bool = True) -> bytes:
    """Return iv ‖ ciphertext."""
    return iv + _sm4("cbc", key, plaintext, "-iv", iv.hex(), *([] if pad else ["-nopad"]))


def sm4_ecb(key: bytes, plaintext: bytes, *, pad: bool = True) -> bytes:
    """Return the ciphertext."""
    return _sm4("ecb", key, plaintext, *([] if pad else ["-nopad"]))


@cache
def _sm4(mode: str, key: bytes, plaintext: bytes, *options: str) -> bytes:
    return openssl("enc", f"-sm4-{mode}", "-K", key.hex(), *options, stdin=plaintext)


@cache
def sm4_gcm(key: bytes, iv: bytes, plaintext: bytes, associated: bytes = b"") -> tuple[bytes, bytes]:
    """Return ciphertext and tag, put together from openssl's ECB and CTR (its 3.0 has no SM4-GCM)."""
    first, second = iv + bytes([0, 0, 0, 1]), iv + bytes([0, 0, 0, 2])
    ciphertext = _sm4("ctr", key, plaintext, "-iv", second.hex())
    hashed = _ghash(sm4_ecb(key, bytes(16), pad=False), associated, ciphertext)
    mask = int.from_bytes(sm4_ecb(key, first, pad=False), "big")
    return ciphertext, (hashed ^ mask).to_bytes(16, "big")


def _ghash(subkey: bytes, associated: bytes, ciphertext: bytes) -> int:
    lengths = (8 * len(associated)).to_bytes(8, "big") + (8 * len(ciphertext)).to_bytes(8, "big")
    data = _whole_blocks(associated) + _whole_blocks(ciphertext) + lengths
    blocks = [int.from_bytes(data[at : at + 16], "big") for at in range(0, len(data), 16)]
    h = int.from_bytes(subkey, "big")
    return reduce(lambda sofar, block: _gcm_multiply(sofar ^ block, h), blocks, 0)


def _whole_blocks(data: bytes) -> bytes:
    return data + bytes(-len(data) % 16)


def _gcm_multiply(left: int, right: int) -> int:
    product = 0
    for bit in range(127, -1, -1):
        product ^= right if left >> bit & 1 else 0
        right = (right >> 1) ^ (_GCM_FIELD if right & 1 else 0)
    return product


@cache
def sm3(data: bytes) -> bytes:
    """Return the hash."""
    return openssl("dgst", "-sm3", "-binary", stdin=data)


@cache
def hmac_sm3(key: bytes, data: bytes) -> bytes:
    """Return the mac."""
    return openssl("dgst", "-sm3", "-mac", "HMAC", "-macopt", f"hexkey:{key.hex()}", "-binary", stdin=data)


def blake2b_mac(key: bytes, data: bytes, size: int) -> bytes:
    """Return the keyed BLAKE2b of so many bytes."""
    options = ("-macopt", f"hexkey:{key.hex()}", "-macopt", f"size:{size}", "-binary")
    return openssl("mac", *options, "BLAKE2BMAC", stdin=data)


@cache
def sm2_sign(private: Path, data: bytes, user_id: str = SM2_USER_ID) -> bytes:
    """Return the signature, DER."""
    with TemporaryDirectory() as folder:
        message = Path(folder, "message")
        message.write_bytes(data)
        options = ("-rawin", "-digest", "sm3", "-pkeyopt", f"distid:{user_id}")
        return openssl("pkeyutl", "-sign", "-inkey", private, "-in", message, *options)


@cache
def sm2_encrypt(public: Path, data: bytes) -> bytes:
    """Return the ciphertext, DER."""
    return openssl("pkeyutl", "-encrypt", "-pubin", "-inkey", public, stdin=data)


@cache
def rsa_oaep_sha256(public: Path, data: bytes) -> bytes:
    """Return the ciphertext of RSA-OAEP-256."""
    options = ("rsa_padding_mode:oaep", "rsa_oaep_md:sha256", "rsa_mgf1_md:sha256")
    settings = [part for option in options for part in ("-pkeyopt", option)]
    return openssl("pkeyutl", "-encrypt", "-pubin", "-inkey", public, *settings, stdin=data)


@cache
def rsa_pss_sha256(private: Path, data: bytes) -> bytes:
    """Return the signature PS256."""
    options = ("rsa_padding_mode:pss", "rsa_pss_saltlen:digest", "rsa_mgf1_md:sha256")
    settings = [part for option in options for part in ("-sigopt", option)]
    return openssl("dgst", "-sha256", "-sign", private, *settings, stdin=data)


@cache
def rsa_sha256(private: Path, data: bytes) -> bytes:
    """Return the signature RS256 (PKCS#1 v1.5)."""
    return openssl("dgst", "-sha256", "-sign", private, stdin=data)


def sm2_numbers(der_signature: bytes) -> bytes:
    """Turn a DER signature into raw r ‖ s, by openssl's reading of it."""
    return b"".join(value.rjust(32, b"\0") for value in _der_values(der_signature))


def sm2_raw_ciphertext(der_ciphertext: bytes) -> bytes:
    """Turn a DER ciphertext into raw C1 ‖ C3 ‖ C2 without 04, by openssl's reading of it."""
    x, y, *rest = _der_values(der_ciphertext)
    return b"".join([x.rjust(32, b"\0"), y.rjust(32, b"\0"), *rest])


@cache
def _der_values(document: bytes) -> list[bytes]:
    listing = openssl("asn1parse", "-inform", "DER", stdin=document).decode().splitlines()
    return [bytes.fromhex(line.rsplit(":", 1)[1].strip()) for line in listing if "prim:" in line]
