/// A name out of a domain of names, in ASCII: what AMQP calls a symbol.
package struct Symbol: Hashable, Sendable {
    /// The characters.
    package let text: String

    /// The symbol of these characters. They have to be ASCII; what a peer sent is checked as it is
    /// read, so only our own constants come here.
    package init(_ text: String) {
        precondition(text.utf8.allSatisfy { $0 < 0x80 }, "a symbol is ASCII: \(text)")
        self.text = text
    }

    init(ascii text: String) { self.text = text }
}

extension Symbol: ExpressibleByStringLiteral, CustomStringConvertible {
    /// A constant.
    package init(stringLiteral text: String) { self.init(text) }

    /// The characters.
    package var description: String { text }
}
