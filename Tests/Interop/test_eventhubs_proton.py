"""An independent AMQP peer: every type as a property, PLAIN, and what the SDK never does."""

import uuid

import pytest
import proton
from proton import ConnectionException, Message, symbol
from proton.utils import BlockingConnection, LinkDetached

from hubs import KEY, RULE, Server

PROPERTIES = {
    "null": None,
    "true": True,
    "false": False,
    "ubyte": proton.ubyte(200),
    "ushort": proton.ushort(60_000),
    "uint": proton.uint(4_000_000_000),
    "ulong": proton.ulong(2**64 - 1),
    "byte": proton.byte(-100),
    "short": proton.short(-30_000),
    "int": proton.int32(-(2**31)),
    "long": -(2**62),
    "float": proton.float32(1.5),
    "double": 2.25,
    "decimal32": proton.decimal32(1_234_567),
    "decimal64": proton.decimal64(2**60),
    "decimal128": proton.decimal128(bytes(range(16))),
    "char": proton.char("ß"),
    "timestamp": proton.timestamp(1_700_000_000_123),
    "uuid": uuid.UUID("12345678-1234-5678-1234-567812345678"),
    "binary": b"\x00\xff" * 200,
    "string": "grüße " * 100,
    "symbol": symbol("name"),
    "list": [1, "two", [3]],
    "map": {"a": 1, "b": {"c": [True]}},
    "array": proton.Array(proton.UNDESCRIBED, proton.Data.INT, 1, 2, 3),
    "described": proton.Described(symbol("com.microsoft:timespan"), 36_000_000_000),
}


@pytest.fixture(scope="module")
def server():
    with Server("--rule", "sender:s3cret:Send") as server:
        yield server


@pytest.fixture
def hub():
    return f"hub-{uuid.uuid4().hex[:12]}"


def connect(server, user=RULE, password=KEY):
    return BlockingConnection(
        f"amqp://localhost:{server.port}", timeout=10, user=user, password=password,
        allowed_mechs="PLAIN",
    )


def receiver(connection, hub, partition=0, credit=100):
    address = f"{hub}/ConsumerGroups/$Default/Partitions/{partition}"
    return connection.create_receiver(address, credit=credit)


def test_every_type_of_property_comes_back(server, hub):
    connection = connect(server)
    sender = connection.create_sender(f"{hub}/Partitions/0")
    sender.send(Message(body=b"x", properties=PROPERTIES, inferred=True))
    got = receiver(connection, hub).receive(timeout=10)
    assert list(got.properties) == list(PROPERTIES)
    for name, value in PROPERTIES.items():
        found = got.properties[name]
        if name == "binary":
            assert bytes(found) == value
            continue
        assert found == value, name
        assert type(found) is type(value), name
    assert got.annotations["x-opt-sequence-number"] == 0
    assert got.annotations["x-opt-offset"] == "0"
    assert type(got.annotations["x-opt-enqueued-time"]) is proton.timestamp
    connection.close()


def test_all_fields_of_properties_and_header_come_back(server, hub):
    message = Message(
        body={"a": [1]}, id=proton.ulong(7), user_id=b"user", address="to", subject="subject",
        reply_to="reply", correlation_id=uuid.UUID(int=5), content_type="text/plain",
        content_encoding="gzip", expiry_time=1_800_000_000, creation_time=1_700_000_000,
        group_id="group", group_sequence=3, reply_to_group_id="other", durable=True, priority=7,
        ttl=5.0,
    )
    connection = connect(server)
    connection.create_sender(f"{hub}/Partitions/0").send(message)
    got = receiver(connection, hub).receive(timeout=10)
    for name in (
        "body", "id", "user_id", "address", "subject", "reply_to", "correlation_id",
        "content_type", "content_encoding", "expiry_time", "creation_time", "group_id",
        "group_sequence", "reply_to_group_id", "durable", "priority", "ttl",
    ):
        assert getattr(got, name) == getattr(message, name), name
    connection.close()


def test_plain_authorises_the_connection_without_a_token(server, hub):
    connection = connect(server, "sender", "s3cret")
    connection.create_sender(hub).send(Message(body=b"x", inferred=True))
    with pytest.raises(LinkDetached, match="Listen"):
        receiver(connection, hub)
    connection.close()
    with pytest.raises(ConnectionException):
        connect(server, "sender", "wrong")


def test_without_a_token_nothing_can_be_attached(server, hub):
    connection = BlockingConnection(
        f"amqp://localhost:{server.port}", timeout=10, allowed_mechs="ANONYMOUS"
    )
    with pytest.raises(LinkDetached, match="unauthorized-access"):
        connection.create_sender(hub)
    connection.close()


def test_credit_is_kept_to_one_message_at_a_time(server, hub):
    connection = connect(server)
    sender = connection.create_sender(f"{hub}/Partitions/0")
    for number in range(50):
        sender.send(Message(body=number))
    link = receiver(connection, hub, credit=1)
    assert [link.receive(timeout=10).body for _ in range(50)] == list(range(50))
    connection.close()


def test_many_links_share_one_connection(server, hub):
    connection = connect(server)
    senders = [connection.create_sender(f"{hub}/Partitions/{p}") for p in range(4)]
    for number in range(20):
        senders[number % 4].send(Message(body=number), timeout=10)
    for partition in range(4):
        link = receiver(connection, hub, partition)
        got = [link.receive(timeout=10).body for _ in range(5)]
        assert got == list(range(partition, 20, 4))
    connection.close()


@pytest.mark.parametrize(
    "address", ["{}", "/{}", "amqps://somewhere.example:5671/{}", "{}/PARTITIONS/0"]
)
def test_every_form_of_address_is_understood(server, hub, address):
    connection = connect(server)
    connection.create_sender(address.format(hub)).send(Message(body=b"x", inferred=True))
    connection.close()
