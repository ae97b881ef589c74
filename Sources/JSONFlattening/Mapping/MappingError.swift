/// Why a mapping cannot be used, and at which key of it.
package struct MappingError: Error, Equatable, Sendable {
    /// The keys that lead to the place, outermost first.
    package let path: [String]
    /// What is wrong there.
    package let reason: Reason

    /// What is wrong there.
    package enum Reason: Equatable, Sendable {
        case notJSON(QuarantineReason)
        case badNumber
        case unknownKey(nearest: String?)
        case sameKeyTwice
        case wrongKind(expected: String, found: String)
        case unknownValue(String, nearest: String?)
        case outOfRange(Int64, ClosedRange<Int>)
        /// `key` has no meaning beside what else is said of the field.
        case misplaced(String)
        case badName(String)
        case sameName(String)
        /// A format that is not flattened yet.
        case notYet(String)
    }

    init(_ path: [String], _ reason: Reason) {
        self.path = path
        self.reason = reason
    }
}

extension MappingError: CustomStringConvertible {
    /// The place and what is wrong there, for the operator.
    package var description: String {
        path.isEmpty
            ? "the mapping: \(reason)" : "the mapping at \(path.joined(separator: ".")): \(reason)"
    }
}

extension MappingError.Reason: CustomStringConvertible {
    /// What is wrong, without the place.
    package var description: String {
        switch self {
        case .notJSON(let reason): "\(reason)"
        case .badNumber: "only whole numbers of 64 bits have a meaning here"
        case .unknownKey(let nearest): "there is no such key\(Self.hint(nearest))"
        case .sameKeyTwice: "the key stands here twice"
        case .wrongKind(let expected, let found): "\(expected) is expected, not \(found)"
        case .unknownValue(let value, let nearest):
            "\"\(value)\" is none of the values\(Self.hint(nearest))"
        case .outOfRange(let value, let range):
            "\(value) is not between \(range.lowerBound) and \(range.upperBound)"
        case .misplaced(let key): "\"\(key)\" has no meaning together with the other keys"
        case .badName(let name):
            "\"\(name)\" cannot be a name: letters, digits and underscores, no underscore first"
        case .sameName(let name): "\"\(name)\" is the name of two"
        case .notYet(let format):
            "\(format) bodies cannot be flattened yet; \"text\" or \"binary\" keeps them whole"
        }
    }

    private static func hint(_ nearest: String?) -> String {
        nearest.map { "; did you mean \"\($0)\"?" } ?? ""
    }
}
