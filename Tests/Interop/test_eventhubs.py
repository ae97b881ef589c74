"""The Azure SDK for Python, unmodified, sends to and receives from Millrace."""

import datetime
import time
import uuid

import pytest
from azure.eventhub import EventData
from azure.eventhub.amqp import AmqpAnnotatedMessage, AmqpMessageBodyType

from hubs import Reader, Server, nab_lines, wait_until


@pytest.fixture(scope="module")
def server():
    with Server() as server:
        yield server


@pytest.fixture
def hub():
    return f"hub-{uuid.uuid4().hex[:12]}"


def test_properties_of_a_new_hub(server, hub):
    with server.producer(hub) as producer:
        found = producer.get_eventhub_properties()
        assert found["eventhub_name"] == hub
        assert found["partition_ids"] == ["0", "1", "2", "3"]
        age = datetime.datetime.now(datetime.timezone.utc) - found["created_at"]
        assert abs(age.total_seconds()) < 60
        empty = producer.get_partition_properties("3")
    assert empty["is_empty"] and empty["last_enqueued_sequence_number"] == -1
    assert empty["last_enqueued_offset"] == "-1" and empty["beginning_sequence_number"] == 0


def test_properties_of_a_partition_follow_what_is_sent(server, hub):
    server.send(hub, ["a", "b", "c"], partition="2")
    with server.consumer(hub) as consumer:
        found = consumer.get_partition_properties("2")
    assert found["last_enqueued_sequence_number"] == 2
    assert found["last_enqueued_offset"] == "2" and not found["is_empty"]
    age = datetime.datetime.now(datetime.timezone.utc) - found["last_enqueued_time_utc"]
    assert abs(age.total_seconds()) < 60


def test_a_batch_for_a_partition_arrives_in_order(server, hub):
    before = time.time()
    server.send(hub, [f"event {number}" for number in range(100)], partition="1")
    events = server.read(hub, 100, partition="1")
    assert [event.body_as_str() for event in events] == [f"event {n}" for n in range(100)]
    assert [event.sequence_number for event in events] == list(range(100))
    assert [event.offset for event in events] == [str(number) for number in range(100)]
    assert all(event.partition_key is None for event in events)
    assert all(abs(event.enqueued_time.timestamp() - before) < 60 for event in events)


# Reference, section 4.4: the partition, of four, that Event Hubs chooses.
@pytest.mark.parametrize("key, partition", [("7", 3), ("131", 2), ("FWfAT", 1), ("hello", 3), ("é", 0)])
def test_a_partition_key_chooses_the_partition_of_the_service(server, hub, key, partition):
    with server.producer(hub) as producer:
        batch = producer.create_batch(partition_key=key)
        batch.add(EventData("one"))
        batch.add(EventData("two"))
        producer.send_batch(batch)
        producer.send_event(EventData("three"), partition_key=key)
    events = server.read(hub, 3, partition=str(partition))
    assert [event.body_as_str() for event in events] == ["one", "two", "three"]
    assert [event.partition_key for event in events] == [key.encode()] * 3


def test_events_without_a_key_are_spread(server, hub):
    with server.producer(hub) as producer:
        for number in range(8):
            producer.send_event(EventData(str(number)))
        counts = [
            producer.get_partition_properties(str(partition))["last_enqueued_sequence_number"] + 1
            for partition in range(4)
        ]
    assert counts == [2, 2, 2, 2]


def test_an_event_keeps_everything_it_was_given(server, hub):
    event = EventData(b"\x00\xff body")
    event.message_id = "message 1"
    event.correlation_id = "correlation 1"
    event.content_type = "application/json"
    moment = datetime.datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=datetime.timezone.utc)
    name = uuid.uuid4()
    event.properties = {
        "text": "grüße", "long text": "x" * 300, "number": 7, "large": 2**30, "negative": -5,
        "yes": True, "no": False, "real": 2.5, "bytes": b"\x00\x01", "moment": moment,
        "name": name,
    }
    with server.producer(hub) as producer:
        producer.send_event(event, partition_id="0")
    (got,) = server.read(hub, 1)
    assert b"".join(got.body) == b"\x00\xff body"
    assert got.message_id == "message 1" and got.correlation_id == "correlation 1"
    assert got.content_type == "application/json"
    assert got.properties == {
        b"text": "grüße".encode(), b"long text": b"x" * 300, b"number": 7, b"large": 2**30,
        b"negative": -5, b"yes": True, b"no": False, b"real": 2.5, b"bytes": b"\x00\x01",
        b"moment": int(moment.timestamp() * 1000), b"name": name,
    }


