import TestKit
import Testing

struct SeededGeneratorTests {
    /// The vector that Java's SplittableRandom and the reference implementation in C agree on.
    @Test func `a seed gives the numbers of SplitMix64`() {
        var generator = SeededGenerator(seed: 1_234_567)

        let numbers = (0..<3).map { _ in generator.next() }

        #expect(
            numbers == [
                6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
            ])
    }

    @Test(arguments: 0...17)
    func `as many bytes are drawn as asked for, from the front of the same sequence`(count: Int) {
        var generator = SeededGenerator(seed: 7)
        var same = SeededGenerator(seed: 7)

        let bytes = generator.bytes(count)

        #expect(bytes == Array(same.bytes(24).prefix(count)))
    }
}
