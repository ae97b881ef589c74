"""The peers of `materialize.*`: DuckDB and Spark, driven line by line.

usage: peer.py duckdb|duckdb-nested|spark NDJSON DIRECTORY REPEATS

Says `ready` when it has its engine, and for each line it reads converts the whole file to Parquet
once, and answers with the seconds.
"""

import pathlib
import shutil
import sys
import time

TYPES = """{deviceId: 'VARCHAR', site: 'STRUCT("group" VARCHAR, region VARCHAR)', seq: 'BIGINT',
 enqueuedAt: 'TIMESTAMP', reading: 'STRUCT("value" DOUBLE, quality STRUCT(good BOOLEAN, score
 DOUBLE))', tags: 'JSON'}"""

TELEMETRY = """copy (select deviceId, site."group" site_group, site.region site_region, seq,
 enqueuedAt, reading."value" reading_value, reading.quality.good reading_quality_good,
 reading.quality.score reading_quality_score, tags
 from read_ndjson('{source}', columns = {types}))
 to '{target}/events.parquet' (format parquet, codec zstd)"""

STATUS = """{version: 'BIGINT', address: 'VARCHAR', "timestamp": 'BIGINT',
 connections: 'STRUCT(accepted BIGINT, active BIGINT)', requests: 'STRUCT(total BIGINT)',
 server_zones: 'MAP(VARCHAR, STRUCT(requests BIGINT, received BIGINT, sent BIGINT))',
 upstreams: 'MAP(VARCHAR, STRUCT(peers STRUCT(id BIGINT, "server" VARCHAR, state VARCHAR,
 requests BIGINT, sent BIGINT)[]))'}"""

# Two explodes and a map: zones by their key, peers of each upstream below the upstream's key. The
# input is parsed once, into columns of the types that are wanted.
NESTED = [
    """create or replace temp table raw as select row_number() over () id, *
     from read_ndjson('{source}', columns = {status})""",
    """copy (select id, version, address, connections.accepted as connections_accepted,
     connections.active as connections_active, requests.total as requests_total,
     "timestamp" as stamp from raw)
     to '{target}/events.parquet' (format parquet, codec zstd)""",
    """copy (select id, z.key as zone, z."value".requests as requests,
     z."value".received as received, z."value".sent as sent
     from (select id, unnest(map_entries(server_zones)) z from raw))
     to '{target}/zones.parquet' (format parquet, codec zstd)""",
    """copy (select id, upstream, p.id as id_1, p."server" as "server", p.state as state,
     p.requests as requests, p.sent as sent
     from (select id, u.key as upstream, unnest(u."value".peers) p
      from (select id, unnest(map_entries(upstreams)) u from raw)))
     to '{target}/peers.parquet' (format parquet, codec zstd)""",
]


def duckdb_engine(statements, source):
    import duckdb

    connection = duckdb.connect()
    connection.execute("set threads = 2; set preserve_insertion_order = true")

    def run(target):
        for statement in statements:
            connection.execute(
                statement.format(source=source, target=target, types=TYPES, status=STATUS))

    return run


def spark_engine(source):
    from pyspark.sql import SparkSession, functions

    spark = (
        SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
        .config("spark.sql.parquet.compression.codec", "zstd")
        .config("spark.sql.shuffle.partitions", "2").getOrCreate())
    spark.sparkContext.setLogLevel("ERROR")
    schema = (
        "deviceId string, site struct<`group`:string,region:string>, seq bigint, enqueuedAt "
        "timestamp, reading struct<value:double,quality:struct<good:boolean,score:double>>, "
        "tags array<string>")

    def run(target):
        lines = spark.readStream.format("text").load(str(pathlib.Path(source).parent))
        parsed = lines.select(functions.from_json("value", schema).alias("e"))
        flat = parsed.selectExpr(
            "e.deviceId", "e.site.`group` site_group", "e.site.region site_region", "e.seq",
            "e.enqueuedAt", "e.reading.value reading_value",
            "e.reading.quality.good reading_quality_good",
            "e.reading.quality.score reading_quality_score", "to_json(e.tags) tags")
        query = (
            flat.writeStream.format("parquet").option("path", f"{target}/table")
            .option("checkpointLocation", f"{target}/checkpoint")
            .trigger(availableNow=True).start())
        query.awaitTermination()

    return run


def main(kind, source, directory, repeats):
    place = pathlib.Path(directory)
    whole = place / "input" / "events.ndjson"
    whole.parent.mkdir(parents=True)
    once = pathlib.Path(source).read_bytes()
    with open(whole, "wb") as file:
        for _ in range(int(repeats)):
            file.write(once)
    if kind == "spark":
        run = spark_engine(whole)
    else:
        run = duckdb_engine([TELEMETRY] if kind == "duckdb" else NESTED, whole)
    print("ready", flush=True)
    for number, _ in enumerate(sys.stdin):
        target = place / f"out-{number}"
        target.mkdir()
        started = time.perf_counter()
        run(target)
        print(time.perf_counter() - started, flush=True)
        shutil.rmtree(target)


main(*sys.argv[1:])
