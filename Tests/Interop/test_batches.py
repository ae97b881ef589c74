"""Record batches made here and by aiokafka are the same, in both directions."""

import json
import random
import subprocess

import pytest
from aiokafka.record.default_records import DefaultRecordBatch, DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords

from built import program

TOOL = program("BatchTool")
CODECS = {"none": 0, "gzip": 1, "snappy": 2, "lz4": 3, "zstd": 4}
NOBODY = (-1, -1, -1)


def run(command, text):
    done = subprocess.run(
        [TOOL, command], input=text, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def hexed(data):
    return "-" if data is None else "x" + data.hex()


def described(records, codec="none", producer=NOBODY):
    lines = [f"batch {codec} " + ("-" if producer == NOBODY else ",".join(map(str, producer)))]
    for timestamp, key, value, headers in records:
        pairs = [f"{hexed(name.encode())}={hexed(data)}" for name, data in headers]
        lines.append(" ".join(["record", str(timestamp), hexed(key), hexed(value), *pairs]))
    return "\n".join(lines) + "\n"


def made_here(records, codec="none", producer=NOBODY):
    (line,) = run("encode", described(records, codec, producer))
    return bytes.fromhex(line)


def made_by_aiokafka(records, codec="none", producer=NOBODY, is_transactional=0):
    builder = DefaultRecordBatchBuilder(
        magic=2,
        compression_type=CODECS[codec],
        is_transactional=is_transactional,
        producer_id=producer[0],
        producer_epoch=producer[1],
        base_sequence=producer[2],
        batch_size=1 << 30,
    )
    for offset, (timestamp, key, value, headers) in enumerate(records):
        assert builder.append(offset, timestamp, key, value, headers) is not None
    return bytes(builder.build())


def read_by_aiokafka(data):
    """The batches of `data` as aiokafka sees them, each with its records."""
    memory = MemoryRecords(bytes(data))
    batches = []
    while memory.has_next():
        batch = memory.next_batch()
        assert isinstance(batch, DefaultRecordBatch)
        assert batch.validate_crc()
        records = [(r.timestamp, r.key, r.value, list(r.headers)) for r in batch]
        batches.append((batch, records))
    return batches


def read_here(data):
    """The batches of `data` as Millrace sees them, each with its records."""
    batches = []
    for line in run("decode", data.hex() + "\n"):
        found = json.loads(line)
        if "codec" in found:
            batches.append((found, []))
        else:
            unhex = lambda text: None if text is None else bytes.fromhex(text)
            headers = [(unhex(name).decode(), unhex(value)) for name, value in found["headers"]]
            record = (found["timestamp"], unhex(found["key"]), unhex(found["value"]), headers)
            assert found["offset"] == batches[-1][0]["baseOffset"] + len(batches[-1][1])
            batches[-1][1].append(record)
    return batches


def drawn(seed, count):
    """Records of all shapes, which follow from `seed`."""
    rng = random.Random(seed)

    def data(limit):
        size = rng.choice([-1, 0, 1, 63, 64, rng.randrange(limit)])
        return None if size < 0 else rng.randbytes(size)

    start = rng.randrange(2_000_000_000_000)
    return [
        (
            start + rng.randrange(-10_000, 1_000_000),
            data(40),
            data(9_000),
            [(f"größe-{n}", data(30)) for n in range(rng.choice([0, 0, 0, 1, 3, 70]))],
        )
        for _ in range(count)
    ]


SHAPES = {
    "one": [(1_700_000_000_000, b"key", b"value", [])],
    "nulls": [(0, None, None, []), (0, b"", b"", []), (0, None, b"", []), (0, b"", None, [])],
    "headers": [(5, b"k", b"v", [("a", b"1"), ("a", None), ("", b""), ("é", b"\x00\xff")])],
    "times": [(10, None, b"a", []), (5, None, b"b", []), (2**45, None, b"c", [])],
    "large": [(1, b"k" * 100, b"abcdefgh" * 100_000, [])],
    "events": [(n, None, b'{"device":"pump-%d","value":%d}' % (n % 7, n), []) for n in range(500)],
    "drawn-1": drawn(1, 60),
    "drawn-2": drawn(2, 300),
}
PRODUCERS = [NOBODY, (7, 0, 0), (2**62, 2**15 - 1, 2**31 - 1)]


@pytest.mark.parametrize("producer", PRODUCERS)
@pytest.mark.parametrize("shape", SHAPES)
def test_the_same_records_give_the_same_bytes(shape, producer):
    records = SHAPES[shape]
    assert made_here(records, producer=producer) == made_by_aiokafka(records, producer=producer)


@pytest.mark.parametrize("codec", ["none", "zstd"])
@pytest.mark.parametrize("shape", SHAPES)
def test_aiokafka_reads_what_is_made_here(shape, codec):
    records = SHAPES[shape]
    producer = (42, 3, 1000)
    ((batch, found),) = read_by_aiokafka(made_here(records, codec, producer))
    assert found == records
    assert (batch.producer_id, batch.producer_epoch, batch.base_sequence) == producer
    assert batch.max_timestamp == max(r[0] for r in records)
    if shape in ("events", "large"):
        assert batch.compression_type == CODECS[codec]


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("shape", SHAPES)
def test_what_aiokafka_makes_is_read_here(shape, codec):
    records = SHAPES[shape]
    producer = (42, 3, 1000)
    ((batch, found),) = read_here(made_by_aiokafka(records, codec, producer, is_transactional=1))
    assert found == records
    assert batch["codec"] == codec or shape not in ("events", "large")
    assert (batch["producerId"], batch["producerEpoch"], batch["baseSequence"]) == producer
    assert batch["maxTimestamp"] == max(r[0] for r in records)


def test_a_record_set_of_several_batches_is_read_by_both():
    shapes = [SHAPES["events"], SHAPES["nulls"], SHAPES["drawn-1"]]
    ours = b"".join(made_here(records, "zstd") for records in shapes)
    theirs = b"".join(made_by_aiokafka(records, "lz4") for records in shapes)
    assert [found for _, found in read_by_aiokafka(ours)] == shapes
    assert [found for _, found in read_here(theirs)] == shapes


def test_a_damaged_batch_is_refused_by_both():
    data = bytearray(made_here(SHAPES["events"]))
    data[200] ^= 1
    assert not MemoryRecords(bytes(data)).next_batch().validate_crc()
    done = subprocess.run(
        [TOOL, "decode"], input=data.hex(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "checksum" in done.stderr
