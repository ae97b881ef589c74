// Drives the AMQP module for suites and for tests in other languages. Lines of text in and out;
// bytes are hex digits.
//
//     AMQPTool fuzz SEED COUNT    COUNT hostile streams from SEED on, against both ends
//     AMQPTool stream SEED        one of them, as hex, for looking at
//     AMQPTool values             hex of a value per line in, hex as it is written here out
//     AMQPTool draw SEED COUNT    hex of drawn values, one per line
//     AMQPTool pump KIND COUNT    the transfer path alone, for a profiler: receive or send

internal import AMQP
internal import AMQPFuzz

let arguments = CommandLine.arguments.dropFirst()
let numbers = arguments.dropFirst().compactMap { UInt64($0) }
switch (arguments.first, numbers.count) {
case ("fuzz", 2): fuzz(from: numbers[0], count: numbers[1])
case ("stream", 1): print(hex(DrawnStream.bytes(seed: numbers[0], to: .server)))
case ("values", 0): rewriteValues()
case ("draw", 2): drawValues(seed: numbers[0], count: numbers[1])
case ("pump", 1): pump(String(arguments.dropFirst().first ?? ""), count: numbers[0])
default: stop("usage: AMQPTool fuzz|stream|values|draw|pump …")
}
