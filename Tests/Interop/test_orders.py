"""Orders to the pipelines of a running gateway, given by the command line while devices send: the
rows as DuckDB and delta-rs read them afterwards, and what an order says that cannot be done."""

import collections
import itertools
import json
import subprocess
import threading
import time
import urllib.error

import pytest
from delta_readers import by_delta_rs, by_duckdb
from deltalake import DeltaTable
from served import MILLRACE, PATIENCE, Gateway
from test_rest_send import BATCH

SETTINGS = "tables: {freshness: 100ms, commits-per-second: 50, memory: 8MiB, compact-after: 0}"
FLAT = SETTINGS + """
streams:
  readings:
    table:
      mapping: {depthMax: 2, fields: {tags: {as: json}}}
"""
EXPLODING = {"fields": {"tags": {"as": "explode", "table": "tags"}}}
MENDED = {"fields": {"tags": {"as": "json"}, "a": {"fields": {"b": {"as": "json"}}}}}
DEEP = {"a": {"b": {"c": {"d": 1}}}}


class Devices(threading.Thread):
    """Sends batches of numbered events until it is told to stop. What was answered by 201 is
    acknowledged; nothing is sent twice."""

    def __init__(self, gateway, count=20):
        super().__init__(daemon=True)
        self.gateway, self.count = gateway, count
        self.acknowledged, self.unknown = set(), set()
        self.stopping, self.failure = threading.Event(), None

    def run(self):
        for first in itertools.count(0, self.count):
            if self.stopping.is_set():
                return
            self.batch(first, self.count)

    def batch(self, first, count):
        numbers = range(first, first + count)
        bodies = [{"Body": json.dumps(body(number))} for number in numbers]
        try:
            status, _, _ = self.gateway.send(
                "readings", json.dumps(bodies).encode(), Content_Type=BATCH)
        except (OSError, urllib.error.URLError):
            # The gateway may have taken them before it went.
            self.unknown.update(numbers)
            return
        if status == 201:
            self.acknowledged.update(numbers)
        else:
            self.unknown.update(numbers)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.join()

    def wait_for(self, count):
        """Until so many more events were acknowledged."""
        goal = len(self.acknowledged) + count
        until(lambda: len(self.acknowledged) >= goal, "the devices send no more")


def body(number):
    """Of ten events one is deeper than the first mapping allows."""
    event = {"id": number, "tags": [f"t{number}", "x"], "text": f"{number:04}" * 50}
    return event | DEEP if number % 10 == 3 else event


def until(holds, what):
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, what


def root(gateway, suffix=""):
    return gateway.data / "tables" / f"readings{suffix}"


def state(gateway):
    """Of the one pipeline, which comes a moment after its stream."""
    found = []

    def is_there():
        found[:] = json.loads(gateway.command("stats", "--json"))["pipelines"]
        return len(found) == 1

    until(is_there, "there is no pipeline")
    return found[0]


def settle(gateway):
    """Until the tables have what the log has; nobody may be sending."""
    def is_settled():
        pipeline = state(gateway)
        return pipeline["state"] == "following" and pipeline["lag"] == 0
    until(is_settled, "".join(gateway.lines))


def land(gateway, devices, count):
    """Until so many events are in the tables."""
    devices.wait_for(count)
    until(lambda: state(gateway)["events"] >= count, "".join(gateway.lines))


def mapping(tmp_path, content):
    path = tmp_path / "mapping.json"
    path.write_text(json.dumps(content))
    return path


def check_whole(gateway, devices):
    """Every acknowledged event is one row or one of the quarantine, by both readers."""
    settle(gateway)
    for reader in (by_duckdb, by_delta_rs):
        rows = reader(root(gateway))
        quarantined = root(gateway, "_quarantine")
        bad = reader(quarantined) if (quarantined / "_delta_log").exists() else []
        places = collections.Counter((row["_partition"], row["_offset"]) for row in rows + bad)
        assert set(places.values()) == {1}
        ids = [row["id"] for row in rows] + [json.loads(row["body"])["id"] for row in bad]
        assert len(set(ids)) == len(ids)
        assert devices.acknowledged <= set(ids) <= devices.acknowledged | devices.unknown
    gateway.command("table", "prove", root(gateway))
    return rows, bad


def test_a_rebuild_under_another_mapping_while_devices_send(tmp_path):
    with Gateway(FLAT, listeners=["http"]) as gateway, Devices(gateway) as devices:
        land(gateway, devices, 2000)

        said = gateway.command(
            "table", "rebuild", root(gateway), "--mapping", mapping(tmp_path, EXPLODING))
        devices.wait_for(500)
        devices.__exit__()

        assert "rebuilt from" in said
        rows, bad = check_whole(gateway, devices)
        assert not bad and all("tags" not in row for row in rows)
        children = by_duckdb(root(gateway, "_tags"))
        counts = collections.Counter((row["_partition"], row["_offset"]) for row in children)
        assert dict(counts) == {(row["_partition"], row["_offset"]): 2 for row in rows}
        # What the operator said holds after a start as well.
        assert gateway.stop() == 0
        gateway.start()
        settle(gateway)
        assert len(by_duckdb(root(gateway))) == len(rows)


