import StreamLog

/// What can happen in one step.
enum Action: String, CaseIterable {
    case append, burst, numbered, commitPosition, consume, setFeed
    case createStream, deleteStream, growStream
    case advance, jump, heal, searchTime
    case crash, restart, failDisk, flip, checkAll
    case hubs, tables

    /// How often it comes up beside the others, where a run has it at all.
    fileprivate var weight: Int {
        switch self {
        case .append: 20
        case .hubs: 40
        case .numbered, .consume, .tables: 10
        case .burst, .commitPosition, .advance: 8
        case .setFeed, .searchTime, .crash, .failDisk, .jump, .heal: 3
        case .createStream, .deleteStream, .growStream, .restart, .flip, .checkAll: 2
        }
    }

    /// Every run has these.
    fileprivate var isEssential: Bool {
        switch self {
        case .append, .consume, .advance, .checkAll, .heal: true
        default: false
        }
    }
}

/// What kind of run a seed makes: how the store is configured, and what happens how often. Each run
/// leaves some things out, so that others come up in company they would seldom have.
struct RunPlan: CustomStringConvertible {
    private let weights: [(action: Action, weight: Int)]
    let configuration: LogConfiguration
    let description: String

    /// Whether no clock ever jumps.
    var hasHonestClock: Bool { !weights.contains { $0.action == .jump } }

    init(_ random: inout some RandomNumberGenerator) {
        var weights: [(Action, Int)] = []
        for action in Action.allCases {
            let isThere = action.isEssential || Int.random(in: 0..<4, using: &random) > 0
            let factor = [1, 1, 2, 4].randomElement(using: &random) ?? 1
            if isThere { weights.append((action, action.weight * factor)) }
        }
        self.weights = weights
        var configuration = LogConfiguration()
        configuration.tidying = .inTurn
        configuration.segmentByteCount = 256 << 10
        configuration.budget = [4 << 20, 8 << 20, 256 << 20].randomElement(using: &random)
        configuration.budgetPolicy = Bool.random(using: &random) ? .dropOldest : .reject
        configuration.retentionAge =
            [nil, nil, 3_600_000, 86_400_000].randomElement(using: &random) ?? nil
        configuration.retentionByteCount =
            [nil, nil, nil, 1 << 20].randomElement(using: &random) ?? nil
        configuration.recentByteCount = [64 << 10, 8 << 20].randomElement(using: &random) ?? 0
        configuration.indexCacheByteCount = [64 << 10, 16 << 20].randomElement(using: &random) ?? 0
        self.configuration = configuration
        let age = configuration.retentionAge.map(String.init) ?? "-"
        let size = configuration.retentionByteCount.map(String.init) ?? "-"
        description =
            "budget \(configuration.budget ?? 0) \(configuration.budgetPolicy), retention \(age) "
            + "\(size), " + weights.map { "\($0.0.rawValue):\($0.1)" }.joined(separator: " ")
    }

    /// Whether a pipeline follows the first stream.
    var hasTables: Bool { weights.contains { $0.action == .tables } }

    func draw(_ random: inout some RandomNumberGenerator) -> Action {
        var left = Int.random(in: 0..<weights.reduce(0) { $0 + $1.weight }, using: &random)
        for (action, weight) in weights {
            left -= weight
            if left < 0 { return action }
        }
        return .checkAll
    }
}
