extension StoreID {
    /// Reads what `description` wrote; nil for anything else.
    package init?(_ text: String) {
        guard text.utf8.count == 32, let high = UInt64(text.prefix(16), radix: 16),
            let low = UInt64(text.suffix(16), radix: 16)
        else { return nil }
        self.init(high: high, low: low)
        guard description == text else { return nil }
    }
}
