"""AMQP values written here are the same values to Qpid Proton, and the other way round."""

import random
import subprocess
import uuid

import proton
import pytest
from proton import Data, Described, char, decimal32, decimal64, decimal128, symbol, timestamp

from built import program

TOOL = program("AMQPTool")


def run(*arguments, text=""):
    done = subprocess.run(
        [TOOL, *map(str, arguments)],
        input=text, capture_output=True, text=True, check=False, timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def written_here(encodings):
    """What each encoding, read here, is written as."""
    return [bytes.fromhex(line) for line in run("values", text="\n".join(encodings) + "\n")]


def read_by_proton(encoding):
    data = Data()
    rest = encoding
    while rest:
        rest = rest[data.decode(rest):]
    return data


def can_be_read_by_proton(encoding):
    """Proton miscounts a list that holds a described value inside a described value."""
    try:
        return read_by_proton(encoding).encode() == encoding
    except (proton.DataException, ValueError):
        return False


def encoded_by_proton(value):
    data = Data()
    data.put_object(value)
    return data.encode()


VALUES = [
    None, True, False, b"", b"\x00\xff", "", "größe 日 😀", "x" * 255, "x" * 256, symbol("a-b"),
    proton.ubyte(255), proton.byte(-128), proton.ushort(65535), proton.short(-32768),
    proton.uint(0), proton.uint(255), proton.uint(256), proton.uint(2**32 - 1),
    proton.int32(-129), proton.int32(127), proton.int32(-(2**31)),
    proton.ulong(0), proton.ulong(255), proton.ulong(2**64 - 1),
    -1, 128, 2**63 - 1, -(2**63), proton.float32(1.5), -0.25, 1e300,
    char("é"), timestamp(1_700_000_000_000), timestamp(-1),
    decimal32(7), decimal64(2**60), decimal128(bytes(range(16))), uuid.UUID(int=2**120 + 5),
    [], [None, [1, [2, ["three"]]], {}], {"k": [1], symbol("s"): {"inner": b"v"}},
    {n: "v" * n for n in range(40)}, Described(symbol("com.microsoft:uri"), "amqp://x"),
    Described(proton.ulong(0x137000000A), [Described(1, 2)]),
]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_what_proton_writes_is_written_here_as_proton_reads_it(value):
    theirs = encoded_by_proton(value)
    (ours,) = written_here([theirs.hex()])

    data = read_by_proton(ours)
    data.rewind()
    data.next()
    found = data.get_object()
    found = bytes(found) if isinstance(found, memoryview) else found
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("seed", range(10))
def test_a_drawn_value_survives_the_way_through_proton(seed):
    ours = [bytes.fromhex(line) for line in run("draw", seed, 300)]
    theirs = [read_by_proton(encoding).encode() for encoding in ours]
    pairs = [pair for pair in zip(ours, theirs) if can_be_read_by_proton(pair[1])]

    assert len(pairs) > 0.98 * len(ours)
    assert written_here([encoding.hex() for _, encoding in pairs]) == [own for own, _ in pairs]


@pytest.mark.parametrize("seed", range(3))
def test_damaged_values_stop_neither(seed):
    rng = random.Random(seed)
    damaged = []
    for line in run("draw", 1000 + seed, 200):
        encoding = bytearray.fromhex(line)
        for _ in range(5):
            copy = bytearray(encoding)
            copy[rng.randrange(len(copy))] = rng.randrange(256)
            damaged.append(bytes(copy))

    answers = run("values", text="".join(f"{encoding.hex()}\n" for encoding in damaged))

    assert len(answers) == len(damaged)
    assert any(answer.startswith("error") for answer in answers)
