"""Processes that sign make the same signatures in the same order, and one that dies is said."""

import multiprocessing
import os
import signal
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.crypto.event_signing import EventSigner
from gateway.crypto.signing_pool import signing_pool
from gateway.errors import ConfigError, StoreError
from tests.integration.crypto.test_event_signing import private_pem

BODIES = [b"%d" % number for number in range(1201)]


def test_they_sign_as_one_does_and_in_order_whichever_is_asked_for_first(tmp_path: Path) -> None:
    key = Ed25519PrivateKey.generate()
    with signing_pool([private_pem(tmp_path / "key", key)], 2) as sign:
        first, second, none = sign(BODIES), sign(BODIES[:3]), sign([])
        signed = EventSigner(key).sign(BODIES)
        assert (second(), first(), none()) == (signed[:3], signed, [])
    assert multiprocessing.active_children() == []


def test_a_process_that_dies_is_said(tmp_path: Path) -> None:
    with signing_pool([private_pem(tmp_path / "key", Ed25519PrivateKey.generate())], 1) as sign:
        sign(BODIES[:1])()
        for worker in multiprocessing.active_children():
            os.kill(worker.pid or 0, signal.SIGKILL)
            worker.join()
        with pytest.raises(StoreError, match=r"a process that signs died .*: nothing is lost, run again"):
            sign(BODIES)()
        with pytest.raises(StoreError, match="died"):
            sign(BODIES)


def test_a_key_that_is_gone_is_said_as_such(tmp_path: Path) -> None:
    reference = private_pem(tmp_path / "key", Ed25519PrivateKey.generate())
    (tmp_path / "key").unlink()
    with signing_pool([reference], 1) as sign, pytest.raises(ConfigError, match="key"):
        sign(BODIES[:1])()
