"""The devices, the readers and the story of `tools/demo`, which sets up what they need."""

import argparse
import collections
import json
import logging
import os
import pathlib
import signal
import socket
import subprocess
import sys
import threading
import time

import duckdb
import duckdb_extension_delta
from azure.eventhub import EventData, EventHubProducerClient
from azure.eventhub.exceptions import EventHubError
from deltalake import DeltaTable, QueryBuilder

ROOT = pathlib.Path(__file__).resolve().parents[1]
MILLRACE = pathlib.Path(os.environ["MILLRACE_BIN"]) / "millrace"
REAL = ROOT.parent / "shared" / "data" / "nab-telemetry.ndjson.zst"
HUB = "telemetry"
DEVICES = 4
BATCH = 100
PATIENCE = 120


def say(text=""):
    print(text, flush=True)


def fail(text):
    sys.exit(f"tools/demo: {text}")


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


class Gateway:
    """`millrace serve` on a directory, at ports that stay the same when it is started again."""

    def __init__(self, directory):
        self.data = directory / "data"
        self.amqp, self.http = free_port(), free_port()
        self.log = (directory / "gateway.log").open("ab")

    def start(self):
        self.process = subprocess.Popen(
            [
                MILLRACE, "serve", "--data", self.data, f"--listen=amqp=127.0.0.1:{self.amqp}",
                f"--listen=http=127.0.0.1:{self.http}",
            ],
            stderr=self.log,
        )
        notice = self.data / "gateway.json"
        end = time.monotonic() + PATIENCE
        while not notice.exists():
            if self.process.poll() is not None or time.monotonic() > end:
                fail(f"the gateway did not start; see {self.log.name}")
            time.sleep(0.05)

    def kill(self):
        """As hard as a process can be ended."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        (self.data / "gateway.json").unlink(missing_ok=True)

    def stop(self):
        self.process.terminate()
        return self.process.wait(PATIENCE)

    def command(self, *arguments):
        done = subprocess.run(
            [MILLRACE, *arguments, "--data", self.data], capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            fail(f"millrace {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout.strip()

    @property
    def connection_string(self):
        return self.command("connection-string", HUB)


class Telemetry:
    """Readings with their identity, real ones where they are at hand."""

    def __init__(self, count):
        if REAL.exists():
            self.source = f"real telemetry from {REAL.name}"
            self.process = subprocess.Popen(["zstdcat", REAL], stdout=subprocess.PIPE)
        else:
            self.source = "simulated telemetry, the same every time"
            self.process = subprocess.Popen(
                [MILLRACE, "demo", "--print", "--events", str(count)], stdout=subprocess.PIPE
            )

    def take(self, count):
        lines = []
        for line in self.process.stdout:
            lines.append(line.strip())
            if len(lines) == count:
                break
        return lines

    def close(self):
        self.process.stdout.close()
        self.process.wait()


class Round:
    """Devices that send in parallel, and remember what was acknowledged."""

    def __init__(self, gateway, lines):
        self.connection_string = gateway.connection_string
        self.shares = [[] for _ in range(DEVICES)]
        for line in lines:
            device = json.loads(line)["deviceId"]
            self.shares[hash(device) % DEVICES].append((device, line))
        self.total = len(lines)
        self.acknowledged = 0
        self.retries = 0
        self.lock = threading.Lock()

    def send(self, share):
        """Batches by device; one that was not acknowledged is sent again, as devices do."""
        batches = collections.defaultdict(list)
        order = []
        for device, line in share:
            batches[device].append(line)
            if len(batches[device]) == BATCH:
                order.append((device, batches.pop(device)))
        order += list(batches.items())
        producer = self.connect()
        for device, bodies in order:
            while True:
                try:
                    batch = producer.create_batch(partition_key=device)
                    for body in bodies:
                        batch.add(EventData(body))
                    producer.send_batch(batch)
                    break
                except (EventHubError, OSError):
                    with self.lock:
                        self.retries += 1
                    time.sleep(0.2)
            with self.lock:
                self.acknowledged += len(bodies)
        producer.close()

    def connect(self):
        return EventHubProducerClient.from_connection_string(self.connection_string)

    def run(self, midway=None):
        """Sends everything; `midway` is called once half of it is acknowledged."""
        threads = [
            threading.Thread(target=self.send, args=(share,), daemon=True)
            for share in self.shares if share
        ]
        start = time.monotonic()
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            time.sleep(0.1)
            if midway and self.acknowledged >= self.total // 2:
                self.progress(start, end="\n")
                midway()
                midway = None
            self.progress(start)
        self.progress(start, end="\n")

    def progress(self, start, end=""):
        rate = self.acknowledged / max(0.001, time.monotonic() - start)
        text = f"   {self.acknowledged:>9,} of {self.total:,} events acknowledged, {rate:,.0f}/s"
        if sys.stdout.isatty() or end:
            print(("\r" if sys.stdout.isatty() else "") + text, end=end, flush=True)


def by_duckdb(path):
    connection = duckdb.connect(config={"allow_unsigned_extensions": "true"})
    package = pathlib.Path(duckdb_extension_delta.__file__).parent
    [extension] = package.rglob("delta.duckdb_extension")
    connection.execute(f"load '{extension}'")
    connection.execute(f"create view telemetry as select * from delta_scan('{path}')")
    return connection


def by_delta_rs(path, query):
    builder = QueryBuilder().register("telemetry", DeltaTable(str(path)))
    return builder.execute(query).read_all()


def wait_for_rows(path, count):
    """Returns how long the table took to have them."""
    start = time.monotonic()
    while time.monotonic() - start < PATIENCE:
        if (path / "_delta_log").exists():
            [(found,)] = by_duckdb(path).execute("select count(*) from telemetry").fetchall()
            if found >= count:
                return time.monotonic() - start
        time.sleep(0.25)
    fail(f"the table {path} has not got {count} rows in {PATIENCE} s")


def log_count(gateway):
    described = json.loads(gateway.command("streams", "list", "--json").splitlines()[0])
    return described["offsets"]


def show(gateway, path):
    view = by_duckdb(path)
    say("\n== DuckDB reads the table")
    say(str(view.sql(
        "select _partition, _offset, deviceId, reading_value, enqueuedAt from telemetry "
        "order by _partition, _offset limit 5")))
    say(str(view.sql(
        "select deviceId, count(*) as events, round(avg(reading_value), 3) as mean from telemetry "
        "group by all order by events desc, deviceId limit 8")))
    say("== delta-rs reads the same table")
    table = by_delta_rs(path, "select count(*) as rows, max(_offset) as last from telemetry")
    say(f"   version {DeltaTable(str(path)).version()}, {table['rows'][0].as_py():,} rows")
    say("\n== every event of the log is in the table exactly once")
    prove(gateway, path)


def prove(gateway, path):
    """From the rows themselves, twice: by DuckDB, and by `millrace table prove`."""
    partitions = by_duckdb(path).execute(
        "select _partition, count(*), count(distinct _offset), min(_offset), max(_offset) "
        "from telemetry group by all order by all").fetchall()
    for partition, rows, offsets, first, last in partitions:
        if not rows == offsets == last + 1 - first:
            fail(f"partition {partition}: {rows} rows, {offsets} offsets, {first} to {last}")
        say(f"   partition {partition}: {rows:,} rows, offsets {first} to {last}, each once")
    rows = sum(partition[1] for partition in partitions)
    if rows != log_count(gateway):
        fail(f"{rows} rows, and {log_count(gateway)} events in the log")
    say("   " + gateway.command("table", "prove", str(path)).replace("\n", "\n   "))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=40_000, help="events in each round")
    parser.add_argument("--into", type=pathlib.Path, default=ROOT / ".build" / "demo")
    options = parser.parse_args()
    logging.getLogger("azure").setLevel(logging.CRITICAL)

    directory = options.into / time.strftime("%Y%m%d-%H%M%S")
    directory.mkdir(parents=True)
    path = directory / "data" / "tables" / HUB
    gateway = Gateway(directory)
    telemetry = Telemetry(2 * options.events)
    gateway.start()
    try:
        tell(gateway, telemetry, path, options.events)
    finally:
        telemetry.close()
        if gateway.process.poll() is None:
            gateway.kill()


def tell(gateway, telemetry, path, count):
    say(f"== round 1: {DEVICES} devices with the Azure SDK send {telemetry.source}")
    first = Round(gateway, telemetry.take(count))
    first.run()
    took = wait_for_rows(path, first.total)
    say(f"   all of it is in the table {took:.1f} s after the last acknowledgement")
    show(gateway, path)

    say("\n== round 2: the same, and the gateway is killed (SIGKILL) in the middle")
    second = Round(gateway, telemetry.take(count))

    def accident():
        gateway.kill()
        say("   killed; the devices try again until it is back")
        time.sleep(1)
        start = time.monotonic()
        gateway.start()
        say(f"   started again, and ready after {time.monotonic() - start:.2f} s")

    second.run(midway=accident)
    wait_for_rows(path, log_count(gateway))
    twice = log_count(gateway) - first.total - second.total
    say(f"   the devices sent {second.retries} batches again whose answer was lost; of those the "
        f"log had taken {twice} events already")
    show(gateway, path)
    check_acknowledged(path, first, second)

    if gateway.stop() != 0:
        fail("the gateway did not stop gracefully")
    end(gateway, path)


def check_acknowledged(path, *rounds):
    """What was acknowledged is there: by what the devices sent, not by what the log says."""
    sent = collections.Counter()
    for one in rounds:
        for share in one.shares:
            for _, line in share:
                reading = json.loads(line)
                sent[reading["deviceId"], reading["seq"]] += 1
    found = dict(((device, seq), count) for device, seq, count in by_duckdb(path).execute(
        "select deviceId, seq, count(*) from telemetry group by all").fetchall())
    missing = [identity for identity, count in sent.items() if found.get(identity, 0) < count]
    if missing:
        fail(f"{len(missing)} acknowledged readings are not in the table, such as {missing[0]}")
    say(f"   all {sum(sent.values()):,} acknowledged readings are in it")


def end(gateway, path):
    say(f"""
== done. The table is {path}

   try: duckdb -c "install delta; load delta; select * from delta_scan('{path}') limit 10"
        {MILLRACE} consume {HUB} --data {gateway.data} --max 3 --json
        {MILLRACE} serve --data {gateway.data}
        {MILLRACE} config example""")


if __name__ == "__main__":
    main()
