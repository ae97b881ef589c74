import Columns
import Testing

@testable import DeltaTable

@Suite("DeltaTable: features")
struct FeatureTests {
    private func metadata(field: String = "{}", properties: [String: String] = [:]) throws
        -> Metadata
    {
        let schema =
            #"{"type":"struct","fields":[{"name":"a","type":"long","nullable":true,"metadata":\#(field)}]}"#
        let json: JSON = [
            "id": "x", "schemaString": .string(schema), "partitionColumns": .array([]),
            "configuration": JSON(properties.mapValues { $0 }),
        ]
        return try #require(try Metadata(json))
    }

    private func listed(_ feature: String, reader: Bool = false) -> TableProtocol {
        TableProtocol(
            readerVersion: reader ? 3 : 1, writerVersion: 7,
            readerFeatures: reader ? [feature] : nil, writerFeatures: [feature])
    }

    @Test(arguments: [
        "appendOnly", "changeDataFeed", "deletionVectors", "domainMetadata", "clustering",
        "inCommitTimestamp", "timestampNtz", "typeWidening", "v2Checkpoint", "vacuumProtocolCheck",
        "checkpointProtection", "invariants", "checkConstraints", "generatedColumns",
        "identityColumns", "allowColumnDefaults", "columnMapping",
    ])
    func `a feature that asks nothing of an append is accepted`(feature: String) throws {
        try FeatureCheck.checkAppend(to: listed(feature), metadata())
        try FeatureCheck.checkAppend(to: listed(feature, reader: true), metadata())
    }

    @Test(arguments: [
        "rowTracking", "icebergCompatV1", "icebergCompatV2", "icebergCompatV3", "variantType",
        "materializePartitionColumns", "catalogManaged", "coordinatedCommits-preview",
    ])
    func `a feature that an append would break is refused by name`(feature: String) throws {
        #expect(throws: FeatureRefusal(feature: feature, harm: .notImplemented)) {
            try FeatureCheck.checkAppend(to: listed(feature), metadata())
        }
    }

    @Test(arguments: ["adaptiveMetadata-preview", "timestampNanos", "", "appendonly"])
    func `an unknown feature is refused by name`(feature: String) throws {
        #expect(throws: FeatureRefusal(feature: feature, harm: .unknown)) {
            try FeatureCheck.checkAppend(to: listed(feature), metadata())
        }
    }

    @Test(arguments: [
        ("invariants", #"{"delta.invariants":"{}"}"#, 2),
        ("generatedColumns", #"{"delta.generationExpression":"b+1"}"#, 4),
        ("identityColumns", #"{"delta.identity.start":1}"#, 6),
    ])
    func `a column that needs evaluation refuses the append, in legacy versions too`(
        feature: String, field: String, writerVersion: Int
    ) throws {
        let metadata = try metadata(field: field)

        #expect(throws: FeatureRefusal(feature: feature, harm: .active("a"))) {
            try FeatureCheck.checkAppend(to: listed(feature), metadata)
        }
        #expect(throws: FeatureRefusal(feature: feature, harm: .active("a"))) {
            try FeatureCheck.checkAppend(to: TableProtocol(writerVersion: writerVersion), metadata)
        }
        try FeatureCheck.checkAppend(to: listed("appendOnly"), metadata)
    }

    @Test(arguments: [
        ("checkConstraints", "delta.constraints.positive", "a > 0", "delta.constraints.positive"),
        ("columnMapping", "delta.columnMapping.mode", "name", "mode name"),
    ])
    func `a property that makes a feature matter refuses the append`(
        feature: String, property: String, value: String, place: String
    ) throws {
        #expect(throws: FeatureRefusal(feature: feature, harm: .active(place))) {
            try FeatureCheck.checkAppend(
                to: listed(feature), metadata(properties: [property: value]))
        }
    }

    @Test(arguments: [(0, 2), (1, 0), (3, 5), (4, 7), (1, 8)])
    func `versions that cannot be are refused`(reader: Int, writer: Int) throws {
        #expect(throws: FeatureRefusal.self) {
            try FeatureCheck.checkAppend(
                to: TableProtocol(readerVersion: reader, writerVersion: writer), metadata())
        }
    }
}
