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
    case pin(LogPin)
    case pipelines([PipelineReport])
    /// With the order's number.
    case ordered(UInt64)
}

/// What was read of one partition.
package struct PartitionRead: Sendable, Equatable {
    /// What lies at some offsets.
    package enum Item: Sendable, Equatable {
        /// May begin before the offset asked for: a reader steps over those records.
        case batch(RecordBatch, appendTime: Timestamp)
        case gap(Gap)
    }

    /// The partition.
    package let id: PartitionID
    /// In the order of the offsets.
    package let items: [Item]
    /// Where to read on.
    package let next: Offset
    /// The offset that the next event gets.
    package let end: Offset
}

/// How far a group or a feed has got in one partition.
package struct PositionEntry: Sendable, Equatable {
    /// Whether retention waits for it.
    package let kind: PositionKind
    /// The group's or the feed's name.
    package let name: String
    /// The partition it reads.
    package let partition: PartitionID
    /// The next offset it reads.
    package let offset: Int64
}

/// A feed and what it allows.
package struct FeedEntry: Sendable, Equatable {
    /// The feed's name, unique within its stream.
    package let name: String
    /// When events it has not read may be removed.
    package let gate: FeedGate
}

/// What a store says of itself.
package struct StoreStatistics: Sendable, Equatable {
    /// A number with its name.
    package struct Figure: Sendable, Equatable {
        /// What is counted, in words, with its unit where it has one.
        package let name: String
        /// The count.
        package let value: Int64

        /// A figure with the words it is shown by.
        package init(name: String, value: Int64) {
            self.name = name
            self.value = value
        }
    }

    /// 32 hexadecimal digits.
    package let storeID: String
    /// The process that owns the store.
    package let processID: Int32
    /// In the order in which people want to read them.
    package let figures: [Figure]
    /// Why the store takes no more commits, if it does not.
    package let failure: String?
}

/// What a pass over every byte of a store found.
package struct StoreReport: Sendable, Equatable {
    /// One thing that is wrong, and where.
    package struct Piece: Sendable, Equatable {
        /// The number of the segment.
        package let segment: UInt64
        /// The file.
        package let path: String
        /// The number of the commit block, where it is known.
        package let block: UInt64?
        /// The batch, where the damage is inside one.
        package let batch: Batch?
        /// Whether everything can be read all the same.
        package let isHarmless: Bool
        /// What is wrong, as a clause.
        package let text: String
    }

    /// The place of a damaged batch.
    package struct Batch: Sendable, Equatable {
        /// The stream.
        package let incarnation: StreamIncarnation
        /// The partition, from 0 on.
        package let partition: Int
        /// The offsets of its records.
        package let offsets: Range<Int64>
    }

    /// How many segments were read.
    package let segmentCount: Int
    /// How many commit blocks were read.
    package let blockCount: Int
    /// How many record batches were read.
    package let batchCount: Int
    /// How many records the batches say they hold.
    package let recordCount: Int
    /// The length of the segment files.
    package let byteCount: Int
    /// How many pieces of damage were found, those not listed included.
    package let damageCount: Int
    /// The first of the damage, at most `pieceCountMax`.
    package let damage: [Piece]

    /// How many pieces of damage a report lists.
    package static let pieceCountMax = 1000
}

extension StoreReport {
    /// What commands see of a report of the log.
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
    /// What commands see of one piece of damage.
    package init(_ damage: Damage) {
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
