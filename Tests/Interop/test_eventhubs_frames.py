"""Frames that other SDKs send, written by hand, and frames that nobody should send."""

import random
import socket
import struct
import time
import uuid

import pytest
from azure.eventhub import EventData

import frames
from frames import (
    NULL, Peer, annotations, attach, batch, begin, data, flow, int32, long, message_properties,
    pairs, performative, properties, short, symbol, symbols, text, transfer, ubyte, uint, ulong,
)
from hubs import KEY, RULE, Server
from tokens import signature

BATCH = 0x80013700


@pytest.fixture(scope="module")
def server():
    with Server() as server:
        yield server


@pytest.fixture
def hub():
    return f"hub-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def peer(server):
    with Peer(server.port) as peer:
        yield peer


def put_token(server, audience, message_id, reply_to=None, kind="servicebus.windows.net:sastoken"):
    token = signature(audience, RULE, KEY, time.time() + 600)
    return (
        message_properties(message_id, NULL, NULL, NULL, text(reply_to) if reply_to else NULL)
        + properties(
            text("operation"), text("put-token"), text("type"), text(kind), text("name"),
            text(audience),
        )
        + frames.described(0x77, text(token))
    )


def authorise(peer, server, audience, message_id=text("1")):
    """As .NET does it: requests are settled, and answers find the link by its target."""
    reply = f"cbs-{uuid.uuid4()}"
    peer.send(
        attach("cbs-out", 0, False, None, "$cbs", settle=ubyte(1)),
        attach("cbs-in", 1, True, "$cbs", reply),
        flow(1, 50),
        transfer(0, 0, put_token(server, audience, message_id, reply), settled=True),
    )
    _, payload = peer.expect(0x14)
    return payload


def sections(payload):
    """The values of a message's sections, by their code."""
    found, reader = {}, frames.Reader(payload)
    while reader.position < len(payload):
        assert reader.take(2) == b"\x00\x53"
        code = reader.take(1)[0]
        found[code] = reader.value()
    return found


def test_open_is_answered_as_the_service_answers_it(peer):
    opened = peer.handshake()
    assert opened[2:5] == [65536, 4999, 240000] and len(opened) == 10


# Java numbers its requests; the answer has to have the very type.
@pytest.mark.parametrize(
    "message_id, found", [(text("a"), "a"), (ulong(7), 7), (b"\x98" + bytes(16), bytes(16))]
)
def test_a_token_is_answered_with_the_identifier_of_its_type(server, hub, peer, message_id, found):
    peer.handshake()
    payload = authorise(peer, server, f"amqps://localhost/{hub}", message_id)
    answer = sections(payload)
    assert answer[0x73][5] == found
    assert answer[0x74]["status-code"] == 202
    code = payload.index(b"status-code") + len("status-code")
    assert payload[code] == 0x71, "SDKs insist on an int"


