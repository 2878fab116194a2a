import pickle
from pathlib import Path

import pytest

from gateway.crypto.key_forms import sm4_key
from gateway.crypto.keyring import KeyRing
from gateway.errors import ConfigError, EnvelopeError
from tests.integration.crypto.pages import MAC, SM4, Keys, own, sender


def test_two_keys_are_valid_at_once(keys: Keys) -> None:
    ring = KeyRing([keys.symmetric("old"), keys.symmetric("new", sm4=MAC[:16])])
    assert ring.kids == ("old", "new")
    assert ring.part("old", "sm4") == SM4.hex().encode()
    assert ring.read("new", "sm4", sm4_key) == MAC[:16]


def test_an_unknown_kid_is_named_with_those_known(keys: Keys) -> None:
    ring = KeyRing([keys.symmetric("old"), keys.symmetric("new")])
    with pytest.raises(EnvelopeError, match=r"'other'.*old, new"):
        ring.part("other", "sm4")


def test_a_missing_part_is_a_fault_of_the_configuration(keys: Keys) -> None:
    with pytest.raises(ConfigError, match=r"'a'.*`mac`"):
        KeyRing([{"kid": "a", "sm4": "env:SOME"}]).part("a", "mac")
    assert KeyRing([keys.symmetric("b"), {"kid": "a", "sm4": "env:SOME"}]).kids_with("sm4", "mac") == ("b",)


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ([{"kid": "a", "sm4": "env:X"}, {"kid": "a", "sm4": "env:Y"}], "twice"),
        ([{"sm4": "env:X"}], "without a kid"),
        ([{"kid": "", "sm4": "env:X"}], "without a kid"),
        ([{"kid": "a"}], "needs parts"),
        ([{"kid": "a", "sm4": 7}], "needs parts"),
    ],
)
def test_entries_that_cannot_be(entries: list[dict[str, str]], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        KeyRing(entries)


def test_neither_repr_nor_pickle_holds_a_value(keys: Keys) -> None:
    ring = KeyRing([keys.symmetric("a")])
    ring.read("a", "sm4", sm4_key)
    pickled = pickle.dumps(ring)
    assert repr(ring) == "KeyRing(a: sm4, mac)"
    assert SM4 not in pickled
    assert SM4.hex().encode() not in pickled
    assert pickle.loads(pickled).part("a", "sm4") == ring.part("a", "sm4")  # noqa: S301 - its own pickle


def test_a_reference_is_followed_once_and_only_when_used(tmp_path: Path) -> None:
    ring = KeyRing([{"kid": "a", "sm4": f"file:{tmp_path / 'later'}"}])
    (tmp_path / "later").write_text("first")
    assert ring.part("a", "sm4") == b"first"
    (tmp_path / "later").write_text("second")
    assert ring.part("a", "sm4") == b"first"


def test_a_key_of_another_form_is_named_and_not_shown(keys: Keys) -> None:
    ring = KeyRing([{"kid": "a", "sm4": keys.kept("short", "0123456789abcd")}])
    with pytest.raises(ConfigError, match=r"'a', part `sm4`") as fault:
        ring.read("a", "sm4", sm4_key)
    assert "0123456789abcd" not in str(fault.value)
    assert fault.value.__context__ is None


def test_check_finds_nothing_where_all_is_well(keys: Keys) -> None:
    entries = [keys.symmetric("a"), own("b", keys.ours), sender("c", keys.theirs_rsa)]
    assert KeyRing([*entries, {"kid": "d", "app_secret": keys.kept("d", "any text")}]).check() == []


def test_check_names_every_fault_at_once_and_no_value(keys: Keys) -> None:
    inline = {"kid": "inline", "sm4": SM4.hex(), "mac": "env:NOT_SET_ANYWHERE"}
    swapped = {"kid": "swapped", "public_key": f"file:{keys.ours.private}"}
    faults = KeyRing([inline, keys.symmetric("good"), swapped]).check()
    assert [fault.split(":")[0] for fault in faults] == [
        "key 'inline', part `sm4`",
        "key 'inline', part `mac`",
        "key 'swapped', part `public_key`",
    ]
    assert SM4.hex() not in "".join(faults)
    assert "PRIVATE" not in "".join(faults)
