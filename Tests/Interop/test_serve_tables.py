"""From a REST request to a row: the gateway's tables, as DuckDB and delta-rs read them."""

import json
import time

import pytest
from delta_readers import by_delta_rs, by_duckdb
from served import PATIENCE, Gateway
from test_rest_send import BATCH
from test_serve import scrape, value


def batch(start, count):
    return json.dumps([
        {"Body": json.dumps({"id": start + n, "site": {"name": "north"}})} for n in range(count)
    ]).encode()


def send(gateway, start, count=100, hub="readings"):
    assert gateway.send(hub, batch(start, count), Content_Type=BATCH)[0] == 201


def rows(gateway, hub="readings", reader=by_duckdb):
    path = gateway.data / "tables" / hub
    return reader(path) if (path / "_delta_log").exists() else []


def wait_for(gateway, count, hub="readings"):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if len(rows(gateway, hub)) >= count:
            return
        gateway.process.poll()
    pytest.fail(f"{len(rows(gateway, hub))} rows, not {count}: " + "".join(gateway.lines))


def ids(found):
    return sorted(row["id"] for row in found)


def test_an_event_is_a_row_within_seconds_without_any_configuration():
    with Gateway(listeners=["http"]) as gateway:
        send(gateway, 0)
        wait_for(gateway, 100)

        found = rows(gateway)
        assert ids(found) == list(range(100))
        assert {row["site_name"] for row in found} == {"north"}
        assert ids(rows(gateway, reader=by_delta_rs)) == list(range(100))
        end = time.monotonic() + PATIENCE
        while (families := scrape(gateway)) and time.monotonic() < end:
            if value(families, "millrace_pipeline_events", pipeline="readings") == 100:
                break
        assert value(families, "millrace_pipeline_events", pipeline="readings") == 100
        assert value(families, "millrace_pipeline_rows", pipeline="readings") == 100
        lags = families["millrace_pipeline_lag_events"].samples
        assert len(lags) == 4 and sum(s.value for s in lags) == 0
        waits = families["millrace_pipeline_lag_seconds"].samples
        assert {s.labels["partition"] for s in waits} == {"0", "1", "2", "3"}
        assert all(s.value == 0 for s in waits)
        for name in ("commit", "flush", "freshness"):
            histogram = families[f"millrace_pipeline_{name}_seconds"]
            assert histogram.type == "histogram"
            assert max(s.value for s in histogram.samples if s.name.endswith("_count")) >= 1
        text = gateway.command("stats")
        assert "pipeline\treadings\tfollowing" in text, text
        (pipeline,) = json.loads(gateway.command("stats", "--json"))["pipelines"]
        assert (pipeline["state"], pipeline["lag"]) == ("following", 0)


def test_a_graceful_stop_drains_what_would_have_waited():
    with Gateway("tables: {freshness: 1h}", listeners=["http"]) as gateway:
        send(gateway, 0)
        send(gateway, 0, hub="other")

        assert gateway.stop() == 0

        assert ids(rows(gateway)) == list(range(100))
        assert ids(rows(gateway, "other")) == list(range(100))


def test_a_gateway_that_is_killed_again_and_again_leaves_each_event_once():
    with Gateway("tables: {freshness: 100ms, commits-per-second: 50}", listeners=["http"]) as gateway:
        for number in range(6):
            send(gateway, 1000 * number)
            send(gateway, 1000 * number + 100)
            if number % 2:
                wait_for(gateway, 1)
            gateway.kill()
            gateway.start()
        wait_for(gateway, 1200)
        assert gateway.stop() == 0

        found = rows(gateway)
        places = {(row["_partition"], row["_offset"]) for row in found}
        assert len(found) == len(places) == 1200
        assert ids(found) == [1000 * n + k for n in range(6) for k in range(200)]


def test_streams_without_a_table_have_none():
    settings = "streams: {quiet: {table: {enabled: false}}, loud: {}}"
    with Gateway(settings, listeners=["http"]) as gateway:
        send(gateway, 0, hub="quiet")
        send(gateway, 0, hub="loud")

        assert gateway.stop() == 0

        assert len(rows(gateway, "loud")) == 100
        assert not (gateway.data / "tables" / "quiet").exists()


def test_a_mapping_of_the_configuration_makes_the_columns(tmp_path):
    settings = f"""
streams:
  mapped:
    table:
      path: {tmp_path / "elsewhere"}
      mapping:
        undeclared: rescue
        fields:
          id: {{type: long, column: number}}
"""
    with Gateway(settings, listeners=["http"]) as gateway:
        send(gateway, 0, hub="mapped")

        assert gateway.stop() == 0

        found = by_duckdb(tmp_path / "elsewhere")
        assert sorted(row["number"] for row in found) == list(range(100))
        assert all("north" in row["_rescued_data"] for row in found)


def test_what_is_no_json_is_kept_in_the_quarantine():
    with Gateway(listeners=["http"]) as gateway:
        send(gateway, 0)
        assert gateway.send("readings", b"not json")[0] == 201

        assert gateway.stop() == 0

        assert len(rows(gateway)) == 100
        (bad,) = rows(gateway, "readings_quarantine")
        assert b"not json" in [value for value in bad.values()] or "not json" in map(str, bad.values())


def test_two_gateways_fill_one_table_and_their_rows_stay_apart(tmp_path):
    shared = tmp_path / "shared"
    settings = f"streams: {{readings: {{table: {{path: {shared}}}}}}}\ntables: {{freshness: 100ms}}"
    with (
        Gateway(settings, listeners=["http"]) as one, Gateway(settings, listeners=["http"]) as two,
    ):
        for start in range(0, 1000, 100):
            send(one, start)
            send(two, 10_000 + start)
        assert (one.stop(), two.stop()) == (0, 0)

        found = by_duckdb(shared)
        assert ids(found) == [*range(1000), *range(10_000, 11_000)]
        places = {(row["_source"], row["_partition"], row["_offset"]) for row in found}
        assert len(places) == 2000 and len({source for source, _, _ in places}) == 2
        for gateway in (one, two):
            assert "every event exactly once" in gateway.command("table", "prove", shared)