def test_dot_net_sends_and_receives(server, hub, peer):
    """MSSBCBS alone, a settled put-token, an address with a slash, a filter with a number."""
    peer.handshake("MSSBCBS")
    assert sections(authorise(peer, server, f"amqps://localhost/{hub}"))[0x74]["status-code"] == 202
    peer.send(
        begin(channel=1),
        attach(
            "send", 0, False, "client", f"/{hub}/Partitions/1", channel=1,
            properties=pairs(
                symbol("com.microsoft:timeout"), uint(60_000),
                symbol("com.microsoft:entity-type"), int32(7),
            ),
            desired=symbols("com.microsoft:georeplication"),
        ),
    )
    fields, _ = peer.expect(0x12)
    assert fields[0] == "send" and fields[2] is True and fields[10] == 1 << 20
    assert fields[3] != 1, "the client would stop waiting for dispositions"
    credit, _ = peer.expect(0x13)
    assert credit[6] >= 100
    one = data(b"one")
    two = annotations(symbol("x-opt-partition-key"), text("k")) + data(b"two")
    peer.send(transfer(0, 0, data(b"alone"), channel=1))
    peer.send(transfer(0, 1, batch(one, two), channel=1, message_format=BATCH))
    settled = []
    while len(settled) < 2:
        disposition, _ = peer.expect(0x15)
        assert disposition[3] is True and disposition[4] == []
        settled += range(disposition[1], (disposition[2] or disposition[1]) + 1)
    assert settled == [0, 1]

    name = symbol("apache.org:selector-filter:string")
    chosen = b"\x00" + ulong(0x0000_0137_0000_000A) + text("amqp.annotation.x-opt-offset > -1")
    peer.send(
        begin(channel=2),
        attach(
            "receive", 0, True, f"/{hub}/ConsumerGroups/$Default/Partitions/1", "client", channel=2,
            filters=pairs(name, chosen), settle=ubyte(1),
            properties=pairs(symbol("com.microsoft:receiver-name"), text("me")),
        ),
        flow(0, 300, channel=2),
    )
    fields, _ = peer.expect(0x12)
    assert fields[3] == 1 and fields[9] == 0 and fields[5] and fields[6]
    bodies = []
    for number in range(3):
        head, payload = peer.expect(0x14)
        assert len(head) == 11 and head[4] is True and head[3] == 0
        found = sections(payload)
        assert found[0x72]["x-opt-sequence-number"] == number
        assert found[0x72]["x-opt-offset"] == str(number)
        bodies.append(found[0x75])
    assert bodies == [b"alone", b"one", b"two"]


def test_go_opens_and_closes_links_for_each_claim(server, hub, peer):
    peer.handshake(idle=30_000)
    for handle in range(0, 6, 2):
        reply = f"reply-{handle}"
        peer.send(
            attach(f"out-{handle}", handle, False, reply, "$cbs"),
            attach(f"in-{handle}", handle + 1, True, "$cbs", reply),
            flow(handle + 1, 1000),
        )
        peer.send(
            transfer(handle, handle, put_token(server, f"amqps://host/{hub}", text("x"), reply))
        )
        _, payload = peer.expect(0x14)
        assert sections(payload)[0x74]["status-code"] == 202
        for each in (handle, handle + 1):
            peer.send(performative(0x16, uint(each), frames.TRUE, NULL))
            while True:
                _, code, _, _ = peer.frame()
                if code == 0x16:
                    break
    reply = "reply-m"
    peer.send(
        attach("m-out", 0, False, reply, f"{hub}/$management"),
        attach("m-in", 1, True, f"{hub}/$management", reply),
        flow(1, 10),
        transfer(
            0, 6,
            message_properties(text("q"), NULL, NULL, NULL, text(reply))
            + properties(
                text("operation"), text("READ"), text("type"), text("com.microsoft:eventhub"),
                text("name"), text(hub), text("server-timeout"), ulong(60),
            ),
        ),
    )
    _, payload = peer.expect(0x14)
    found = sections(payload)[0x77]
    assert found["partition_ids"] == ["0", "1", "2", "3"] and found["georeplication_factor"] == 1
    assert found["type"] == "com.microsoft:eventhub"


def test_entra_tokens_are_refused_with_words(server, hub, peer):
    peer.handshake()
    peer.send(
        attach("out", 0, False, "r", "$cbs"), attach("in", 1, True, "$cbs", "r"), flow(1, 10),
        transfer(0, 0, put_token(server, f"sb://h/{hub}", text("1"), "r", kind="jwt")),
    )
    answer = sections(peer.expect(0x14)[1])[0x74]
    assert answer["status-code"] == 401 and "not supported" in answer["status-description"]


