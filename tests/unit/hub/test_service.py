from typing import Any

import pytest

from gateway.errors import ConfigError
from tests.unit.hub.doubles import service


def test_the_app_key_is_not_shown() -> None:
    assert "test-app-key" not in repr(service())
    assert "test-app-key" not in str(service(app_key=b"test-app-key-0001"))


def test_a_key_is_the_same_as_text_and_as_bytes() -> None:
    assert service(app_key="abc").key == service(app_key=b"abc").key == b"abc"


def test_addresses_are_joined_with_one_slash() -> None:
    made = service(base_url="https://hub.invalid:8443/share/", path="/v2/httpproxy")
    assert made.url == "https://hub.invalid:8443/share/v2/httpproxy"
    assert made.refresh_url == "https://hub.invalid:8443/share/sysapi/auth/refreshappsecret"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("base_url", "ftp://hub.invalid"),
        ("base_url", "hub.invalid"),
        ("base_url", "https://someone:secret-word@hub.invalid"),
        ("base_url", "https://hub.invalid:99999"),
        ("base_url", "https://hub.invalid/?a=b"),
        ("rid", "rid\r\nX-Other: 1"),
        ("rid", ""),
        ("sid", "编号"),
        ("app_key", ""),
        ("path", "httpproxy"),
        ("family", "a b"),
        ("secret_cipher", "gcm"),
        ("final_sign", "md5"),
        ("success_codes", ()),
        ("page_limit", 0),
        ("page_limit", 20_001),
        ("requests_per_hour", 0),
        ("request_timeout_s", 0),
        ("max_bytes", 0),
        ("max_attempts", 0),
    ],
)
def test_an_unusable_setting_is_named_without_its_value(field: str, value: Any) -> None:
    with pytest.raises(ConfigError, match=rf"identity_cards.*{field}") as caught:
        service(**{field: value})
    assert "secret-word" not in str(caught.value)


def test_all_faults_are_named_at_once() -> None:
    with pytest.raises(ConfigError, match=r"base_url, path, page_limit"):
        service(base_url="", path="", page_limit=0)


def test_without_signing_no_names_are_needed() -> None:
    assert service(auth="none", rid="", sid="", app_key="").auth == "none"
