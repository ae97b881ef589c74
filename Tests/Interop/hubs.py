"""Servers and clients for the tests of the Event Hubs endpoint."""

import pathlib
import queue
import shutil
import signal
import subprocess
import tempfile
import threading
import time

from azure.eventhub import EventData, EventHubConsumerClient, EventHubProducerClient

from built import DATA, program

DRIVER = program("HubsDriver")
NAB = DATA / "nab-telemetry.ndjson.zst"
RULE = "RootManageSharedAccessKey"
KEY = "a key for tests only"


class Server:
    """A `HubsDriver` on ports of its own. Everything is gone at the end of a `with`."""

    def __init__(self, *arguments):
        self.arguments = list(arguments)
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="hubs-test-"))
        self.process = None
        self.ports = []

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.kill()
        shutil.rmtree(self.directory, ignore_errors=True)

    def start(self):
        port = self.ports[0] if self.ports else 0
        command = [DRIVER, "--data", self.directory / "store", "--key", KEY, "--port", port]
        self.process = subprocess.Popen(
            [*map(str, command), *map(str, self.arguments)], stdout=subprocess.PIPE, text=True
        )
        line = self.process.stdout.readline().split()
        assert line and line[0] == "ready", f"the server did not start: {line}"
        self.ports = [int(port) for port in line[1:]]
        return self

    @property
    def port(self):
        return self.ports[0]

    def kill(self):
        """As a crash does it."""
        if self.process and self.process.poll() is None:
            self.process.kill()
        self.wait()

    def stop(self):
        """As an operator does it. Returns the status."""
        self.process.send_signal(signal.SIGTERM)
        return self.wait()

    def wait(self):
        if self.process is None:
            return None
        status = self.process.wait(timeout=30)
        self.process.stdout.close()
        self.process = None
        return status

    def memory(self):
        """Resident bytes."""
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        (line,) = [line for line in text.splitlines() if line.startswith("VmRSS")]
        return int(line.split()[1]) * 1024

    def connection_string(self, rule=RULE, key=KEY):
        return (
            f"Endpoint=sb://localhost:{self.port};SharedAccessKeyName={rule};"
            f"SharedAccessKey={key};UseDevelopmentEmulator=true;"
        )

    def producer(self, hub, **options):
        rule, key = options.pop("rule", RULE), options.pop("key", KEY)
        return EventHubProducerClient.from_connection_string(
            self.connection_string(rule, key), eventhub_name=hub, **options
        )

    def consumer(self, hub, group="$Default", **options):
        rule, key = options.pop("rule", RULE), options.pop("key", KEY)
        return EventHubConsumerClient.from_connection_string(
            self.connection_string(rule, key), consumer_group=group, eventhub_name=hub, **options
        )

    def send(self, hub, bodies, partition="0"):
        """Sends texts as one batch."""
        with self.producer(hub) as producer:
            batch = producer.create_batch(partition_id=partition)
            for body in bodies:
                batch.add(EventData(body))
            producer.send_batch(batch)

    def read(self, hub, count, partition="0", position="-1", seconds=30, **options):
        """The first events from a position on: `count` of them, or as many as come in time."""
        with Reader(self, hub, partition, position, **options) as reader:
            return reader.take(count, seconds)


class Reader:
    """Receives from one partition in the background."""

    def __init__(self, server, hub, partition="0", position="-1", group="$Default", **options):
        self.client = server.consumer(hub, group, **options.pop("client", {}))
        self.events = queue.Queue()
        self.errors = []
        self.thread = threading.Thread(
            target=self._run, args=(partition, position, options), daemon=True
        )

    def _run(self, partition, position, options):
        self.client.receive(
            on_event=lambda context, event: event is not None and self.events.put(event),
            on_error=lambda context, error: self.errors.append(error),
            partition_id=partition,
            starting_position=position,
            **options,
        )

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.client.close()
        self.thread.join(timeout=30)

    def take(self, count, seconds=30):
        events = []
        end = time.monotonic() + seconds
        while len(events) < count:
            try:
                events.append(self.events.get(timeout=max(0.01, end - time.monotonic())))
            except queue.Empty:
                break
        return events


def wait_until(condition, seconds=30):
    """Whether something came true in time."""
    pause = threading.Event()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        pause.wait(0.05)
    return False


def nab_lines(count=None):
    """The first lines of the real telemetry; nothing where it is not there."""
    if not NAB.exists():
        return []
    unpacked = subprocess.run(["zstd", "-dcq", str(NAB)], capture_output=True, check=True)
    return unpacked.stdout.splitlines()[:count]
