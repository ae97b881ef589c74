"""Rows equal, value by value, to what DuckDB makes of the same lines; children included."""

import json
import subprocess

import deltalake
import duckdb
import pytest

from built import DATA, program

TOOL = program("MaterializerTool")
BATCH = 500


def lines(name):
    path = DATA / name
    if not path.exists():
        pytest.skip(f"{path} is not there")
    return subprocess.run(["zstd", "-dcq", path], check=True, capture_output=True).stdout


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Makes tables of a data file, and returns their root and the file of its lines."""

    def make(name, mapping=None):
        directory = tmp_path_factory.mktemp("materialized")
        source = directory / "lines.ndjson"
        source.write_bytes(lines(name))
        store, root = directory / "store", directory / "table"
        fill = [TOOL, "fill", "--store", store, "--file", source, "--batch", str(BATCH)]
        subprocess.run([str(part) for part in fill], check=True, capture_output=True)
        follow = [TOOL, "follow", "--store", store, "--root", root]
        if mapping:
            (directory / "mapping.json").write_text(json.dumps(mapping))
            follow += ["--mapping", directory / "mapping.json"]
        done = subprocess.run(
            [str(part) for part in follow], check=True, capture_output=True, text=True)
        assert " following " in done.stdout, done.stdout
        return root, source

    return make


def rows(root):
    return deltalake.DeltaTable(str(root)).to_pyarrow_table()


# The line of an event: batches go to four partitions in turns.
LINE = f"(_offset // {BATCH} * 4 + _partition) * {BATCH} + _offset % {BATCH}"


def test_telemetry_has_the_values_of_duckdb(made):
    root, source = made("nab-telemetry.ndjson.zst")
    ours = rows(root)  # noqa: F841, DuckDB finds it by its name
    connection = duckdb.connect()
    connection.execute(
        f"create table theirs as select row_number() over () - 1 line, * "
        f"from read_ndjson('{source}')")
    differing = """
        o.deviceId is distinct from t.deviceId
        or o.site_group is distinct from t.site."group"
        or o.site_region is distinct from (t.site.region)::varchar
        or o.seq is distinct from t.seq
        or epoch_us(o.enqueuedAt) is distinct from epoch_us(t.enqueuedAt)
        or o.reading_value is distinct from t.reading."value"
        or o.reading_quality_good is distinct from t.reading.quality.good
        or o.reading_quality_score is distinct from t.reading.quality.score
        or (o.tags)::json::varchar[] is distinct from t.tags
        or o._rescued_data is not null"""
    count, wrong = connection.execute(
        f"select count(*), count(*) filter ({differing}) "
        f"from (select *, {LINE} line from ours) o join theirs t using (line)").fetchone()
    (total,) = connection.execute("select count(*) from theirs").fetchone()
    assert (count, wrong) == (total, 0)


ZONES = {
    "fields": {
        "server_zones": {"as": "map", "table": "zones", "key": "zone"},
        "upstreams": {
            "as": "map", "table": "upstreams", "key": "upstream",
            "fields": {"peers": {"as": "explode", "table": "peers"}},
        },
    }
}


def test_nested_documents_have_the_children_of_python(made):
    root, source = made("nginx-plus.ndjson.zst", ZONES)
    documents = [json.loads(line) for line in source.read_bytes().splitlines()]
    zones = rows(f"{root}_zones").to_pylist()
    peers = rows(f"{root}_peers").to_pylist()

    def line(row):
        offset = row["_offset"]
        return (offset // BATCH * 4 + row["_partition"]) * BATCH + offset % BATCH

    assert len(rows(root)) == len(documents)
    found = {(line(row), row["zone"]): (row["requests"], row["sent"]) for row in zones}
    assert len(found) == len(zones)
    assert found == {
        (number, zone): (value["requests"], value["sent"])
        for number, document in enumerate(documents)
        for zone, value in document["server_zones"].items()
    }
    keyed = sorted(
        (line(row), row["upstream"], row["id"], row["server"], row["requests"]) for row in peers)
    assert keyed == sorted(
        (number, upstream, peer["id"], peer["server"], peer["requests"])
        for number, document in enumerate(documents)
        for upstream, value in document["upstreams"].items()
        for peer in value["peers"]
    )
