"""Flattened rows against what DuckDB makes of the same NDJSON, children included, and JSONTestSuite.

`../shared/data` holds the archives.
"""

import json
import subprocess

import duckdb
import pytest

from built import DATA, program

pytestmark = pytest.mark.skipif(not DATA.exists(), reason="the data sets are not here")


@pytest.fixture(scope="session")
def tool():
    return program("FlattenTool")


def unpack(name, directory):
    target = directory / name.removesuffix(".zst")
    subprocess.run(["zstd", "-dqf", DATA / name, "-o", target], check=True)
    return target


def flatten(tool, ndjson, directory, mapping=None):
    """Flattens a file into Parquet files; returns the counts, and the inferred columns by table."""
    arguments = [tool, "parquet", ndjson, directory]
    if mapping is not None:
        (directory / "mapping.json").write_text(json.dumps(mapping))
        arguments.append(directory / "mapping.json")
    done = subprocess.run(arguments, capture_output=True, text=True, check=True)
    words = done.stdout.split()
    counts = {words[i]: int(words[i + 1]) for i in range(0, len(words), 2)}
    columns = {}
    for column in json.loads((directory / "columns.json").read_text())["columns"]:
        columns.setdefault(column["table"], {})[column["column"]] = column["path"]
    return counts, columns


def connect():
    connection = duckdb.connect(config={"threads": 1})
    connection.execute("SET TimeZone = 'UTC'")
    return connection


def differences(connection, ours, theirs):
    """How many rows there are, and how many of them are not in both."""
    count = connection.execute(f"SELECT count(*) FROM ({ours})").fetchone()[0]
    missing = f"(({ours}) EXCEPT ALL ({theirs})) UNION ALL (({theirs}) EXCEPT ALL ({ours}))"
    return count, connection.execute(f"SELECT * FROM ({missing}) LIMIT 5").fetchall()


def test_telemetry_equals_what_duckdb_reads(tool, tmp_path):
    ndjson = unpack("nab-telemetry.ndjson.zst", tmp_path)
    counts, _ = flatten(tool, ndjson, tmp_path)
    connection = connect()

    ours = f"""
        SELECT _offset, deviceId, site_group, site_region, seq, enqueuedAt::TIMESTAMP,
            reading_value, reading_quality_good, reading_quality_score, tags
        FROM '{tmp_path}/parent.parquet' WHERE _rescued_data IS NULL"""
    theirs = f"""
        SELECT row_number() OVER () - 1, deviceId, site."group", site.region, seq, enqueuedAt,
            reading.value, reading.quality.good, reading.quality.score, to_json(tags)::VARCHAR
        FROM read_ndjson('{ndjson}')"""

    count, different = differences(connection, ours, theirs)
    assert counts == {"landed": 321206, "with-rescues": 0, "quarantined": 0}
    assert (count, different) == (321206, [])


PEERS = {"as": "map", "fields": {"peers": {"as": "explode"}}}
NGINX = {
    "fields": {
        "server_zones": {"as": "map", "key": "zone"},
        "upstreams": PEERS | {"key": "upstream"},
        "caches": {"as": "map"},
        "stream": {"fields": {"server_zones": {"as": "map"}, "upstreams": PEERS}},
    }
}
# For each table the containers its rows lie in, outermost first.
NGINX_TABLES = {
    "": [],
    "server_zones": ["map $.server_zones"],
    "upstreams": ["map $.upstreams"],
    "upstreams_peers": ["map $.upstreams", "array $.peers"],
    "caches": ["map $.caches"],
    "stream_server_zones": ["map $.stream.server_zones"],
    "stream_upstreams": ["map $.stream.upstreams"],
    "stream_upstreams_peers": ["map $.stream.upstreams", "array $.peers"],
}


def elements(ndjson, containers):
    """SQL for the values that become rows: `o`, an index for each level, and the value `v`."""
    sql = f"SELECT row_number() OVER () - 1 AS o, json AS v FROM read_ndjson_objects('{ndjson}')"
    indexes = []
    for level, container in enumerate(containers, 1):
        kind, path = container.split()
        names = ", ".join(["o"] + indexes)
        if kind == "map":
            keys = f"json_keys(v, '{path}')"
            place = f"""'{path}."' || {keys}[i + 1] || '"'"""
            count = f"len({keys})"
        else:
            place = f"'{path}[' || i || ']'"
            count = f"json_array_length(v, '{path}')"
        sql = f"""
            SELECT {names}, i AS _index_{level}, json_extract(v, {place}) AS v
            FROM (SELECT *, unnest(range({count}::BIGINT)) AS i FROM ({sql}))"""
        indexes.append(f"_index_{level}")
    return sql, indexes


@pytest.fixture(scope="module")
def nginx(tool, tmp_path_factory):
    directory = tmp_path_factory.mktemp("nginx")
    ndjson = unpack("nginx-plus.ndjson.zst", directory)
    return (directory, ndjson, *flatten(tool, ndjson, directory, NGINX))


@pytest.mark.parametrize("table", NGINX_TABLES)
def test_a_table_of_nginx_equals_what_duckdb_unnests(nginx, table):
    directory, ndjson, _, columns = nginx
    sql, indexes = elements(ndjson, NGINX_TABLES[table])
    paths = {
        name: "$" + "".join(f'."{key}"' for key in path)
        for name, path in columns.get(table, {}).items()
    }
    # An upstream of streams has nothing but peers, so its row is its identity and its key.
    assert paths or table == "stream_upstreams"

    ours = ", ".join(["_offset", *indexes] + [f'"{name}"::VARCHAR' for name in paths])
    theirs = ", ".join(["o", *indexes] + [f"json_extract_string(v, '{p}')" for p in paths.values()])
    count, different = differences(
        connect(),
        f"SELECT {ours} FROM '{directory}/{table or 'parent'}.parquet' WHERE _rescued_data IS NULL",
        f"SELECT {theirs} FROM ({sql})",
    )

    assert different == []
    assert count >= 500


def test_every_document_of_nginx_lands_whole(nginx):
    assert nginx[2] == {"landed": 500, "with-rescues": 0, "quarantined": 0}


def test_the_rows_of_peers_carry_the_keys_above_them(nginx):
    rows = connect().execute(
        f"""SELECT count(*) FROM '{nginx[0]}/upstreams_peers.parquet' AS p
            JOIN '{nginx[0]}/upstreams.parquet' AS u USING (_source, _partition, _offset, _index_1)
            WHERE p.upstream = u.upstream"""
    ).fetchone()[0]

    assert rows == connect().execute(
        f"SELECT count(*) FROM '{nginx[0]}/upstreams_peers.parquet'").fetchone()[0]


def outcomes(tool, tmp_path):
    subprocess.run(
        ["tar", "--zstd", "-xf", DATA / "json-test-suite.tar.zst", "-C", tmp_path], check=True)
    files = sorted(tmp_path.rglob("*.json"))
    done = subprocess.run([tool, "outcomes", *files], capture_output=True, text=True, check=True)
    return {line.split()[0]: line.split(maxsplit=3)[1:] for line in done.stdout.splitlines()}


def test_the_json_test_suite(tool, tmp_path):
    found = outcomes(tool, tmp_path)

    assert len(found) == len(list(tmp_path.rglob("*.json"))) > 300
    for name, (rows, outcome, *reason) in found.items():
        if name.startswith("y_"):
            assert (rows, outcome) in [("1", "landed"), ("1", "rescued")], name
        elif name.startswith("n_"):
            assert (rows, outcome) == ("0", "quarantined") and reason, name
        else:
            assert outcome in ("landed", "rescued", "quarantined"), name
