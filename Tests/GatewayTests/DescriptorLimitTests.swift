import Gateway
import TestKit
import Testing

@Suite("DescriptorLimit")
struct DescriptorLimitTests {
    @Test(.proves(.hostileBytesAreHarmless))
    func `connections never take what is reserved, whatever the limit`() {
        for count in [0, 64, 193, 256, 300, 512, 1024, 4096, 20_000, 1 << 20, .max] {
            let limit = DescriptorLimit(count)

            let http = limit.httpConnections(of: 512)
            let hubs = limit.hubConnections(of: 5_000)

            #expect(http >= 1 && http <= 512)
            #expect(hubs >= 1 && hubs <= 5_000)
            #expect(count < DescriptorLimit.least || http + hubs + limit.reserved <= count)
        }
    }

    @Test func `enough descriptors limit nothing`() {
        let limit = DescriptorLimit(8_192)

        #expect(limit.httpConnections(of: 512) == 512)
        #expect(limit.hubConnections(of: 5_000) == 4_608)
        #expect(DescriptorLimit(20_000).hubConnections(of: 5_000) == 5_000)
    }
}
