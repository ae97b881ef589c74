/// A JSON value. Objects keep the order of their members, and numbers their text.
///
/// The log of a table is small and read whole, so a tree is good enough here.
package indirect enum JSON: Equatable, Sendable {
    case null
    case bool(Bool)
    /// The number's own text, so that nothing is lost in between.
    case number(String)
    case string(String)
    case array([JSON])
    case object([Member])

    /// A name and its value. Nothing forbids two members of one name; the later one counts.
    package struct Member: Equatable, Sendable {
        /// Without its quotes and escapes.
        package var name: String
        /// Whatever stands behind the colon.
        package var value: JSON

        /// A member to be put into `JSON.object(_:)`.
        package init(_ name: String, _ value: JSON) {
            self.name = name
            self.value = value
        }
    }

    static func integer(_ value: some FixedWidthInteger) -> JSON { .number(String(value)) }

    /// The member called `name`; nil where there is none, or this is no object.
    package subscript(name: String) -> JSON? {
        guard case .object(let members) = self else { return nil }
        return members.last { $0.name == name }?.value
    }

    /// The string; nil when this is another kind of value.
    package var text: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    /// The number, when its text is that of an `Int64`: `1.0` and `1e3` are nil.
    package var integer: Int64? {
        guard case .number(let text) = self else { return nil }
        return Int64(text)
    }

    /// True or false; nil when this is another kind of value.
    package var bool: Bool? {
        guard case .bool(let bool) = self else { return nil }
        return bool
    }

    /// The values of an array; nil when this is another kind of value.
    package var elements: [JSON]? {
        guard case .array(let elements) = self else { return nil }
        return elements
    }

    /// The members of an object, in their order; nil when this is another kind of value.
    package var members: [Member]? {
        guard case .object(let members) = self else { return nil }
        return members
    }

    /// Puts `value` in the place of the member called `name`, or behind the last one.
    package mutating func set(_ name: String, to value: JSON) {
        guard case .object(var members) = self else { return }
        if let index = members.lastIndex(where: { $0.name == name }) {
            members[index].value = value
        } else {
            members.append(Member(name, value))
        }
        self = .object(members)
    }
}

extension JSON: ExpressibleByDictionaryLiteral, ExpressibleByStringLiteral {
    /// An object, its members in the order in which they are written.
    package init(dictionaryLiteral elements: (String, JSON)...) {
        self = .object(elements.map { Member($0, $1) })
    }

    /// A string.
    package init(stringLiteral value: String) { self = .string(value) }
}
