"""AMQP 1.0 by hand, from the standard: what other SDKs than Python's send, and what no SDK should.

Nothing here is shared with the product: the encodings are written out as the reference and the
standard have them.
"""

import socket
import struct

SASL = b"AMQP\x03\x01\x00\x00"
AMQP = b"AMQP\x00\x01\x00\x00"
NULL, TRUE, FALSE, EMPTY_LIST = b"\x40", b"\x41", b"\x42", b"\x45"


def text(value):
    data = value.encode()
    return b"\xa1" + bytes([len(data)]) + data if len(data) < 256 else b"\xb1" + struct.pack(">I", len(data)) + data


def symbol(value):
    return b"\xa3" + bytes([len(value)]) + value.encode()


def binary(data):
    return b"\xa0" + bytes([len(data)]) + data if len(data) < 256 else b"\xb0" + struct.pack(">I", len(data)) + data


def uint(value):
    return b"\x70" + struct.pack(">I", value)


def ulong(value):
    return b"\x80" + struct.pack(">Q", value)


def long(value):
    return b"\x81" + struct.pack(">q", value)


def int32(value):
    return b"\x71" + struct.pack(">i", value)


def short(value):
    return b"\x61" + struct.pack(">h", value)


def ushort(value):
    return b"\x60" + struct.pack(">H", value)


def ubyte(value):
    return b"\x50" + bytes([value])


def timestamp(value):
    return b"\x83" + struct.pack(">q", value)


def described(code, value):
    return b"\x00\x53" + bytes([code]) + value


def listed(*items):
    content = b"".join(items)
    return b"\xd0" + struct.pack(">II", len(content) + 4, len(items)) + content


def pairs(*items):
    """A map of keys and values that follow each other."""
    content = b"".join(items)
    return b"\xd1" + struct.pack(">II", len(content) + 4, len(items)) + content


def symbols(*names):
    content = b"".join(bytes([len(name)]) + name.encode() for name in names)
    return b"\xe0" + bytes([len(content) + 2, len(names)]) + b"\xa3" + content


def frame(body, channel=0, kind=0):
    return struct.pack(">IBBH", len(body) + 8, 2, kind, channel) + body


def performative(code, *fields, channel=0, payload=b""):
    return frame(described(code, listed(*fields)) + payload, channel)


def sasl_init(mechanism, response=NULL):
    return frame(described(0x41, listed(symbol(mechanism), response, text("localhost"))), kind=1)


def open_(max_frame=65536, channel_max=8191, idle=60000):
    return performative(
        0x10, text("by-hand"), text("localhost"), uint(max_frame), ushort(channel_max),
        uint(idle) if idle else NULL, NULL, NULL, NULL, NULL, NULL,
    )


def begin(channel=0, window=5000, handle_max=255):
    return performative(
        0x11, NULL, uint(1), uint(window), uint(window), uint(handle_max), NULL, NULL, NULL,
        channel=channel,
    )


def terminus(code, address):
    return described(code, listed(text(address) if address is not None else NULL))


def attach(
    name, handle, receives, source, target, channel=0, properties=NULL, desired=NULL, settle=NULL,
    filters=NULL,
):
    origin = [text(source) if source is not None else NULL] + [NULL] * 6 + [filters, NULL, NULL, NULL]
    return performative(
        0x12, text(name), uint(handle), TRUE if receives else FALSE, settle, NULL,
        described(0x28, listed(*origin)), terminus(0x29, target), NULL, NULL,
        NULL if receives else uint(0), NULL, NULL, desired, properties, channel=channel,
    )


def flow(handle, credit, count=0, channel=0, window=5000, drain=False):
    return performative(
        0x13, uint(0), uint(window), uint(1), uint(window), uint(handle), uint(count),
        uint(credit), NULL, TRUE if drain else FALSE, NULL, NULL, channel=channel,
    )


def transfer(handle, number, message, channel=0, message_format=0, settled=False, more=False):
    return performative(
        0x14, uint(handle), uint(number), binary(struct.pack(">I", number)), uint(message_format),
        TRUE if settled else FALSE, TRUE if more else FALSE, NULL, NULL, NULL, NULL, TRUE,
        channel=channel, payload=message,
    )


