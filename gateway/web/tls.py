"""TLS on the port itself, and certificates of callers (mTLS)."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile

from gateway.crypto.references import resolve
from gateway.errors import ConfigError
from gateway.settings import TlsSettings


def server_context(tls: TlsSettings | None) -> ssl.SSLContext | None:
    """The context of `serve.tls`: TLS 1.2 or newer, and callers' certificates where `client_ca` is set.

    Raises:
        ConfigError: a file is not there, is no PEM, or the key is another certificate's.
    """
    if tls is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    _load_certificate(context, tls)
    if tls.client_ca is not None:
        _load_authorities(context, tls.client_ca)
        context.verify_mode = ssl.CERT_REQUIRED if tls.require_client else ssl.CERT_OPTIONAL
    return context


def _load_certificate(context: ssl.SSLContext, tls: TlsSettings) -> None:
    step = "name a certificate and its own key in PEM, the key without a password"
    try:
        with _as_file(tls.key) as key:
            context.load_cert_chain(tls.certificate, key, password=lambda: b"")
    except (OSError, ValueError):
        raise ConfigError(f"serve.tls: {tls.certificate} and {tls.key} cannot be used: {step}") from None


def _load_authorities(context: ssl.SSLContext, file: Path) -> None:
    try:
        context.load_verify_locations(file)
    except (OSError, ValueError):
        raise ConfigError(
            f"serve.tls.client_ca: {file} holds no certificates in PEM: put the authorities' there"
        ) from None


@contextmanager
def _as_file(reference: str) -> Iterator[Path]:
    """The key as a file, the only form that the library reads; one that is made for it is gone after."""
    if reference.startswith("file:"):
        yield Path(reference.removeprefix("file:"))
        return
    with NamedTemporaryFile() as file:
        file.write(resolve(reference))
        file.flush()
        yield Path(file.name)
