/// What the command line says.
struct Options {
    static let usage = """
        simulate --seed N [--steps M] [--runs K] [--loud]

          --seed N    the first seed
          --steps M   how many things happen in a run (default 300)
          --runs K    so many seeds, from N on (default 1)
          --loud      print every step
        """

    var seed: UInt64 = 1
    var steps = 300
    var runs = 1
    var isLoud = false

    /// Nil for words that make no sense.
    init?(_ words: some Sequence<String>) {
        var words = Array(words)[...]
        func number() -> Int? { words.popFirst().flatMap(Int.init) }
        while let word = words.popFirst() {
            switch word {
            case "--seed":
                guard let value = words.popFirst().flatMap(UInt64.init) else { return nil }
                seed = value
            case "--steps":
                guard let value = number(), value > 0 else { return nil }
                steps = value
            case "--runs":
                guard let value = number(), value > 0 else { return nil }
                runs = value
            case "--loud": isLoud = true
            default: return nil
            }
        }
    }
}