def test_a_redrive_with_a_mended_mapping_while_devices_send(tmp_path):
    with Gateway(FLAT, listeners=["http"]) as gateway, Devices(gateway) as devices:
        land(gateway, devices, 2000)
        before = len(by_duckdb(root(gateway, "_quarantine")))
        assert before >= 200

        said = gateway.command(
            "table", "redrive", root(gateway), "--mapping", mapping(tmp_path, MENDED), "--json")
        devices.wait_for(500)
        devices.__exit__()

        done = json.loads(said)
        assert done["landed"] >= before and done["left"] == 0
        rows, bad = check_whole(gateway, devices)
        deep = [row for row in rows if row.get("a_b")]
        assert len(deep) == done["landed"]
        assert {json.loads(row["a_b"])["c"]["d"] for row in deep} == {1}
        # The mended mapping was that of the redrive alone.
        assert bad and all(json.loads(row["body"])["id"] % 10 == 3 for row in bad)


@pytest.mark.parametrize("word", ["rebuild", "continue"])
def test_the_word_on_a_table_that_was_restored_while_devices_send(word):
    with Gateway(SETTINGS, listeners=["http"]) as gateway, Devices(gateway) as devices:
        land(gateway, devices, 1000)
        DeltaTable(str(root(gateway))).restore(1)
        devices.wait_for(200)
        until(lambda: state(gateway)["state"] == "paused", "it does not pause")
        assert state(gateway)["cause"] == "restored"
        kept = {row["id"] for row in by_duckdb(root(gateway))}

        gateway.command("table", "resolve", root(gateway), word)
        resolved = max(devices.acknowledged)
        devices.wait_for(500)
        devices.__exit__()

        if word == "rebuild":
            check_whole(gateway, devices)
            return
        settle(gateway)
        ids = [row["id"] for row in by_duckdb(root(gateway))]
        assert len(ids) == len(set(ids))
        assert kept <= set(ids)
        assert {n for n in devices.acknowledged if n > resolved + devices.count} <= set(ids)
        assert ids and len(ids) < len(devices.acknowledged)


def test_an_order_that_cannot_be_given_says_why_and_changes_nothing(tmp_path):
    with Gateway(SETTINGS, listeners=["http"]) as gateway, Devices(gateway) as devices:
        land(gateway, devices, 200)

        def refused(*arguments):
            done = subprocess.run(
                [MILLRACE, "table", *map(str, arguments), "--data", gateway.data],
                capture_output=True, text=True, timeout=PATIENCE, check=False)
            assert done.returncode == 1, done
            return done.stderr

        nowhere = tmp_path / "nowhere"
        for verb in (["rebuild", nowhere], ["redrive", nowhere], ["resolve", nowhere, "continue"]):
            assert "name it with --pipeline" in refused(*verb)
            assert "'nobody'" in refused(*verb, "--pipeline", "nobody")
        broken = tmp_path / "broken.json"
        broken.write_text('{"fields": 5}')
        assert "mapping" in refused("rebuild", root(gateway), "--mapping", broken)
        assert not nowhere.exists()
        devices.__exit__()

        check_whole(gateway, devices)


@pytest.mark.parametrize("end", ["kill", "stop"])
def test_a_gateway_that_ends_in_the_middle_of_a_rebuild_goes_on_with_it(tmp_path, end):
    with Gateway(FLAT, listeners=["http"]) as gateway:
        devices = Devices(gateway)
        for first in range(0, 40_000, 1000):
            devices.batch(1_000_000 + first, 1000)
        assert len(devices.acknowledged) == 40_000
        settle(gateway)
        with devices:
            order = subprocess.Popen(
                [MILLRACE, "table", "rebuild", root(gateway), "--data", gateway.data,
                 "--mapping", mapping(tmp_path, EXPLODING)], stderr=subprocess.PIPE, text=True)
            staged = root(gateway) / "_millrace" / "rebuild" / "_delta_log"
            until(lambda: staged.exists() or order.poll() is not None, "nothing is staged")
            getattr(gateway, end)()
            # A graceful stop may still carry it out, and the command be told so or not.
            status = order.wait(PATIENCE)
            assert status == 0 or order.stderr.read().strip()
            if end == "kill":
                assert status == 1, "the order was carried out before the kill came"
                assert not root(gateway, "_tags").exists()
            gateway.start()

            until(lambda: root(gateway, "_tags").exists(), "it does not go on")
            until(lambda: state(gateway)["state"] == "following", "it does not end")
            devices.wait_for(100)

        rows, bad = check_whole(gateway, devices)
        assert not bad and len(by_duckdb(root(gateway, "_tags"))) == 2 * len(rows)
        assert not (root(gateway) / "_millrace" / "rebuild").exists()
