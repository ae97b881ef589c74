"""The asynchronous client, consumers that share the work, and servers that go away."""

import asyncio
import collections
import threading
import uuid

import pytest
from azure.eventhub import EventData
from azure.eventhub._eventprocessor.in_memory_checkpoint_store import InMemoryCheckpointStore
from azure.eventhub.aio import EventHubConsumerClient, EventHubProducerClient

from hubs import Reader, Server, wait_until


@pytest.fixture
def server():
    with Server() as server:
        yield server


@pytest.fixture
def hub():
    return f"hub-{uuid.uuid4().hex[:12]}"


def test_the_asynchronous_client_sends_and_receives(server, hub):
    async def run():
        text = server.connection_string()
        producer = EventHubProducerClient.from_connection_string(text, eventhub_name=hub)
        async with producer:
            batch = await producer.create_batch(partition_id="0")
            for number in range(50):
                batch.add(EventData(str(number)))
            await producer.send_batch(batch)
            await producer.send_event(EventData("50"), partition_id="0")
            found = await producer.get_partition_properties("0")
            assert found["last_enqueued_sequence_number"] == 50
        consumer = EventHubConsumerClient.from_connection_string(
            text, consumer_group="$Default", eventhub_name=hub
        )
        got = []
        done = asyncio.Event()

        async def on_event(context, event):
            got.append((event.body_as_str(), context.last_enqueued_event_properties))
            if len(got) == 51:
                done.set()

        async with consumer:
            task = asyncio.create_task(
                consumer.receive(
                    on_event, partition_id="0", starting_position="-1",
                    track_last_enqueued_event_properties=True,
                )
            )
            await asyncio.wait_for(done.wait(), 30)
            task.cancel()
        assert [body for body, _ in got] == [str(number) for number in range(51)]
        assert got[-1][1]["sequence_number"] == 50

    asyncio.run(run())


def test_two_consumers_share_the_partitions(server, hub):
    """Each partition has one owner at a time, and every event is seen."""
    store = InMemoryCheckpointStore()
    seen = collections.defaultdict(list)
    owners = collections.defaultdict(set)
    clients = [
        server.consumer(hub, checkpoint_store=store, load_balancing_interval=1) for _ in range(2)
    ]

    def receive(name, client):
        def on_event(context, event):
            owners[name].add(context.partition_id)
            seen[context.partition_id].append(event.sequence_number)
            context.update_checkpoint(event)

        client.receive(on_event, starting_position="-1")

    with server.producer(hub) as producer:
        for partition in range(4):
            producer.send_event(EventData("first"), partition_id=str(partition))
        threads = [
            threading.Thread(target=receive, args=(name, client), daemon=True)
            for name, client in enumerate(clients)
        ]
        for thread in threads:
            thread.start()
        sent = collections.Counter({str(p): 1 for p in range(4)})

        def both_work():
            for partition in range(4):
                producer.send_event(EventData("more"), partition_id=str(partition))
                sent[str(partition)] += 1
            return len(owners[0]) >= 2 and len(owners[1]) >= 2

        assert wait_until(both_work, 60), dict(owners)
        complete = lambda: all(set(seen[p]) == set(range(sent[p])) for p in sent)
        assert wait_until(complete, 60), (dict(sent), {p: len(set(seen[p])) for p in sent})
    for client in clients:
        client.close()
    for thread in threads:
        thread.join(timeout=30)


@pytest.mark.parametrize("way", ["stop", "kill"])
def test_a_server_that_restarts_loses_nothing_it_accepted(server, hub, way):
    accepted = []
    stopped = threading.Event()

    def send():
        with server.producer(hub, retry_backoff_factor=0.2, retry_total=20) as producer:
            number = 0
            while not stopped.is_set():
                producer.send_event(EventData(str(number)), partition_id="0")
                accepted.append(number)
                number += 1

    with Reader(server, hub) as reader:
        sender = threading.Thread(target=send, daemon=True)
        sender.start()
        for _ in range(2):
            before = len(accepted)
            assert wait_until(lambda: len(accepted) > before + 30)
            getattr(server, way)()
            server.start()
        before = len(accepted)
        assert wait_until(lambda: len(accepted) > before + 30)
        stopped.set()
        sender.join(timeout=60)
        with server.producer(hub) as producer:
            found = producer.get_partition_properties("0")
        count = found["last_enqueued_sequence_number"] + 1
        live = {int(event.body_as_str()) for event in reader.take(count, 60)}
    stored = [int(event.body_as_str()) for event in server.read(hub, count)]
    assert set(accepted) <= set(stored)
    assert live == set(stored)


def test_a_consumer_with_a_checkpoint_goes_on_where_it_was(server, hub):
    store = InMemoryCheckpointStore()
    server.send(hub, [str(number) for number in range(10)])

    def receive(upto):
        got = []
        client = server.consumer(hub, checkpoint_store=store, load_balancing_interval=1)

        def on_event(context, event):
            got.append(int(event.body_as_str()))
            context.update_checkpoint(event)
            if got[-1] == upto:
                threading.Thread(target=client.close).start()

        client.receive(on_event, starting_position="-1")
        return got

    assert receive(9) == list(range(10))
    server.stop()
    server.start()
    server.send(hub, ["10", "11"])
    assert receive(11) == [10, 11]
