import Bytes
import StreamModel
import TestKit
import Testing

@Suite("PartitionHash")
struct PartitionHashTests {
    static let counts = [2, 3, 4, 8, 10, 16, 32]

    /// Key, hash, and the partition of 2, 3, 4, 8, 10, 16 and 32. The first twelve hashes are test
    /// data that Event Hubs' SDKs publish.
    static let vectors: [(key: String, hash: Int16, partitions: [Int32])] = [
        ("7", -15263, [1, 2, 3, 7, 3, 15, 31]),
        ("131", 30562, [0, 1, 2, 2, 2, 2, 2]),
        ("7149583486996073602", 12977, [1, 2, 1, 1, 7, 1, 17]),
        ("FWfAT", -22341, [1, 0, 1, 5, 1, 5, 5]),
        ("sOdeEAsyQoEuEFPGerWO", -6503, [1, 2, 3, 7, 3, 7, 7]),
        (
            "FAyAIctPeCgmiwLKbJcyswoHglHVjQdvtBowLACDNORsYvOcLddNJYDmhAVkbyLOrHTKLn"
                + "eMNcbgWVlasVywOByANjs",
            5226, [0, 0, 2, 2, 6, 10, 10]
        ),
        (
            "1XYM6!(7(lF5wq4k4m*e$Nc!1ezLJv*1YK1Y-C^*&B$O)lq^iUkG(TNzXG;Zi#z2Og*Qq0"
                + "#^*k):vXh$3,C7We7%W0meJ;b3,rQCg^J;^twXgs5E$$hWKxqp",
            23950, [0, 1, 2, 6, 0, 14, 14]
        ),
        (
            "E(x;RRIaQcJs*P;D&jTPau-4K04oqr:lF6Z):ERpo&;9040qyV@G1_c9mgOs-8_8/10Fwa"
                + "-7b7-yP!T-!IH&968)FWuI;(^g$2fN;)HJ^^yTn:",
            -29304, [0, 0, 0, 0, 4, 8, 24]
        ),
        ("!c*_!I@1^c", 15372, [0, 0, 0, 4, 2, 12, 12]),
        ("p4*!jioeO/z-!-;w:dh", -3104, [0, 2, 0, 0, 4, 0, 0]),
        ("$0cb", 26269, [1, 1, 1, 5, 9, 13, 29]),
        ("-4189260826195535198", 453, [1, 0, 1, 5, 3, 5, 5]),
        ("", 0, [0, 0, 0, 0, 0, 0, 0]),
        ("test", -12036, [0, 0, 0, 4, 6, 4, 4]),
        ("hello", 2839, [1, 1, 3, 7, 9, 7, 23]),
        ("device-1", 26788, [0, 1, 0, 4, 8, 4, 4]),
        ("A", 9517, [1, 1, 1, 5, 7, 13, 13]),
        ("abcdefghijkl", -2373, [1, 0, 1, 5, 3, 5, 5]),
        ("abcdefghijklm", -31855, [1, 1, 3, 7, 5, 15, 15]),
        ("key with space", 17315, [1, 2, 3, 3, 5, 3, 3]),
        ("é", -24812, [0, 2, 0, 4, 2, 12, 12]),
        ("日本語", -23353, [1, 1, 1, 1, 3, 9, 25]),
    ]

    @Test
    func `every published key has Event Hubs' hash`() {
        for vector in Self.vectors {
            let hash = PartitionHash.hash(Array(vector.key.utf8).rawSpan)

            #expect(hash == vector.hash, "\(vector.key)")
        }
        #expect(Self.vectors.count == 22)
    }

    @Test
    func `every published key goes to Event Hubs' partition`() {
        for vector in Self.vectors {
            let key = Array(vector.key.utf8)
            let chosen = Self.counts.map { PartitionHash.partition(forKey: key.rawSpan, count: $0) }

            #expect(chosen.map(\.rawValue) == vector.partitions, "\(vector.key)")
        }
    }

    @Test
    func `every key has a partition, whatever the count`() {
        var generator = SeededGenerator(seed: 1)

        for count in [1, 7, 1000, 1024] {
            for length in 0...64 {
                let key = generator.bytes(length)
                let partition = PartitionHash.partition(forKey: key.rawSpan, count: count)
                #expect((0..<Int32(count)).contains(partition.rawValue))
            }
        }
    }

    @Test
    func `without a key every partition has its turn`() {
        var turns = RoundRobin(startingAt: .max - 1)

        let chosen = (0..<8).map { _ in turns.next(count: 4).rawValue }

        #expect(chosen == [2, 3, 0, 1, 2, 3, 0, 1])
    }
}