@pytest.mark.parametrize(
    "kind, body",
    [
        (AmqpMessageBodyType.VALUE, {b"key": [1, 2, {b"deep": b"x"}]}),
        (AmqpMessageBodyType.VALUE, None),
        (AmqpMessageBodyType.SEQUENCE, [[1, b"two"], [3]]),
        (AmqpMessageBodyType.DATA, [b"one", b"two"]),
    ],
)
def test_every_kind_of_body_comes_back(server, hub, kind, body):
    name = {"VALUE": "value_body", "SEQUENCE": "sequence_body", "DATA": "data_body"}[kind.name]
    message = AmqpAnnotatedMessage(**{name: body})
    message.annotations = {"mine": 5}
    with server.producer(hub) as producer:
        producer.send_event(message, partition_id="0")
    (got,) = server.read(hub, 1)
    assert got.body_type == kind
    found = got.body if kind == AmqpMessageBodyType.VALUE else list(got.body)
    assert found == body
    assert got.raw_amqp_message.annotations[b"mine"] == 5


def test_an_event_that_looks_like_a_batch_stays_one(server, hub):
    body = b"\x00\x53\x75\xa0\x05hello\x00\x53\x78\x45"
    with server.producer(hub) as producer:
        producer.send_event(EventData(body), partition_id="0")
        assert producer.get_partition_properties("0")["last_enqueued_sequence_number"] == 0
    (got,) = server.read(hub, 1)
    assert b"".join(got.body) == body


def test_a_batch_as_large_as_the_sdk_allows_arrives_whole(server, hub):
    with server.producer(hub) as producer:
        batch = producer.create_batch(partition_id="0")
        assert batch.max_size_in_bytes == 1 << 20
        count = 0
        while True:
            try:
                batch.add(EventData(f"{count:08}" * 100))
            except ValueError:
                break
            count += 1
        producer.send_batch(batch)
    events = server.read(hub, count)
    assert [event.body_as_str() for event in events] == [f"{n:08}" * 100 for n in range(count)]


def test_real_telemetry_comes_back_equal(server, hub):
    lines = nab_lines(20_000)
    if not lines:
        pytest.skip("nab-telemetry is not there")
    sent = {str(partition): [] for partition in range(4)}
    with server.producer(hub) as producer:
        batches = {partition: producer.create_batch(partition_id=partition) for partition in sent}
        for number, line in enumerate(lines):
            partition = str(number % 4)
            event = EventData(line)
            event.properties = {"number": number}
            try:
                batches[partition].add(event)
            except ValueError:
                producer.send_batch(batches[partition])
                batches[partition] = producer.create_batch(partition_id=partition)
                batches[partition].add(event)
            sent[partition].append((number, line))
        for batch in batches.values():
            producer.send_batch(batch)
    for partition, expected in sent.items():
        events = server.read(hub, len(expected), partition, seconds=120)
        found = [(event.properties[b"number"], b"".join(event.body)) for event in events]
        assert found == expected
        assert [event.sequence_number for event in events] == list(range(len(expected)))
        assert [event.offset for event in events] == [str(n) for n in range(len(expected))]
        times = [event.enqueued_time for event in events]
        assert times == sorted(times)


def test_the_buffered_producer_delivers_everything(server, hub):
    done, failed = [], []
    producer = server.producer(
        hub, buffered_mode=True, max_wait_time=0.5, max_buffer_length=100,
        on_success=lambda events, partition: done.extend(events),
        on_error=lambda events, partition, error: failed.append(error),
    )
    with producer:
        for number in range(300):
            producer.send_event(EventData(str(number)), partition_key=str(number % 7))
        producer.flush()
        ends = [
            producer.get_partition_properties(str(p))["last_enqueued_sequence_number"] + 1
            for p in range(4)
        ]
    assert failed == [] and len(done) == 300
    found = []
    for partition, count in enumerate(ends):
        found += [int(e.body_as_str()) for e in server.read(hub, count, str(partition))]
    assert sorted(found) == list(range(300))


