import pytest

from tests.integration.crypto.pages import Keys
from tests.support import openssl


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    folder = tmp_path_factory.mktemp("keys")
    return Keys(
        folder=folder,
        ours=openssl.sm2_keys(folder, "ours"),
        theirs=openssl.sm2_keys(folder, "theirs"),
        ours_rsa=openssl.rsa_keys(folder, "ours-rsa"),
        theirs_rsa=openssl.rsa_keys(folder, "theirs-rsa"),
    )
