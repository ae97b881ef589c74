import TestKit
import Testing

@testable import Materializer

@Suite("Materializer: what a table keeps")
struct RetentionLaws {
    @Test(arguments: 0..<20 as Range<UInt64>)
    func `files go by age and by size, the oldest first, and no more than needed`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let files = (0..<Int.random(in: 0...30, using: &generator)).map { _ in
            (
                time: Int64.random(in: 0...1000, using: &generator),
                byteCount: Int64.random(in: 1...100, using: &generator)
            )
        }
        var care = TableCare()
        if Bool.random(using: &generator) { care.retentionAge = 400 }
        if Bool.random(using: &generator) { care.byteCountMax = 500 }

        let expired = Retention(care).expired(files, now: 1000)

        let kept = files.indices.filter { !expired.contains($0) }
        if let age = care.retentionAge {
            #expect(kept.allSatisfy { 1000 - files[$0].time <= age })
        }
        let size = kept.reduce(0) { $0 + files[$1].byteCount }
        if let most = care.byteCountMax { #expect(size <= most) }
        #expect(zip(expired, expired.dropFirst()).allSatisfy { files[$0].time <= files[$1].time })
        if let last = expired.last {
            let isOld = care.retentionAge.map { 1000 - files[last].time > $0 } ?? false
            let wasTooMuch = care.byteCountMax.map { size + files[last].byteCount > $0 } ?? false
            #expect(isOld || wasTooMuch)
        }
        if care.retentionAge == nil, care.byteCountMax == nil { #expect(expired.isEmpty) }
    }
}