class Idempotent:
    """.NET's producer that numbers its events."""

    def __init__(self, server, hub, producer=None, epoch=None):
        self.peer = Peer(server.port)
        self.peer.plain(RULE, KEY)
        asked = pairs(
            symbol("com.microsoft:producer-id"), NULL if producer is None else long(producer),
            symbol("com.microsoft:producer-epoch"), NULL if epoch is None else short(epoch),
            symbol("com.microsoft:producer-sequence-number"), NULL,
        )
        self.peer.send(
            attach(
                "p", 0, False, "c", f"/{hub}/Partitions/0", properties=asked,
                desired=symbols("com.microsoft:idempotent-producer"),
            )
        )
        fields, _ = self.peer.expect(0x12)
        given = fields[13]
        assert "com.microsoft:idempotent-producer" in fields[11]
        self.id = given["com.microsoft:producer-id"]
        self.epoch = given["com.microsoft:producer-epoch"]
        self.last = given["com.microsoft:producer-sequence-number"]
        self.peer.expect(0x13)
        self.number = 0

    def send(self, sequence, bodies, epoch=None):
        """Sends a batch whose first event has that number; returns the outcome."""
        messages = [
            annotations(
                symbol("com.microsoft:producer-sequence-number"), int32(sequence + place),
                symbol("com.microsoft:producer-id"), long(self.id),
                symbol("com.microsoft:producer-epoch"), short(self.epoch if epoch is None else epoch),
            )
            + data(body)
            for place, body in enumerate(bodies)
        ]
        self.peer.send(transfer(0, self.number, batch(*messages), message_format=BATCH))
        self.number += 1
        fields, _ = self.peer.expect(0x15)
        return fields[4]


def test_a_numbered_batch_is_stored_once_however_often_it_is_sent(server, hub):
    first = Idempotent(server, hub)
    assert first.last == -1 and first.id > 0
    assert first.send(0, [b"a", b"b"]) == []
    assert first.send(0, [b"a", b"b"]) == []
    assert first.send(2, [b"c"]) == []
    refused = first.send(7, [b"h"])
    assert refused[0][0] == "com.microsoft:out-of-order-sequence"
    again = Idempotent(server, hub, first.id, first.epoch)
    assert (again.id, again.last) == (first.id, 2)
    assert again.send(2, [b"c"]) == [] and again.send(3, [b"d"]) == []
    bodies = [event.body_as_str() for event in server.read(hub, 5, seconds=3)]
    assert bodies == ["a", "b", "c", "d"]


def test_a_higher_epoch_takes_a_producer_over(server, hub):
    first = Idempotent(server, hub)
    assert first.send(0, [b"a"]) == []
    second = Idempotent(server, hub, first.id, first.epoch + 1)
    assert second.send(0, [b"b"]) == []
    assert first.peer.wait_closed_link() == "com.microsoft:producer-epoch-stolen"


