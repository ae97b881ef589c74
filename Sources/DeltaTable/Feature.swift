/// Why an append to a table is refused: a feature of the table that we would break.
package struct FeatureRefusal: Error, Equatable, Sendable {
    /// The feature's name in the protocol, or the one that a legacy version stands for.
    package let feature: String
    /// What an append would break.
    package let harm: Harm

    /// How a feature stands in the way.
    package enum Harm: Equatable, Sendable {
        /// The name says nothing to us, so neither do its rules.
        case unknown
        /// A column or a property makes it matter: an expression, a default, a mapping.
        case active(String)
        /// It matters for every append, and is not implemented.
        case notImplemented
        /// The versions of the protocol are none there can be.
        case impossibleVersions(reader: Int, writer: Int)
    }
}

extension FeatureRefusal: CustomStringConvertible {
    /// Which feature, where it is in use, and what would go wrong.
    package var description: String {
        switch harm {
        case .unknown:
            "the table demands \"\(feature)\", which is unknown here: "
                + "readers that rely on it could read wrong rows"
        case .active(let place):
            "\"\(feature)\" is in use (\(place)): "
                + "rows appended without it would be wrong for its readers"
        case .notImplemented:
            "\"\(feature)\" is not implemented: engines that rely on it would lose what it keeps"
        case .impossibleVersions(let reader, let writer):
            "no table can have reader version \(reader) with writer version \(writer)"
        }
    }
}

/// What an append has to know of the features of a table (contract, section 9).
enum FeatureCheck {
    /// What listing a feature means to an append.
    private enum Demand: Sendable {
        /// Nothing, or what is done anyway.
        case none
        /// Nothing, unless the metadata show that it is in use.
        case unlessActive(@Sendable (Metadata) -> String?)
        case refused
    }

    /// Refuses what cannot be honoured by an append.
    static func checkAppend(
        to proto: TableProtocol, _ metadata: Metadata
    ) throws(FeatureRefusal) {
        for feature in try features(of: proto) {
            switch demands[feature] {
            case .none?: continue
            case .unlessActive(let place)?:
                if let place = place(metadata) {
                    throw FeatureRefusal(feature: feature, harm: .active(place))
                }
            case .refused?: throw FeatureRefusal(feature: feature, harm: .notImplemented)
            case nil: throw FeatureRefusal(feature: feature, harm: .unknown)
            }
        }
    }

    /// Refuses an edit that the table's features or properties do not allow.
    static func checkEdit(
        _ edit: Edit, _ proto: TableProtocol, _ metadata: Metadata
    ) throws(FeatureRefusal) {
        try checkAppend(to: proto, metadata)
        let features = try features(of: proto)
        if edit.isDataChange {
            for (feature, property) in [
                ("appendOnly", "delta.appendOnly"),
                ("changeDataFeed", "delta.enableChangeDataFeed"),
            ] where features.contains(feature) && metadata.properties[property] == "true" {
                throw FeatureRefusal(feature: feature, harm: .active(property))
            }
        } else if features.contains("clustering") {
            throw FeatureRefusal(feature: "clustering", harm: .notImplemented)
        }
    }

    /// Refuses a table whose checkpoints have to hold more than ours do.
    static func checkCheckpoint(
        of proto: TableProtocol, _ metadata: Metadata
    ) throws(FeatureRefusal) {
        if try features(of: proto).contains("v2Checkpoint") {
            throw FeatureRefusal(feature: "v2Checkpoint", harm: .notImplemented)
        }
        // The statistics would be in the typed columns alone, which ours leave out.
        let property = "delta.checkpoint.writeStatsAsJson"
        if metadata.properties[property] == "false" {
            throw FeatureRefusal(feature: "checkpoint", harm: .active(property))
        }
    }

    /// Refuses a table whose files cannot be listed and read by their own columns.
    ///
    /// Deletion vectors are no obstacle to that: each file says whether it has one.
    static func checkRead(of proto: TableProtocol, _ metadata: Metadata) throws(FeatureRefusal) {
        _ = try features(of: proto)
        var features = proto.readerVersion == 3 ? proto.readerFeatures ?? [] : []
        if proto.readerVersion == 2 { features.append("columnMapping") }
        for feature in features {
            switch demands[feature] {
            case .none?: continue
            case .unlessActive(let place)?:
                if let place = place(metadata) {
                    throw FeatureRefusal(feature: feature, harm: .active(place))
                }
            case .refused?: throw FeatureRefusal(feature: feature, harm: .notImplemented)
            case nil: throw FeatureRefusal(feature: feature, harm: .unknown)
            }
        }
    }

    /// The features that the versions stand for, or that are listed.
    private static func features(of proto: TableProtocol) throws(FeatureRefusal) -> [String] {
        let (reader, writer) = (proto.readerVersion, proto.writerVersion)
        let impossible = FeatureRefusal(
            feature: "protocol", harm: .impossibleVersions(reader: reader, writer: writer))
        guard reader >= 1, writer >= 1 else { throw impossible }
        guard reader <= 3, writer <= 7 else {
            throw FeatureRefusal(feature: "version (\(reader), \(writer))", harm: .unknown)
        }
        guard reader < 3 || writer == 7 else { throw impossible }
        var features = legacy.filter { $0.writer <= writer && writer < 7 }.map(\.name)
        if writer == 7 { features += proto.writerFeatures ?? [] }
        if reader == 3 { features += proto.readerFeatures ?? [] }
        if reader == 2 { features.append("columnMapping") }
        return features
    }

    private static let legacy: [(name: String, writer: Int)] = [
        ("appendOnly", 2), ("invariants", 2), ("checkConstraints", 3), ("changeDataFeed", 4),
        ("generatedColumns", 4), ("columnMapping", 5), ("identityColumns", 6),
    ]

    private static let demands: [String: Demand] = [
        "appendOnly": .none, "changeDataFeed": .none, "deletionVectors": .none,
        "domainMetadata": .none, "clustering": .none, "inCommitTimestamp": .none,
        "timestampNtz": .none, "typeWidening": .none, "typeWidening-preview": .none,
        "v2Checkpoint": .none, "vacuumProtocolCheck": .none, "checkpointProtection": .none,
        "invariants": .unlessActive { $0.schema.column(withMetadata: "delta.invariants") },
        "checkConstraints": .unlessActive { metadata in
            metadata.properties.keys.filter { $0.hasPrefix("delta.constraints.") }.min()
        },
        "generatedColumns": .unlessActive {
            $0.schema.column(withMetadata: "delta.generationExpression")
        },
        "identityColumns": .unlessActive {
            $0.schema.column(withMetadata: "delta.identity.start")
        },
        "allowColumnDefaults": .unlessActive {
            $0.schema.column(withMetadata: "CURRENT_DEFAULT")
        },
        "columnMapping": .unlessActive { metadata in
            let mode = metadata.properties["delta.columnMapping.mode"] ?? "none"
            return mode == "none" ? nil : "mode \(mode)"
        },
        "rowTracking": .refused, "icebergCompatV1": .refused, "icebergCompatV2": .refused,
        "icebergCompatV3": .refused, "variantType": .refused, "variantType-preview": .refused,
        "variantShredding": .refused, "variantShredding-preview": .refused,
        "materializePartitionColumns": .refused, "catalogManaged": .refused,
        "catalogOwned": .refused, "catalogOwned-preview": .refused,
        "coordinatedCommits-preview": .refused,
    ]
}
