import AMQP
import Bytes
import Testing

@Suite("SectionCursor")
struct SectionTests {
    private func kinds(_ message: String) -> [MessageSection.Kind]? {
        let raw = bytes(message)
        var cursor = SectionCursor(raw.rawSpan)
        var kinds: [MessageSection.Kind] = []
        do throws(DecodeError) {
            while let section = try cursor.next() { kinds.append(section.kind) }
            return kinds
        } catch {
            return nil
        }
    }

    @Test(arguments: [
        "", "005375a00141", "005375a00141 005375a000", "00537645 00537645", "00537740",
        "00537045 005371c10100 005372c10100 00537345 005374c10100 005375a000 005378c10100",
        "005378c10100",
    ])
    func `sections in the order of the standard are found`(message: String) {
        #expect(kinds(message) != nil)
    }

    @Test(arguments: [
        "005372c10100 005371c10100", "00537045 00537045", "00537740 00537740",
        "005375a000 00537740", "00537645 005375a000", "005378c10100 005375a000",
        "005375a000 00537045", "00537940", "00531045", "005375", "a00141", "005375a002 41",
    ])
    func `sections out of order, and what is no section, are refused`(message: String) {
        #expect(kinds(message) == nil)
    }

    @Test
    func `a descriptor has three forms, of which one is short`() throws {
        let raw = bytes(
            "005370 45 00 80 0000000000000072 c10100 00 a310 616d71703a646174613a62696e617279 a000")
        var cursor = SectionCursor(raw.rawSpan)

        let header = try cursor.next()
        let annotations = try cursor.next()
        let data = try cursor.next()

        #expect(header?.kind == .header && header?.hasShortDescriptor == true)
        #expect(annotations?.kind == .messageAnnotations)
        #expect(annotations?.hasShortDescriptor == false)
        #expect(data?.kind == .data && data?.hasShortDescriptor == false)
        #expect(data.map { Array(raw[$0.value]) } == bytes("a000"))
        #expect(try MessageIndex(of: raw.rawSpan).hasShortDescriptors == false)
    }

    @Test
    func `the index of a message knows every section and the whole body`() throws {
        let raw = bytes("00537045 00537345 005375a00141 005375a00142 005378c10100")

        let index = try MessageIndex(of: raw.rawSpan)

        #expect(index.header == 0..<4 && index.properties == 4..<8)
        #expect(index.body == 8..<20 && index.bodySectionCount == 2 && index.bodyKind == .data)
        #expect(index.firstBodyValue == 11..<14 && index.footer == 20..<26)
        #expect(index.messageAnnotations == nil && index.applicationProperties == nil)
        #expect(index.hasShortDescriptors)
    }
}
