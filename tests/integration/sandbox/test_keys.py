from pathlib import Path

import pytest

from gateway.sandbox.keys import SandboxKeys, write_keys
from tests.support.openssl import openssl

DEPARTMENTS = {
    "police": [{"kid", "sm4", "mac"}],
    "courts": [{"kid", "private_key"}, {"kid", "public_key"}],
    "civil_affairs": [{"kid", "sm4", "mac"}],
    "health": [{"kid", "private_key"}, {"kid", "public_key"}],
    "medical_insurance": [{"kid", "app_secret", "public_key"}],
    "justice": [{"kid", "sm4", "public_key"}],
}


def files(keys: SandboxKeys, part: str) -> list[Path]:
    entries = [entry for name in DEPARTMENTS for entry in keys.gateway_entries(name)]
    return [Path(entry[part].removeprefix("file:")) for entry in entries if part in entry]


@pytest.mark.parametrize("department", DEPARTMENTS)
def test_entries_have_the_parts_of_their_envelope_in_two_generations(
    keys: SandboxKeys, department: str
) -> None:
    entries = keys.gateway_entries(department)
    assert [set(entry) for entry in entries] == DEPARTMENTS[department] * 2
    assert len({entry["kid"] for entry in entries}) == len(entries)
    assert all(
        value.startswith("file:") for entry in entries for name, value in entry.items() if name != "kid"
    )


def test_every_pem_file_is_one_that_openssl_reads(keys: SandboxKeys) -> None:
    public = [openssl("pkey", "-pubin", "-in", path, "-noout", "-text") for path in files(keys, "public_key")]
    private = [
        openssl("pkey", "-in", path, "-noout", "-text", "-check") for path in files(keys, "private_key")
    ]
    assert (len(public), len(private)) == (8, 4)
    assert sum(b"SM2" in text for text in public) == 6
    assert sum(b"SM2" in text for text in private) == 2


def test_symmetric_keys_are_sixteen_bytes_in_hex(keys: SandboxKeys) -> None:
    assert all(len(bytes.fromhex(path.read_text())) == 16 for path in files(keys, "sm4") + files(keys, "mac"))


def test_a_folder_keeps_its_keys_and_only_its_owner_reads_them(keys: SandboxKeys) -> None:
    again = write_keys(keys.folder)
    assert (again.app_key == keys.app_key) is True
    assert (again.senders["health"][0].sm2 == keys.senders["health"][0].sm2) is True
    kept = [path for path in keys.folder.rglob("*") if path.is_file()]
    assert all(path.stat().st_mode & 0o077 == 0 for path in kept)


def test_no_secret_is_shown(keys: SandboxKeys) -> None:
    shown = f"{keys!r} {keys.senders['police'][0]!r}"
    assert keys.app_key not in shown
    assert str(keys.senders["police"][0].sm4) not in shown
