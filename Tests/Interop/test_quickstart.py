"""What a new user does: an empty configuration, Azure's quickstart, and a query."""

import time

from azure.eventhub import EventData, EventHubConsumerClient, EventHubProducerClient
from delta_readers import by_duckdb, connection
from served import PATIENCE, Gateway


def quickstart_send(connection_string, hub, bodies):
    """The send sample of the SDK's documentation, with other bodies."""
    producer = EventHubProducerClient.from_connection_string(
        conn_str=connection_string, eventhub_name=hub)
    with producer:
        event_data_batch = producer.create_batch()
        for body in bodies:
            event_data_batch.add(EventData(body))
        producer.send_batch(event_data_batch)


def quickstart_receive(connection_string, count):
    consumer = EventHubConsumerClient.from_connection_string(
        connection_string, consumer_group="$Default")
    bodies = []

    def on_event(_, event):
        bodies.append(event.body_as_str())
        if len(bodies) == count:
            consumer.close()

    with consumer:
        consumer.receive(on_event=on_event, starting_position="-1")
    return bodies


def count_in(path):
    """`select count(*)` in DuckDB; none while there is no table."""
    if not (path / "_delta_log").exists():
        return 0
    [(count,)] = connection().execute(f"select count(*) from delta_scan('{path}')").fetchall()
    return count


def test_the_quickstart_is_counted_by_duckdb_ten_seconds_later():
    with Gateway() as gateway:
        connection_string = gateway.connection_string("quickstart")
        bodies = [f'{{"n": {n}, "greeting": "hello"}}' for n in range(20)]
        quickstart_send(connection_string, "quickstart", bodies)
        path, sent = gateway.data / "tables" / "quickstart", time.monotonic()
        while count_in(path) < 20 and time.monotonic() < sent + PATIENCE:
            gateway.request("/healthz")

        rows = by_duckdb(path)
        received = quickstart_receive(connection_string, 20)

        assert len(rows) == len(received) == 20
        assert {row["greeting"] for row in rows} == {"hello"}
        assert sorted(row["n"] for row in rows) == list(range(20))


def test_an_event_sent_by_rest_is_received_by_the_sdk_with_its_properties():
    with Gateway() as gateway:
        gateway.send(
            "mixed", b"body", BrokerProperties='{"PartitionKey":"pump-1"}', Level="7", Site="north")
        consumer = EventHubConsumerClient.from_connection_string(
            gateway.connection_string("mixed"), consumer_group="$Default")
        found = []

        def on_event(_, event):
            found.append(event)
            consumer.close()

        with consumer:
            consumer.receive(on_event=on_event, starting_position="-1")

        (event,) = found
        assert event.body_as_str() == "body"
        assert event.partition_key == b"pump-1"
        properties = {name.decode(): value for name, value in event.properties.items()}
        assert properties == {"Level": 7, "Site": b"north"}
