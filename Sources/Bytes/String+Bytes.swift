extension String {
    /// The text whose UTF-8 `bytes` are; what is not UTF-8 in them becomes U+FFFD.
    package init(utf8 bytes: RawSpan) {
        self.init(decoding: [UInt8](copying: bytes), as: UTF8.self)
    }
}
