internal import Bytes

/// In the footer's key-value pairs: the name, and a string of eight bytes.
let footerSeal = Seal(gap: 2)

/// Another pair beside it: the CRC-32C of everything before the footer, in hexadecimal digits.
/// Headers of pages, indexes and Bloom filters have no checksum of their own.
let bodyChecksumKey = "millrace.body.crc32c"

/// The numbers that Parquet gives to things (parquet.thrift).
enum PhysicalType: Int32, Sendable {
    case boolean = 0
    case int32 = 1
    case int64 = 2
    case int96 = 3
    case float = 4
    case double = 5
    case byteArray = 6
    case fixedLengthByteArray = 7
}

enum Encoding: Int32, Sendable {
    case plain = 0
    case plainDictionary = 2
    case rle = 3
    case bitPacked = 4
    case deltaBinaryPacked = 5
    case deltaLengthByteArray = 6
    case deltaByteArray = 7
    case rleDictionary = 8
    case byteStreamSplit = 9
}

enum PageKind: Int32, Sendable {
    case data = 0
    case index = 1
    case dictionary = 2
    case dataV2 = 3
}

enum Repetition: Int32, Sendable {
    case required = 0
    case optional = 1
    case repeated = 2
}

/// The codecs, in Parquet's numbering.
enum CodecNumber: Int32, Sendable {
    case uncompressed = 0
    case snappy = 1
    case gzip = 2
    case brotli = 4
    case lz4 = 5
    case zstd = 6
    case lz4Raw = 7
}

/// The older of Parquet's two ways to say what a physical type stands for.
enum ConvertedType: Int32, Sendable {
    case utf8 = 0
    case map = 1
    case mapKeyValue = 2
    case list = 3
    case decimal = 5
    case date = 6
    case timestampMillis = 9
    case timestampMicros = 10
    case int8 = 15
    case int16 = 16
    case int32 = 17
    case int64 = 18
}

/// The newer one; only the kinds that are written or understood here.
enum LogicalType: Equatable, Sendable {
    enum TimeUnit: Int16, Sendable {
        case millis = 1
        case micros = 2
        case nanos = 3
    }

    case string, map, list, date
    case decimal(precision: Int32, scale: Int32)
    case timestamp(isUTC: Bool, TimeUnit)
    case integer(bitWidth: Int8, isSigned: Bool)
    /// A kind that is none of these, by its field number in the union.
    case other(Int16)
}

/// The four bytes at both ends of a file.
let magic: [UInt8] = [0x50, 0x41, 0x52, 0x31]  // PAR1

/// What an encrypted footer ends with instead.
let encryptedMagic: [UInt8] = [0x50, 0x41, 0x52, 0x45]  // PARE