class Reader:
    """Reads values back, as plain Python: descriptors are dropped, but for the outermost."""

    def __init__(self, data):
        self.data, self.position = data, 0

    def take(self, count):
        if self.position + count > len(self.data):
            raise EOFError
        self.position += count
        return self.data[self.position - count : self.position]

    def number(self, form):
        return struct.unpack(">" + form, self.take(struct.calcsize(form)))[0]

    def value(self):
        code = self.take(1)[0]
        simple = {0x40: None, 0x41: True, 0x42: False, 0x43: 0, 0x44: 0, 0x45: []}
        if code in simple:
            return simple[code]
        if code == 0x00:
            self.value()
            return self.value()
        forms = {
            0x50: "B", 0x51: "b", 0x52: "B", 0x53: "B", 0x54: "b", 0x55: "b", 0x56: "?",
            0x60: "H", 0x61: "h", 0x70: "I", 0x71: "i", 0x72: "f", 0x80: "Q", 0x81: "q",
            0x82: "d", 0x83: "q",
        }
        if code in forms:
            return self.number(forms[code])
        if code == 0x98:
            return self.take(16)
        length = self.number("B" if code & 0x10 == 0 else "I")
        if code in (0xA0, 0xB0):
            return self.take(length)
        if code in (0xA1, 0xB1, 0xA3, 0xB3):
            return self.take(length).decode()
        wide = code & 0x10
        count = self.number("I" if wide else "B")
        if code in (0xE0, 0xF0):
            start = self.position
            constructor = self.take(1)
            items = []
            for _ in range(count):
                items.append(Reader(constructor + self.data[self.position :]).sub(self))
            assert self.position >= start
            return items
        items = [self.value() for _ in range(count)]
        if code in (0xC1, 0xD1):
            return dict(zip(items[::2], items[1::2]))
        return items

    def sub(self, outer):
        found = self.value()
        outer.position += self.position - 1
        return found


class Peer:
    """A socket that speaks frames. `expect` skips what nobody waits for."""

    def __init__(self, port, timeout=10):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self.input = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, *parts):
        self.socket.sendall(b"".join(parts))

    def read(self, count):
        while len(self.input) < count:
            more = self.socket.recv(1 << 16)
            if not more:
                raise EOFError("the server closed the connection")
            self.input += more
        taken, self.input = self.input[:count], self.input[count:]
        return taken

    def header(self):
        return self.read(8)

    def frame(self):
        """Channel, code, fields and payload of the next frame; an empty one has no code."""
        size, offset, kind, channel = struct.unpack(">IBBH", self.read(8))
        body = self.read(size - 8)[offset * 4 - 8 :]
        if not body:
            return channel, None, [], b""
        assert body[:2] == b"\x00\x53"
        reader = Reader(body)
        reader.position = 3
        fields = reader.value()
        return channel, body[2], fields, body[reader.position :]

    def expect(self, code):
        """The next frame of a kind; a close or detach that nobody waits for is an error."""
        while True:
            channel, found, fields, payload = self.frame()
            if found == code:
                return fields, payload
            assert found not in (0x16, 0x17, 0x18), (hex(found), fields)

    def wait_closed(self):
        """Reads to the end. Returns the last error that a close, end or detach told."""
        error = None
        try:
            while True:
                _, code, fields, _ = self.frame()
                if code in (0x16, 0x17, 0x18) and fields and fields[-1]:
                    error = fields[-1]
        except (EOFError, ConnectionResetError):
            return error

    def wait_closed_link(self):
        """The condition with which the server detaches a link."""
        while True:
            _, code, fields, _ = self.frame()
            if code == 0x16 and fields[2]:
                return fields[2][0]

    def handshake(self, mechanism="ANONYMOUS", response=NULL, **options):
        """All of it in one piece, as some SDKs send it."""
        self.send(SASL, sasl_init(mechanism, response), AMQP, open_(**options), begin())
        assert self.header() == SASL
        assert self.expect(0x40)[0][0][:3] == ["MSSBCBS", "PLAIN", "ANONYMOUS"]
        assert self.expect(0x44)[0][0] == 0
        assert self.header() == AMQP
        opened = self.expect(0x10)[0]
        self.expect(0x11)
        return opened

    def plain(self, rule, key, **options):
        return self.handshake("PLAIN", binary(f"\0{rule}\0{key}".encode()), **options)


def message_properties(*fields):
    return described(0x73, listed(*fields))


def annotations(*items):
    return described(0x72, pairs(*items))


def properties(*items):
    return described(0x74, pairs(*items))


def data(content):
    return described(0x75, binary(content))


def batch(*messages):
    return b"".join(data(message) for message in messages)
