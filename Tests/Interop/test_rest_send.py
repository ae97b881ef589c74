"""The REST send API of Event Hubs, as any HTTP client speaks it with tokens it signs itself."""

import json
import random
import time

import pytest
from served import Gateway

BATCH = "application/vnd.microsoft.servicebus.json"


@pytest.fixture(scope="module")
def gateway():
    with Gateway(listeners=["http"]) as running:
        yield running


def test_an_event_is_answered_created_and_is_in_the_log(gateway):
    status, headers, body = gateway.send(
        "single", b'{"a":1}', Content_Type="application/atom+xml;type=entry;charset=utf-8",
        BrokerProperties='{"PartitionKey":"device-1"}', Temperature="21",
    )

    assert (status, body) == (201, b"")
    assert headers["Content-Type"] == "application/xml; charset=utf-8"
    (event,) = gateway.events("single")
    assert event["value"] == '{"a":1}'
    assert event["key"] == "device-1"


def test_a_batch_lands_whole_and_keys_choose_the_partition(gateway):
    events = [
        {"Body": f"{n}", "UserProperties": {"n": n}, "BrokerProperties": {"PartitionKey": f"k{n}"}}
        for n in range(50)
    ]

    status, _, _ = gateway.send("batch", json.dumps(events).encode(), Content_Type=BATCH)

    assert status == 201
    found = gateway.events("batch")
    assert sorted(int(e["value"]) for e in found) == list(range(50))
    assert len({e["partition"] for e in found}) == 4


def test_a_partition_of_the_path_is_kept(gateway):
    status, _, _ = gateway.send("fixed", b"x", path="partitions/3/messages")
    wrong, _, text = gateway.send("fixed", b"x", path="partitions/4/messages")

    assert status == 201
    assert [e["partition"] for e in gateway.events("fixed")] == [3]
    assert wrong == 404 and b"0 to 3" in text


@pytest.mark.parametrize("case", ["none", "garbage", "key", "expired", "other hub"])
def test_who_has_no_good_token_gets_nothing(gateway, case):
    token = {
        "none": None,
        "garbage": "SharedAccessSignature what",
        "key": gateway.token("https://h/secret", key="wrong"),
        "expired": gateway.token("https://h/secret", expiry=int(time.time()) - 3600),
        "other hub": gateway.token("https://h/elsewhere"),
    }[case]
    headers = {"Authorization": token} if token else {}

    status, _, body = gateway.request("/secret/messages", b"x", headers)

    assert status == 401
    assert body.startswith(b"<Error><Code>401</Code>")
    assert "secret" not in gateway.command("streams", "list")


def test_a_rule_that_only_listens_cannot_send():
    rules = "access: {rules: {reader: {rights: listen, key: abc}}}"
    with Gateway(rules, listeners=["http"]) as gateway:
        token = gateway.token("https://h/hub", rule="reader", key="abc")

        status, _, _ = gateway.request("/hub/messages", b"x", {"Authorization": token})

        assert status == 403


def test_what_cannot_be_taken_is_refused_whole(gateway):
    assert gateway.send("bad", b"x" * (1 << 20) + b"x")[0] == 413
    assert gateway.send("bad", b'[{"Body":"a"},{"Body":1}]', Content_Type=BATCH)[0] == 400
    assert gateway.send("bad", b"{", Content_Type=BATCH)[0] == 400
    assert gateway.send("bad", b"x", BrokerProperties="[")[0] == 400
    assert gateway.send("no%20name", b"x")[0] == 404

    assert "bad" not in gateway.command("streams", "list")


def test_hubs_that_nobody_configured_are_not_made_where_streams_are_configured():
    with Gateway("streams: {known: {partitions: 2}}", listeners=["http"]) as gateway:
        assert gateway.send("known", b"x")[0] == 201
        assert gateway.send("unknown", b"x")[0] == 404


def test_a_full_store_answers_503_with_a_time_to_come_back():
    settings = (
        "store: {budget: 16MiB, segment-size: 256KiB, on-full: reject}\n"
        "tables: {enabled: false}"
    )
    with Gateway(settings, listeners=["http"]) as gateway:
        answers = []
        for number in range(64):
            answers.append(gateway.send("full", random.Random(number).randbytes(900_000)))
            if answers[-1][0] != 201:
                break

        status, headers, _ = answers[-1]
        assert status == 503
        assert headers["Retry-After"] == "1"
        assert len(gateway.events("full")) == len(answers) - 1
