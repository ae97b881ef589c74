package import StreamLog
package import StreamModel

/// What the owner of a store answers when it does not refuse.
package enum ControlResponse: Sendable, Equatable {
    case streams([StreamDefinition])
    case receipt(CommitReceipt)
    /// One for each partition.
    case sequences([Int32?])
    case reads([PartitionRead])
    /// One for each partition.
    case bounds([ClosedRange<Int64>])
    case gaps([Gap])
    case offset(Offset)
    case positions([PositionEntry])
    case feeds([FeedEntry])
    case statistics(StoreStatistics)
    case report(StoreReport)
    case pipelines([PipelineReport])
    /// With the order's number.
    case ordered(UInt64)
}

/// What was read of one partition.
package struct PartitionRead: Sendable, Equatable {
    package enum Item: Sendable, Equatable {
        /// May begin before the offset asked for: a reader steps over those records.
        case batch(RecordBatch, appendTime: Timestamp)
        case gap(Gap)
    }

    package let id: PartitionID
    package let items: [Item]
    /// Where to read on.
    package let next: Offset
    /// The offset that the next event gets.
    package let end: Offset
}

/// How far a group or a feed has got in one partition.
package struct PositionEntry: Sendable, Equatable {
    package let kind: PositionKind
    package let name: String
    package let partition: PartitionID
    package let offset: Int64
}

/// A feed and what it allows.
package struct FeedEntry: Sendable, Equatable {
    package let name: String
    package let gate: FeedGate
}

/// What a store says of itself.
package struct StoreStatistics: Sendable, Equatable {
    package struct Figure: Sendable, Equatable {
        package let name: String
        package let value: Int64

        package init(name: String, value: Int64) {
            self.name = name
            self.value = value
        }
    }

    package let storeID: String
    package let processID: Int32
    /// In the order in which people want to read them.
    package let figures: [Figure]
    /// Why the store takes no more commits, if it does not.
    package let failure: String?
}

/// What a pass over every byte of a store found.
package struct StoreReport: Sendable, Equatable {
    package struct Piece: Sendable, Equatable {
        package let segment: UInt64
        package let path: String
        package let block: UInt64?
        /// The batch, where the damage is inside one.
        package let batch: Batch?
        /// Whether everything can be read all the same.
        package let isHarmless: Bool
        /// What is wrong, as a clause.
        package let text: String
    }

    package struct Batch: Sendable, Equatable {
        package let incarnation: StreamIncarnation
        package let partition: Int
        package let offsets: Range<Int64>
    }

    package let segmentCount: Int
    package let blockCount: Int
    package let batchCount: Int
    package let recordCount: Int
    package let byteCount: Int
    package let damageCount: Int
    /// The first of the damage, at most `pieceCountMax`.
    package let damage: [Piece]

    package static let pieceCountMax = 1000
}

extension StoreReport {
    package init(_ report: VerifyReport) {
        segmentCount = report.segmentCount
        blockCount = report.blockCount
        batchCount = report.batchCount
        recordCount = report.recordCount
        byteCount = report.byteCount
        damageCount = report.damage.count
        damage = report.damage.prefix(Self.pieceCountMax).map(Piece.init)
    }
}

extension StoreReport.Piece {
    init(_ damage: Damage) {
        segment = damage.segment
        path = damage.path
        block = damage.block
        batch = damage.batch.map {
            StoreReport.Batch(
                incarnation: $0.incarnation, partition: $0.partition, offsets: $0.offsets)
        }
        isHarmless = damage.isHarmless
        text = damage.detail.description
    }
}
