import ssl
from pathlib import Path

import pytest
import trustme

from gateway.delivery.posting import MAX_BODY, Reason, Sender, trusting
from gateway.errors import ConfigError
from tests.support.posting import NAME, SHORT, Names, answer, failure, post, target, to
from tests.support.receiver import Receiver, answers, endless


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def context(authority: trustme.CA, *names: str) -> ssl.SSLContext:
    own = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(own)
    return own


def trusted(authority: trustme.CA, folder: Path) -> ssl.SSLContext:
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    return trusting(folder / "ca.pem")


@pytest.mark.parametrize("host", ["127.0.0.1", NAME])
async def test_a_receiver_proves_its_name_or_address(
    authority: trustme.CA, tmp_path: Path, host: str
) -> None:
    async with (
        Receiver(tls=context(authority, host)) as receiver,
        Sender(trusted(authority, tmp_path), Names(["127.0.0.1"])) as sender,
    ):
        assert answer(await post(sender, to(receiver, host))).status == 204


@pytest.mark.parametrize("names", [["other.example"], ["127.0.0.1"]])
async def test_a_certificate_for_another_host_is_refused(
    authority: trustme.CA, tmp_path: Path, names: list[str]
) -> None:
    async with (
        Receiver(tls=context(authority, *names)) as receiver,
        Sender(trusted(authority, tmp_path), Names(["127.0.0.1"])) as sender,
    ):
        found = failure(await post(sender, to(receiver, NAME)))
    assert (found.reason, "Hostname mismatch" in found.detail) == (Reason.TLS, True)
    assert receiver.received == []


async def test_a_certificate_of_an_unknown_authority_is_refused(
    authority: trustme.CA, tmp_path: Path
) -> None:
    async with Receiver(tls=context(authority, "127.0.0.1")) as receiver:
        for tls in (None, trusted(trustme.CA(), tmp_path)):
            async with Sender(tls) as sender:
                found = failure(await post(sender, to(receiver)))
                assert (found.reason, "not trusted" in found.detail) == (Reason.TLS, True)
    assert receiver.received == []


async def test_a_receiver_that_does_not_speak_tls_is_told(receiver: Receiver) -> None:
    receiver.behave(answers())
    where = target(receiver.url.replace("http://", "https://"))
    async with Sender() as sender:
        assert failure(await post(sender, where, deadline=SHORT)).reason in {Reason.TLS, Reason.DEADLINE}


async def test_an_endless_body_over_tls_is_cut(authority: trustme.CA, tmp_path: Path) -> None:
    async with (
        Receiver(tls=context(authority, "127.0.0.1")) as receiver,
        Sender(trusted(authority, tmp_path)) as sender,
    ):
        receiver.behave(endless(), answers())
        assert len(answer(await post(sender, to(receiver))).body) == MAX_BODY
        assert answer(await post(sender, to(receiver))).status == 204


def test_an_authority_file_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("not a certificate")
    for name in ("ca.pem", "missing.pem"):
        with pytest.raises(ConfigError, match=name):
            trusting(tmp_path / name)
