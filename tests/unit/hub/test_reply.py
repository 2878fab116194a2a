import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import GatewayError, HubRefused, HubUnavailable
from gateway.hub.http import Reply
from gateway.hub.reply import NotAuthorised, SecretExpired, SlowDown, read
from gateway.hub.retry import TryAgain
from tests.unit.hub.doubles import START


def reply(code: Any, message: Any = "", data: Any = None, **headers: str) -> Reply:
    return Reply(200, headers, json.dumps({"code": code, "message": message, "data": data}).encode())


def caught(answer: Reply, success: tuple[str | int, ...] = ("0",)) -> GatewayError:
    with pytest.raises(GatewayError) as failure:
        read(answer, success, START)
    return failure.value


@pytest.mark.parametrize("code", ["0", "1", "00", "200", 200, "2000", "success"])
def test_success_is_what_the_dataset_says_as_text_or_number(code: str | int) -> None:
    for success in ((code,), (str(code),), ("nothing", code)):
        assert read(reply(code, data={"total": "0"}), success, START) == {"total": "0"}
    assert isinstance(caught(reply(code, data={}), ("another",)), HubUnavailable)


@pytest.mark.parametrize("status", [401, 403])
def test_unauthorised(status: int) -> None:
    assert isinstance(caught(Reply(status, {}, b"")), NotAuthorised)


@pytest.mark.parametrize("code", ["14", 14, "E-106"])
def test_a_refused_sign(code: str | int) -> None:
    failure = caught(reply(code))
    assert isinstance(failure, NotAuthorised)
    assert failure.exit_code == 21
    assert f"code {code}" in str(failure)


@pytest.mark.parametrize("code", ["11", 11])
def test_an_expired_secret(code: str | int) -> None:
    assert isinstance(caught(reply(code)), SecretExpired)


@pytest.mark.parametrize(
    "message", ["超过调用次数", "访问频率过高", "quota exceeded", "Rate LIMIT", "已限流"]
)
def test_a_quota_message_is_a_request_to_slow_down(message: str) -> None:
    failure = caught(reply("-1", message, **{"retry-after": "7"}))
    assert isinstance(failure, SlowDown)
    assert failure.wait_s == 7


def test_minus_one_for_another_reason_is_not() -> None:
    failure = caught(reply("-1", "系统内部错误"))
    assert type(failure) is HubUnavailable
    assert "code -1: 系统内部错误" in str(failure)


def test_too_many_requests() -> None:
    failure = caught(Reply(429, {"retry-after": "30"}, b""))
    assert isinstance(failure, SlowDown)
    assert failure.wait_s == 30
    unsaid = caught(Reply(429, {}, b""))
    assert isinstance(unsaid, SlowDown)
    assert (unsaid.wait_s, unsaid.scale) == (None, 20)


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504, 599])
def test_the_hubs_own_faults_may_pass(status: int) -> None:
    assert type(caught(Reply(status, {}, b"<html>"))) is TryAgain


@pytest.mark.parametrize("status", [301, 302, 307, 400, 404, 405, 413])
def test_any_other_status_is_named(status: int) -> None:
    failure = caught(Reply(status, {"location": "https://elsewhere.invalid"}, b""))
    assert type(failure) is HubUnavailable
    assert f"HTTP {status}" in str(failure)
    assert "elsewhere" not in str(failure)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"0"',
        b"null",
        b"{}",
        b'{"code":null}',
        b'{"code":true,"data":{}}',
        b'{"code":"0"}',
        b'{"code":"0","data":null}',
        b'{"code":"0","data":[]}',
        b'{"code":"0","code":"0","data":{}}',
        b'{"code":"0","data":{"total":NaN}}',
        b"[" * 100_000,
        b"\xff\xfe",
        "拒绝".encode("gb18030"),
    ],
)
def test_what_is_not_the_agreed_json_is_asked_again_and_not_quoted(body: bytes) -> None:
    failure = caught(Reply(200, {}, body))
    assert type(failure) is TryAgain
    assert failure.__context__ is None


def test_a_byte_order_mark_does_no_harm() -> None:
    assert read(Reply(200, {}, b'\xef\xbb\xbf{"code":"0","data":{}}'), ("0",), START) == {}


@pytest.mark.parametrize(
    "message",
    [
        "999901195001010018 不存在",
        "9999 0119 5001 不存在",
        "９９９９０１１９５００１ 不存在",
        "secret aB3dEf6hIj9kLm2nOp",
        "<script>",
        'row {"XM":"x"}',
        "",
        None,
        7,
    ],
)
def test_words_that_could_hold_a_number_or_a_key_are_not_quoted(message: Any) -> None:
    assert str(caught(reply("99", message))) == "the hub failed (code 99)"


def test_a_long_message_is_cut() -> None:
    assert len(str(caught(reply("99", "服务繁忙" * 100)))) < 100


@given(st.text(max_size=30), st.text(max_size=80))
def test_no_line_breaks_and_no_long_numbers_whatever_the_hub_says(code: str, message: str) -> None:
    text = str(caught(reply(code, message), ("fine",)))
    assert text.isprintable()
    assert not any(text[n : n + 6].isdigit() for n in range(len(text)))


def test_a_refusal_stays_a_refusal_for_those_who_ask() -> None:
    assert issubclass(NotAuthorised, HubRefused)
    assert not issubclass(NotAuthorised, HubUnavailable)
