"""The SDK over TLS and over WebSockets, with certificates made here."""

import asyncio
import subprocess
import uuid

import pytest
import websocket
from azure.eventhub import EventData, EventHubConsumerClient, EventHubProducerClient, TransportType
from azure.eventhub.aio import EventHubProducerClient as AsyncProducer
from azure.eventhub.exceptions import EventHubError

from hubs import KEY, RULE, Server

NAMESPACE = f"Endpoint=sb://localhost/;SharedAccessKeyName={RULE};SharedAccessKey={KEY}"


def openssl(directory, *arguments):
    subprocess.run(["openssl", *arguments], cwd=directory, check=True, capture_output=True)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """An authority, and a server and a client certificate that it signed."""
    path = tmp_path_factory.mktemp("tls")
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    openssl(path, "req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=test ca")
    (path / "san").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    for name in ("server", "client"):
        openssl(path, "req", *key, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
        openssl(
            path, "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
            "-CAcreateserial", "-out", f"{name}.pem", "-extfile", "san",
        )
    return path


@pytest.fixture(scope="module")
def server(files):
    with Server("--tls", f"{files}/server.pem,{files}/server.key", "--web-socket") as server:
        yield server


@pytest.fixture
def hub():
    return f"hub-{uuid.uuid4().hex[:12]}"


def options(server, files, kind):
    port = server.ports[1] if kind == TransportType.Amqp else server.ports[2]
    return {
        "transport_type": kind,
        "custom_endpoint_address": f"sb://localhost:{port}",
        "connection_verify": str(files / "ca.pem"),
    }


@pytest.mark.parametrize("kind", [TransportType.Amqp, TransportType.AmqpOverWebsocket])
def test_events_travel_over(server, files, hub, kind):
    given = options(server, files, kind)
    producer = EventHubProducerClient.from_connection_string(
        NAMESPACE, eventhub_name=hub, **given
    )
    bodies = [f"{number:06}" * 50 for number in range(2000)]
    with producer:
        assert producer.get_eventhub_properties()["partition_ids"] == ["0", "1", "2", "3"]
        batch = producer.create_batch(partition_id="0")
        for body in bodies:
            batch.add(EventData(body))
        producer.send_batch(batch)
    consumer = EventHubConsumerClient.from_connection_string(
        NAMESPACE, consumer_group="$Default", eventhub_name=hub, **given
    )
    got = []

    def on_batch(context, events):
        got.extend(event.body_as_str() for event in events)
        if len(got) == len(bodies):
            import threading

            threading.Thread(target=consumer.close).start()

    consumer.receive_batch(on_batch, partition_id="0", starting_position="-1", max_batch_size=300)
    assert got == bodies


@pytest.mark.parametrize("kind", [TransportType.Amqp, TransportType.AmqpOverWebsocket])
def test_the_asynchronous_client_too(server, files, hub, kind):
    async def run():
        producer = AsyncProducer.from_connection_string(
            NAMESPACE, eventhub_name=hub, **options(server, files, kind)
        )
        async with producer:
            await producer.send_event(EventData("x"), partition_id="0")
            found = await producer.get_partition_properties("0")
            assert found["last_enqueued_sequence_number"] == 0

    asyncio.run(run())


def test_who_does_not_know_the_authority_does_not_connect(server, hub):
    producer = EventHubProducerClient.from_connection_string(
        NAMESPACE, eventhub_name=hub, retry_total=0,
        custom_endpoint_address=f"sb://localhost:{server.ports[1]}",
    )
    with producer, pytest.raises(EventHubError):
        producer.send_event(EventData("x"))


@pytest.mark.parametrize("path", ["/$servicebus/websocket", "/$servicebus/websocket/"])
def test_both_paths_and_only_the_protocol_of_event_hubs(files, path):
    with Server("--web-socket") as server:
        url = f"ws://localhost:{server.ports[1]}"
        stream = websocket.create_connection(url + path, subprotocols=["AMQPWSB10"])
        assert stream.getheaders()["sec-websocket-protocol"] == "AMQPWSB10"
        stream.ping()
        header = b"AMQP\x03\x01\x00\x00"
        for place in range(8):
            stream.send_binary(header[place : place + 1])
        assert stream.recv()[:8] == header
        stream.close()
        for wrong, protocols in [("/elsewhere", ["AMQPWSB10"]), (path, ["mqtt"])]:
            with pytest.raises(websocket.WebSocketBadStatusException):
                websocket.create_connection(url + wrong, subprotocols=protocols)
