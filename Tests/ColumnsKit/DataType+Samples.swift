package import Columns
package import TestKit

extension DataType {
    /// Every type, nested ones a few levels deep.
    package static let samples: [DataType] = [
        .string, .binary, .boolean, .long, .integer, .short, .byte, .float, .double, .date,
        .timestamp, .decimal(precision: 9, scale: 2), .decimal(precision: 18, scale: 0),
        .decimal(precision: 38, scale: 10),
        .array(element: .string, containsNull: true),
        .array(element: .array(element: .boolean, containsNull: true), containsNull: true),
        .map(key: .string, value: .double, valueContainsNull: true),
        .structure([Field("a", .long), Field("b", .array(element: .integer, containsNull: true))]),
    ]
}

extension Schema {
    /// Up to five columns, some of which must not be null.
    package static func random(using random: inout SeededGenerator) -> Schema {
        let count = Int.random(in: 1...5, using: &random)
        return Schema(
            (0..<count).map { index in
                let type = DataType.samples.randomElement(using: &random) ?? .long
                let isNullable = Int.random(in: 0..<4, using: &random) > 0
                return Field("c\(index)", type, isNullable: isNullable)
            })
    }
}