class TestHostile:
    """Each ends with the right error, or is borne; the server serves others all the while."""

    @pytest.fixture(autouse=True)
    def still_serves(self, server):
        yield
        assert server.process.poll() is None
        with Peer(server.port) as peer:
            peer.handshake()

    @pytest.mark.parametrize("first", [b"GET / HTTP/1.1\r\n\r\n", b"AMQP\x00\x00\x09\x01", bytes(64)])
    def test_who_speaks_something_else_is_let_go(self, peer, first):
        peer.send(first)
        assert peer.wait_closed() is None

    def test_a_frame_larger_than_agreed_ends_the_connection(self, peer):
        peer.handshake()
        peer.send(struct.pack(">IBBH", 1 << 24, 2, 0, 0))
        assert peer.wait_closed()[0] == "amqp:connection:framing-error"

    def test_deep_nesting_is_a_decode_error(self, peer):
        peer.handshake()
        deep = NULL
        for _ in range(2000):
            deep = frames.listed(deep)
        peer.send(performative(0x12, text("n"), uint(0), frames.TRUE, NULL, NULL, deep))
        assert peer.wait_closed()[0] == "amqp:decode-error"

    def test_a_map_of_too_many_keys_is_a_decode_error(self, peer):
        peer.handshake()
        many = pairs(*([b"\x43"] * 40_000))
        peer.send(performative(0x11, NULL, uint(1), uint(1), uint(1), uint(1), NULL, NULL, many, channel=3))
        assert peer.wait_closed()[0] == "amqp:decode-error"

    def test_every_channel_there_is(self, server, peer):
        peer.handshake()
        before = server.memory()
        for channel in range(1, 5000):
            peer.send(begin(channel=channel))
        peer.send(begin(channel=60_000))
        assert peer.wait_closed()[0] in ("amqp:not-allowed", "amqp:connection:framing-error")
        assert server.memory() - before < 64 << 20

    def test_more_links_than_handles(self, peer):
        peer.handshake()
        for handle in range(256):
            peer.send(attach(f"l{handle}", handle, False, "s", "$cbs"))
        peer.send(attach("over", 256, False, "s", "$cbs"))
        assert peer.wait_closed() is not None

    def test_a_transfer_that_never_ends(self, server, hub, peer):
        peer.plain(RULE, KEY)
        peer.send(attach("s", 0, False, "c", hub))
        peer.expect(0x13)
        before = server.memory()
        with pytest.raises((OSError, EOFError, AssertionError)):
            for _ in range(2000):
                peer.send(transfer(0, 0, bytes(60_000), more=True))
            peer.expect(0x15)
        assert server.memory() - before < 32 << 20

    @pytest.mark.parametrize("message", [b"", b"\x00", b"\x00\x53\x75", b"\x00\x53\x75\xb0\xff\xff\xff\xff", bytes(100)])
    @pytest.mark.parametrize("kind", [0, BATCH])
    def test_a_message_that_is_none_is_rejected_and_the_link_lives(self, hub, peer, message, kind):
        if message == b"" and kind == 0:
            pytest.skip("a message without sections is one")
        peer.plain(RULE, KEY)
        peer.send(attach("s", 0, False, "c", f"{hub}/Partitions/0"))
        peer.expect(0x13)
        peer.send(transfer(0, 0, message, message_format=kind))
        outcome = peer.expect(0x15)[0]
        assert outcome[3] is True and outcome[4][0][0] == "amqp:decode-error"
        assert len(outcome[4][0]) == 3
        peer.send(transfer(0, 1, data(b"good")))
        assert peer.expect(0x15)[0][4] == []

    def test_a_peer_that_never_reads_costs_little(self, server, hub):
        with server.producer(hub) as producer:
            for _ in range(20):
                events = producer.create_batch(partition_id="0")
                for _ in range(900):
                    events.add(EventData("x" * 1000))
                producer.send_batch(events)
        before = server.memory()
        peers = []
        for _ in range(5):
            peer = Peer(server.port)
            peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            peer.plain(RULE, KEY)
            source = f"{hub}/ConsumerGroups/$Default/Partitions/0"
            peer.send(attach("r", 0, True, source, "c"), flow(0, 1_000_000, window=1_000_000))
            peers.append(peer)
        assert server.read(hub, 100, group="other")
        assert server.memory() - before < 48 << 20
        for peer in peers:
            peer.socket.close()

    def test_a_connection_that_only_dribbles_is_closed(self, server):
        with Peer(server.port, timeout=40) as peer:
            peer.send(frames.SASL[:3])
            started = time.monotonic()
            peer.wait_closed()
            assert 10 < time.monotonic() - started < 35

    def test_garbage_after_a_good_start(self, server, hub):
        seed = random.randrange(1 << 32)
        print(f"seed {seed}")
        draw = random.Random(seed)
        good = b"".join(
            [
                attach("s", 0, False, "c", hub), transfer(0, 0, data(b"x")), flow(0, 5),
                attach("r", 1, True, f"{hub}/ConsumerGroups/$Default/Partitions/0", "c"),
            ]
        )
        for _ in range(200):
            broken = bytearray(good)
            for _ in range(draw.randrange(1, 6)):
                broken[draw.randrange(len(broken))] = draw.randrange(256)
            with Peer(server.port) as peer:
                peer.plain(RULE, KEY)
                try:
                    peer.send(bytes(broken))
                    peer.socket.settimeout(0.02)
                    peer.wait_closed()
                except (OSError, AssertionError, struct.error, UnicodeDecodeError, KeyError):
                    pass
