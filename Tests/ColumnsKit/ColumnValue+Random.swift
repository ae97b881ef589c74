internal import Bytes
package import Columns
package import TestKit

extension ColumnValue {
    /// A value of a type, or null; few different ones, so that they repeat.
    package static func random(
        of type: DataType, using random: inout SeededGenerator
    ) -> ColumnValue {
        guard Int.random(in: 0..<4, using: &random) > 0 else { return .null }
        switch type.storage {
        case .int32: return .integer(Int128(Int32.random(in: -9...9, using: &random)))
        case .int64: return .integer(Int128(Int64.random(in: .min ... .max, using: &random)))
        case .int128: return .integer(Int128(Int64.random(in: .min ... .max, using: &random)) * 3)
        case .float: return .float(Float(Int.random(in: -9...9, using: &random)))
        case .double: return .double(Double(Int.random(in: -9...9, using: &random)) / 3)
        case .bits: return .boolean(Bool.random(using: &random))
        case .bytes:
            let count = Int.random(in: 0..<20, using: &random)
            return .bytes((0..<count).map { _ in UInt8.random(in: 97...100, using: &random) })
        case .group: break
        }
        if case .structure(let fields) = type {
            return .structure(fields.map { Self.random(of: $0.type, using: &random) })
        }
        let count = Int.random(in: 0..<4, using: &random)
        return .list(
            (0..<count).map { _ in
                guard type.children.count == 2 else {
                    return Self.random(of: type.children[0].type, using: &random)
                }
                let key = UInt8.random(in: 97...100, using: &random)
                return .structure([
                    .bytes([key]), Self.random(of: type.children[1].type, using: &random),
                ])
            })
    }
}

extension ColumnBuilder {
    /// Appends what `ColumnCursor` gives.
    package mutating func append(_ value: ColumnValue) {
        switch value {
        case .null: appendNull()
        case .integer(let integer):
            switch type.storage {
            case .int32: append(int32: Int32(integer))
            case .int64: append(int64: Int64(integer))
            default: append(int128: integer)
            }
        case .float(let float): append(float: float)
        case .double(let double): append(double: double)
        case .boolean(let bit): append(bit: bit)
        case .bytes(let bytes): append(bytes: bytes.rawSpan)
        case .structure(let values):
            for (index, value) in values.enumerated() { children[index].append(value) }
            appendGroup()
        case .list(let elements):
            for element in elements {
                if children.count == 2, case .structure(let pair) = element {
                    for (index, value) in pair.enumerated() { children[index].append(value) }
                } else {
                    children[0].append(element)
                }
            }
            appendGroup()
        }
    }
}
