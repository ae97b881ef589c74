/// How the bytes of a value are to be read: the first byte of its encoding.
///
/// The high half says how long the value is, as drawn in the standard (part 1, section 1.2):
///
///     ┌──────┬─────────────────────┐   ┌──────┬──────────────────────────────────────────┐
///     │ 0x4_ │ nothing follows     │   │ 0xA_ │ 1 byte of length, then that many bytes   │
///     │ 0x5_ │ 1 byte              │   │ 0xB_ │ 4 bytes of length, then that many bytes  │
///     │ 0x6_ │ 2 bytes             │   │ 0xC_ │ 1 byte of size, 1 of count, elements     │
///     │ 0x7_ │ 4 bytes             │   │ 0xD_ │ 4 bytes of size, 4 of count, elements    │
///     │ 0x8_ │ 8 bytes             │   │ 0xE_ │ 1 byte of size, 1 of count, then an array│
///     │ 0x9_ │ 16 bytes            │   │ 0xF_ │ 4 bytes of size, 4 of count, then one    │
///     └──────┴─────────────────────┘   └──────┴──────────────────────────────────────────┘
///
/// The size counts everything after itself, so it includes the count.
@usableFromInline
package enum FormatCode: UInt8, Sendable, CaseIterable {
    /// A descriptor, then the value it describes.
    case described = 0x00
    /// The absence of a value.
    case null = 0x40
    /// True, in the code itself.
    case yes = 0x41
    /// False, in the code itself.
    case no = 0x42
    /// The `uint` 0.
    case uint0 = 0x43
    /// The `ulong` 0.
    case ulong0 = 0x44
    /// The empty list.
    case list0 = 0x45
    /// An unsigned byte.
    case ubyte = 0x50
    /// A signed byte.
    case byte = 0x51
    /// A `uint` below 256.
    case smallUint = 0x52
    /// A `ulong` below 256.
    case smallUlong = 0x53
    /// An `int` of one byte.
    case smallInt = 0x54
    /// A `long` of one byte.
    case smallLong = 0x55
    /// A boolean in a byte: 0 or 1.
    case boolean = 0x56
    /// An unsigned integer of 16 bits.
    case ushort = 0x60
    /// A signed integer of 16 bits.
    case short = 0x61
    /// An unsigned integer of 32 bits.
    case uint = 0x70
    /// A signed integer of 32 bits.
    case int = 0x71
    /// A binary floating point number of 32 bits.
    case float = 0x72
    /// A Unicode scalar value.
    case char = 0x73
    /// A decimal floating point number of 32 bits.
    case decimal32 = 0x74
    /// An unsigned integer of 64 bits.
    case ulong = 0x80
    /// A signed integer of 64 bits.
    case long = 0x81
    /// A binary floating point number of 64 bits.
    case double = 0x82
    /// Milliseconds since 1970.
    case timestamp = 0x83
    /// A decimal floating point number of 64 bits.
    case decimal64 = 0x84
    /// A decimal floating point number of 128 bits.
    case decimal128 = 0x94
    /// 16 bytes that identify something.
    case uuid = 0x98
    /// Up to 255 bytes.
    case binary8 = 0xA0
    /// A string of up to 255 bytes of UTF-8.
    case string8 = 0xA1
    /// A symbol of up to 255 bytes of ASCII.
    case symbol8 = 0xA3
    /// Up to 2^32-1 bytes.
    case binary32 = 0xB0
    /// A string of up to 2^32-1 bytes.
    case string32 = 0xB1
    /// A symbol of up to 2^32-1 bytes.
    case symbol32 = 0xB3
    /// A list of up to 255 bytes and elements.
    case list8 = 0xC0
    /// A map of up to 255 bytes and elements.
    case map8 = 0xC1
    /// A list of up to 2^32-1 bytes and elements.
    case list32 = 0xD0
    /// A map of up to 2^32-1 bytes and elements.
    case map32 = 0xD1
    /// An array of up to 255 bytes and elements.
    case array8 = 0xE0
    /// An array of up to 2^32-1 bytes and elements.
    case array32 = 0xF0

    /// The bytes of the value itself, where all values of this code have equally many.
    @inlinable package var fixedByteCount: Int? {
        switch rawValue >> 4 {
        case 0x4: 0
        case 0x5: 1
        case 0x6: 2
        case 0x7: 4
        case 0x8: 8
        case 0x9: 16
        default: nil
        }
    }
}
