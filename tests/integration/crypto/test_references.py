from pathlib import Path

import pytest

from gateway.crypto.references import resolve
from gateway.errors import ConfigError


def test_an_environment_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POLICE_SM4", "0123")
    assert resolve("env:POLICE_SM4") == b"0123"


@pytest.mark.parametrize("content", [b"0123", b"0123\n", b"0123\r\n"])
def test_a_file_without_the_line_end_an_editor_leaves(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "key").write_bytes(content)
    assert resolve(f"file:{tmp_path / 'key'}") == b"0123"


def test_only_one_line_end_is_taken_away(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b" 0123 \n\n")
    assert resolve(f"file:{tmp_path / 'key'}") == b" 0123 \n"


def test_what_leads_nowhere_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOT_SET", raising=False)
    for reference in ("env:NOT_SET", f"file:{tmp_path / 'missing'}", f"file:{tmp_path}"):
        with pytest.raises(ConfigError) as fault:
            resolve(reference)
        assert reference in str(fault.value)
        assert fault.value.__context__ is None


def test_what_is_empty_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMPTY", "")
    (tmp_path / "empty").write_bytes(b"\n")
    for reference in ("env:EMPTY", f"file:{tmp_path / 'empty'}"):
        with pytest.raises(ConfigError, match="is empty") as fault:
            resolve(reference)
        assert reference in str(fault.value)


@pytest.mark.parametrize(
    "text", ["0123456789abcdef", "vault:0123456789abcdef", "env:0123456789abcdef", "", "file:"]
)
def test_anything_else_may_be_the_key_itself_and_is_not_shown(text: str) -> None:
    with pytest.raises(ConfigError, match=r"env:NAME or file:PATH") as fault:
        resolve(text)
    assert "0123456789abcdef" not in str(fault.value)


def test_a_device_does_not_fill_the_memory() -> None:
    with pytest.raises(ConfigError, match="far too large"):
        resolve("file:/dev/zero")
