import StreamLog
import StreamModel
import TestKit
import Testing

@testable import Materializer

@Suite("Materializer: names in tables and files")
struct CursorNameTests {
    let identity = PipelineIdentity(
        store: StoreID(high: 0xAB, low: .max), incarnation: StreamIncarnation(rawValue: 7),
        pipeline: "site-1.telemetry")

    @Test
    func `a cursor's text says store, stream, pipeline, generation and partition`() {
        let cursor = identity.cursor(3, 12)

        #expect(
            cursor.text
                == "millrace/00000000000000abffffffffffffffff/7/site-1.telemetry/3/12")
        #expect(CursorName(cursor.text) == cursor)
    }

    @Test(arguments: [
        "", "millrace", "spark/1/2/3/4/5", "millrace/ab/7/p/1/0",
        "millrace/00000000000000abffffffffffffffff/7/p/1/0/0",
        "millrace/00000000000000abffffffffffffffff/07/p/1/0",
        "millrace/00000000000000abffffffffffffffff/7//1/0",
        "millrace/00000000000000abffffffffffffffff/7/p/1/-1",
        "millrace/00000000000000ABffffffffffffffff/7/p/1/0",
    ])
    func `a text that we would not write is no cursor of ours`(text: String) {
        #expect(CursorName(text) == nil)
    }

    @Test
    func `whatever differs in a cursor differs in its text`() {
        var texts: Set<String> = []
        var labels: Set<String> = []
        for incarnation in 1...3 as ClosedRange<UInt32> {
            for pipeline in ["a", "b", "a.b"] {
                let identity = PipelineIdentity(
                    store: StoreID(high: 1, low: 2),
                    incarnation: StreamIncarnation(rawValue: incarnation), pipeline: pipeline)
                labels.insert(identity.fileLabel)
                for generation in 1...3 as ClosedRange<UInt32> {
                    for partition in 0..<3 as Range<UInt32> {
                        texts.insert(identity.cursor(generation, partition).text)
                    }
                }
            }
        }

        #expect(texts.count == 81)
        #expect(labels.count == 9)
        #expect(labels.allSatisfy { $0.utf8.count == 16 })
    }
}
