import StreamLog

/// Errors without paths and numbers of the machine: the same in every run of a seed.
enum Words {
    static func of(_ error: CommitError) -> String {
        switch error {
        case .stream(.unknown): "unknown stream"
        case .stream(.unknownPartition): "unknown partition"
        case .stream(.exists): "stream exists"
        case .stream(.badPartitionCount): "bad partition count"
        case .stream(.unknownFeed): "unknown feed"
        case .stream(.badOffset): "bad offset"
        case .producer(.outOfOrder(let expected, let found)):
            "out of order \(found) for \(expected)"
        case .producer(.fenced(let epoch, let by)): "fenced \(epoch) by \(by)"
        case .tooLarge(let thing, _, _): "\(thing.rawValue) too large"
        case .malformed: "malformed"
        case .full(.budget): "full: budget"
        case .full(.disk): "full: disk"
        case .full(.queue): "full: queue"
        case .full(.state): "full: state"
        case .storage: "storage"
        case .closed(nil): "closed"
        case .closed: "closed for trouble"
        }
    }

    static func of(_ error: OpenError) -> String {
        switch error {
        case .inUse: "in use"
        case .unsafeVolume: "unsafe volume"
        case .readOnlyVolume: "read-only volume"
        case .unknownVersion: "unknown version"
        case .wrongPageSize: "wrong page size"
        case .copied: "copied"
        case .beyondRecovery(_, let detail): "beyond recovery: \(detail)"
        case .storage(let fault): "storage: \(fault)"
        }
    }

    static func of(_ error: ReadError) -> String {
        switch error {
        case .unknownStream: "unknown stream"
        case .unknownPartition: "unknown partition"
        case .offsetOutOfRange(let offset, let valid): "offset \(offset) not in \(valid)"
        case .storage(let fault): "storage: \(fault)"
        case .closed: "closed"
        }
    }
}