class TestPositions:
    """Ten events, three of them after a pause."""

    @pytest.fixture(scope="class")
    def stored(self, server):
        hub = f"positions-{uuid.uuid4().hex[:8]}"
        server.send(hub, [str(n) for n in range(7)])
        first = server.read(hub, 7)
        assert wait_until(lambda: time.time() > first[-1].enqueued_time.timestamp() + 0.05)
        server.send(hub, [str(n) for n in range(7, 10)])
        return hub, server.read(hub, 10)

    @pytest.mark.parametrize(
        "position, inclusive, expected",
        [
            ("-1", False, 0), ("4", False, 5), ("4", True, 4), (4, False, 5), (4, True, 4),
            (0, True, 0), ("9", True, 9), (-1, False, 0),
        ],
    )
    def test_offset_or_sequence_number(self, server, stored, position, inclusive, expected):
        hub, _ = stored
        events = server.read(
            hub, 10 - expected, position=position, starting_position_inclusive=inclusive
        )
        assert [int(event.body_as_str()) for event in events] == list(range(expected, 10))

    @pytest.mark.parametrize("inclusive", [False, True])
    def test_enqueued_time(self, server, stored, inclusive):
        hub, events = stored
        late = events[7].enqueued_time
        found = server.read(
            hub, 3 if inclusive else 1, position=late, starting_position_inclusive=inclusive,
            seconds=30 if inclusive else 2,
        )
        assert [int(e.body_as_str()) for e in found] == ([7, 8, 9] if inclusive else [])

    def test_between_two_times(self, server, stored):
        hub, events = stored
        moment = events[6].enqueued_time + datetime.timedelta(milliseconds=20)
        found = server.read(hub, 3, position=moment)
        assert [int(e.body_as_str()) for e in found] == [7, 8, 9]

    def test_latest_begins_with_the_next_event(self, server, hub):
        server.send(hub, ["old"])
        with Reader(server, hub, position="@latest") as reader:
            # The link is there once it says how far the partition reaches.
            assert not reader.take(1, seconds=2)
            server.send(hub, ["new"])
            (event,) = reader.take(1)
        assert event.body_as_str() == "new" and event.sequence_number == 1

    def test_behind_the_end_is_refused_as_the_service_does(self, server, stored):
        hub, _ = stored
        with Reader(server, hub, position="4711", client={"retry_total": 0}) as reader:
            assert wait_until(lambda: reader.errors, 20)
        text = str(reader.errors[0])
        assert "The supplied offset '4711' is invalid" in text
        assert "last offset in the system is '9'" in text


def test_news_of_the_partition_come_with_each_event(server, hub):
    server.send(hub, ["a", "b", "c"])
    client = server.consumer(hub)
    seen = []

    def on_event(context, event):
        seen.append((event.sequence_number, context.last_enqueued_event_properties))
        if len(seen) == 3:
            import threading

            threading.Thread(target=client.close).start()

    client.receive(
        on_event, partition_id="0", starting_position="-1",
        track_last_enqueued_event_properties=True,
    )
    sequence, news = seen[-1]
    assert sequence == 2
    assert news["sequence_number"] == 2 and news["offset"] == "2"
    assert abs(news["enqueued_time"].timestamp() - time.time()) < 60
    assert abs(news["retrieval_time"].timestamp() - time.time()) < 60


def test_five_readers_share_a_partition_and_a_sixth_may_not(server, hub):
    server.send(hub, ["a"])
    readers = [Reader(server, hub) for _ in range(5)]
    try:
        for reader in readers:
            reader.__enter__()
            assert len(reader.take(1)) == 1
        with Reader(server, hub, client={"retry_total": 0}) as sixth:
            assert wait_until(lambda: sixth.errors, 20)
        assert "maximum number of allowed receivers" in str(sixth.errors[0])
        assert len(server.read(hub, 1, group="another")) == 1
    finally:
        for reader in readers:
            reader.__exit__()


def test_a_higher_epoch_takes_the_partition_over(server, hub):
    server.send(hub, ["a"])
    with Reader(server, hub, owner_level=1) as first:
        assert len(first.take(1)) == 1
        with Reader(server, hub, owner_level=2) as second:
            assert len(second.take(1)) == 1
            assert wait_until(lambda: first.errors, 20)
            assert "New receiver" in str(first.errors[0])
            with Reader(server, hub, owner_level=1) as third:
                assert wait_until(lambda: third.errors, 20)
            assert "epoch" in str(third.errors[0])
            with Reader(server, hub) as fourth:
                assert wait_until(lambda: fourth.errors, 20)
            assert "non-epoch receiver is not allowed" in str(fourth.errors[0])
            server.send(hub, ["b"])
            assert [e.body_as_str() for e in second.take(1)] == ["b"]
