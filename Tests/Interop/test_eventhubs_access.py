"""Who is not allowed gets what the real service says, as the SDK reports it."""

import time
import uuid

import pytest
from azure.core.credentials import AccessToken
from azure.eventhub import EventData, EventHubProducerClient
from azure.eventhub.exceptions import AuthenticationError, ConnectError, EventHubError

from hubs import KEY, RULE, Reader, Server, wait_until
from tokens import signature

RULES = ["--rule", "sender:s3cret:Send", "--rule", "listener:l3cret:Listen"]
RULES += ["--rule", "local:h3cret:Send,Listen:only"]
QUICK = {"retry_total": 0}


@pytest.fixture(scope="module")
def server():
    with Server("--skew", "0", *RULES) as server:
        yield server


@pytest.fixture
def hub():
    return f"hub-{uuid.uuid4().hex[:12]}"


def send_one(server, hub, **options):
    with server.producer(hub, **QUICK, **options) as producer:
        producer.send_event(EventData("x"), partition_id="0")


def test_a_wrong_key_is_an_authentication_error(server, hub):
    with pytest.raises(AuthenticationError, match="401|InvalidSignature|invalid signature"):
        send_one(server, hub, key="wrong")


def test_a_rule_that_does_not_exist_is_an_authentication_error(server, hub):
    with pytest.raises(AuthenticationError, match="InvalidSignature"):
        send_one(server, hub, rule="nobody")


def producer_with(server, hub, token):
    text = (
        f"Endpoint=sb://localhost:{server.port};SharedAccessSignature={token};"
        "UseDevelopmentEmulator=true;"
    )
    return EventHubProducerClient.from_connection_string(text, eventhub_name=hub, **QUICK)


def test_a_token_made_elsewhere_is_enough(server, hub):
    token = signature(f"sb://localhost:{server.port}/{hub}", RULE, KEY, time.time() + 600)
    with producer_with(server, hub, token) as producer:
        producer.send_event(EventData("x"), partition_id="0")
    assert len(server.read(hub, 1)) == 1


def test_an_expired_token_is_an_authentication_error(server, hub):
    token = signature(f"sb://localhost:{server.port}/{hub}", RULE, KEY, time.time() - 60)
    with producer_with(server, hub, token) as producer:
        with pytest.raises(AuthenticationError, match="ExpiredToken"):
            producer.send_event(EventData("x"))


def test_a_token_for_another_hub_is_an_authentication_error(server, hub):
    token = signature(f"sb://localhost:{server.port}/other", RULE, KEY, time.time() + 600)
    with producer_with(server, hub, token) as producer:
        with pytest.raises(AuthenticationError, match="InvalidAudience"):
            producer.send_event(EventData("x"))


def test_links_end_when_their_token_does(server, hub):
    server.send(hub, ["x"])
    end = time.time() + 4
    token = signature(f"sb://localhost:{server.port}/{hub}", RULE, KEY, end)
    with producer_with(server, hub, token) as producer:
        producer.send_event(EventData("in time"), partition_id="0")
        assert wait_until(lambda: time.time() > end + 2)
        with pytest.raises(EventHubError):
            producer.send_event(EventData("too late"), partition_id="0")
    events = server.read(hub, 3, seconds=2)
    assert [event.body_as_str() for event in events] == ["x", "in time"]


def test_who_may_only_send_may_not_receive(server, hub):
    send_one(server, hub, rule="sender", key="s3cret")
    client = {"rule": "sender", "key": "s3cret", **QUICK}
    with Reader(server, hub, client=client) as reader:
        assert wait_until(lambda: reader.errors, 20)
    assert "'Listen' claim(s) are required" in str(reader.errors[0])


def test_who_may_only_listen_may_not_send(server, hub):
    server.send(hub, ["x"])
    with pytest.raises(EventHubError, match=r"'Send' claim\(s\) are required"):
        send_one(server, hub, rule="listener", key="l3cret")
    assert len(server.read(hub, 1, client={"rule": "listener", "key": "l3cret"})) == 1


def test_a_rule_of_one_hub_does_not_reach_another(server, hub):
    send_one(server, "only", rule="local", key="h3cret")
    with pytest.raises(AuthenticationError, match="InvalidAudience"):
        send_one(server, hub, rule="local", key="h3cret")


def test_a_token_of_entra_is_refused_with_a_reason(server, hub):
    class Credential:
        def get_token(self, *scopes, **options):
            return AccessToken("eyJhbGciOi.e30.x", int(time.time()) + 600)

    text = server.connection_string()
    producer = EventHubProducerClient.from_connection_string(text, eventhub_name=hub, **QUICK)
    producer._credential = _bearer(Credential())
    with producer, pytest.raises(AuthenticationError, match="jwt"):
        producer.send_event(EventData("x"))


def _bearer(credential):
    """What the client makes of a credential that is given to it directly."""
    class Bearer:
        token_type = b"jwt"

        def get_token(self, *scopes, **options):
            return credential.get_token(*scopes)

    return Bearer()


def test_an_unknown_hub_is_not_found_where_none_are_made():
    with Server("--refuse-unknown") as server:
        with pytest.raises(EventHubError, match="The messaging entity .* could not be found"):
            send_one(server, "nothing")
        with server.producer("nothing", **QUICK) as producer:
            with pytest.raises(ConnectError, match="404.*could not be found"):
                producer.get_eventhub_properties()


def test_an_unknown_partition_is_refused(server, hub):
    with server.producer(hub, **QUICK) as producer:
        with pytest.raises(EventHubError, match="Invalid partition 7"):
            producer.send_event(EventData("x"), partition_id="7")


def test_an_event_larger_than_the_limit_is_refused(server, hub):
    with server.producer(hub, **QUICK) as producer:
        with pytest.raises((ValueError, EventHubError)):
            producer.send_event(EventData(b"x" * (1 << 20)), partition_id="0")
        producer.send_event(EventData(b"x" * ((1 << 20) - 100)), partition_id="0")
    assert len(server.read(hub, 1)[0].body_as_str()) == (1 << 20) - 100
