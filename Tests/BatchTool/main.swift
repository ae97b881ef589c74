// Makes and reads record batches for tests in other languages. Everything on its two streams is
// text, and bytes are hex digits after an `x`; `-` stands for null.
//
//     BatchTool encode    in:   batch none|zstd - | PRODUCER,EPOCH,SEQUENCE
//                               record TIMESTAMP KEY VALUE [NAME=VALUE ...]
//                         out:  one line of hex digits per batch
//     BatchTool decode    in:   lines of hex digits, each a record set
//                         out:  one JSON object per batch and one per record

internal import StreamModel

guard CommandLine.arguments.count == 2 else { stop("usage: BatchTool encode|decode") }
do {
    switch CommandLine.arguments[1] {
    case "encode": try encode()
    case "decode": try decode()
    default: stop("there is no \(CommandLine.arguments[1]); try encode or decode")
    }
} catch {
    stop("\(error)")
}
