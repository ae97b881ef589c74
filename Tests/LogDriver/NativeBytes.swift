extension [UInt8] {
    /// Integers in the machine's order, as LMDB writes them.
    func native16(_ at: Int) -> UInt16 { UInt16(self[at]) | UInt16(self[at + 1]) << 8 }

    func native64(_ at: Int) -> UInt64 {
        self[at..<(at + 8)].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}

extension ArraySlice<UInt8> {
    func firstRange(of needle: [UInt8]) -> Range<Int>? {
        var start = startIndex
        while let place = self[start...].firstIndex(of: needle[0]) {
            if self[place...].starts(with: needle) { return place..<(place + needle.count) }
            start = place + 1
        }
        return nil
    }
}
