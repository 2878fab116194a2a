"""A cluster that is not there, or has no room, is heard within seconds and not waited for."""

import signal
import socket

import pytest

from gateway.errors import StoreError
from gateway.evidence.spark import session, standalone_addresses
from gateway.settings import SparkSettings


@pytest.mark.parametrize(
    ("master", "addresses"),
    [
        ("spark://one:7078", [("one", 7078)]),
        ("spark://one,two:7079", [("one", 7077), ("two", 7079)]),
        ("yarn", []),
        ("local[2]", []),
    ],
)
def test_where_the_masters_listen(master: str, addresses: list[tuple[str, int]]) -> None:
    assert standalone_addresses(master) == addresses


def test_a_cluster_that_is_not_there_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        settings = SparkSettings(master=f"spark://127.0.0.1:{taken.getsockname()[1]}")
        with pytest.raises(StoreError, match=f"nobody listens at {settings.master}"), session(settings):
            pass


def test_a_cluster_without_room_is_not_waited_for(cluster: SparkSettings) -> None:
    greedy = {"config": cluster.config | {"spark.executor.memory": "64g"}, "answer_within_s": 8}
    with (
        pytest.raises(StoreError, match=r"no worker of .* took a task within 8 s"),
        session(cluster.model_copy(update=greedy)),
    ):
        pass


def test_what_the_results_rest_on_cannot_be_set_otherwise(cluster: SparkSettings) -> None:
    wrong = cluster.config | {"spark.sql.session.timeZone": "UTC", "spark.sql.ansi.enabled": "false"}
    with session(cluster.model_copy(update={"config": wrong})) as opened:
        assert opened.conf.get("spark.sql.session.timeZone") == "Asia/Shanghai"
        assert opened.conf.get("spark.sql.ansi.enabled") == "true"


def test_an_interrupt_after_a_session_is_what_it_was_before(cluster: SparkSettings) -> None:
    before = signal.getsignal(signal.SIGINT)
    with session(cluster):
        pass
    assert signal.getsignal(signal.SIGINT) is before


def test_secrets_are_taken_from_where_they_are(
    cluster: SparkSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("A_KEY", "synthetic")
    told = cluster.model_copy(update={"secrets": {"spark.hadoop.fs.s3a.secret.key": "env:A_KEY"}})
    with session(told) as opened:
        assert opened.conf.get("spark.hadoop.fs.s3a.secret.key") == "synthetic"


def test_what_spark_says_of_values_is_not_passed_on(
    cluster: SparkSettings, capfd: pytest.CaptureFixture[str]
) -> None:
    with (
        pytest.raises(StoreError, match=r"failed .*CAST_INVALID_INPUT") as caught,
        session(cluster) as opened,
    ):
        opened.sql("SELECT CAST('a value of a row' AS INT)").collect()
    assert "a value" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert "a value" not in "".join(capfd.readouterr())
