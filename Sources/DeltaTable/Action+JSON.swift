// Member names are those of PROTOCOL.md. Unknown members are ignored; a known one of another type
// makes the action unreadable, and `nil`.

extension Action {
    /// The action of one line; nil when it is none that can be understood.
    init?(_ json: JSON) throws(SchemaError) {
        // Exactly one member names the action; explicit nulls may stand beside it.
        guard let member = json.members?.first(where: { $0.value != .null }) else { return nil }
        let body = member.value
        switch member.name {
        case "protocol":
            guard let value = TableProtocol(body) else { return nil }
            self = .proto(value)
        case "metaData":
            guard let value = try Metadata(body) else { return nil }
            self = .metadata(value)
        case "add":
            guard let value = AddFile(body) else { return nil }
            self = .add(value)
        case "remove":
            guard let value = RemoveFile(body) else { return nil }
            self = .remove(value)
        case "txn":
            guard let value = TransactionMark(body) else { return nil }
            self = .transaction(value)
        case "domainMetadata":
            guard let value = DomainMetadata(body) else { return nil }
            self = .domain(value)
        case "commitInfo": self = .commitInfo(body)
        default: self = .other(member.name)
        }
    }

    /// The action as one object.
    var json: JSON {
        switch self {
        case .proto(let value): ["protocol": value.json]
        case .metadata(let value): ["metaData": value.json]
        case .add(let value): ["add": value.json]
        case .remove(let value): ["remove": value.json]
        case .transaction(let value): ["txn": value.json]
        case .domain(let value): ["domainMetadata": value.json]
        case .commitInfo(let value): ["commitInfo": value]
        case .other(let name): .object([JSON.Member(name, [:])])
        }
    }
}

extension TableProtocol {
    init?(_ json: JSON) {
        guard let reader = json["minReaderVersion"]?.integer,
            let writer = json["minWriterVersion"]?.integer
        else { return nil }
        self.init(
            readerVersion: Int(reader), writerVersion: Int(writer),
            readerFeatures: json["readerFeatures"]?.elements?.compactMap(\.text),
            writerFeatures: json["writerFeatures"]?.elements?.compactMap(\.text))
    }

    var json: JSON {
        var json: JSON = [
            "minReaderVersion": .integer(readerVersion),
            "minWriterVersion": .integer(writerVersion),
        ]
        if let readerFeatures {
            json.set("readerFeatures", to: .array(readerFeatures.map(JSON.string)))
        }
        if let writerFeatures {
            json.set("writerFeatures", to: .array(writerFeatures.map(JSON.string)))
        }
        return json
    }
}

extension AddFile {
    private static let known: Set<String> = [
        "path", "partitionValues", "size", "modificationTime", "dataChange", "stats", "tags",
        "deletionVector",
    ]

    init?(_ json: JSON) {
        guard let path = json["path"]?.text, let size = json["size"]?.integer,
            let values = json["partitionValues"]?.textMap,
            let dataChange = json["dataChange"]?.bool
        else { return nil }
        self.init(
            path: path, partitionValues: values, byteCount: size,
            modificationTime: json["modificationTime"]?.integer ?? 0, isDataChange: dataChange,
            statistics: json["stats"]?.text, tags: json["tags"]?.textMap,
            deletionVector: json["deletionVector"].flatMap { $0 == .null ? nil : $0 },
            rest: json.others(than: Self.known))
    }

    var json: JSON {
        var json: JSON = [
            "path": .string(path), "partitionValues": JSON(partitionValues),
            "size": .integer(byteCount), "modificationTime": .integer(modificationTime),
            "dataChange": .bool(isDataChange),
        ]
        if let statistics { json.set("stats", to: .string(statistics)) }
        if let tags { json.set("tags", to: JSON(tags)) }
        if let deletionVector { json.set("deletionVector", to: deletionVector) }
        for member in rest { json.set(member.name, to: member.value) }
        return json
    }
}

extension RemoveFile {
    private static let known: Set<String> = [
        "path", "deletionTimestamp", "dataChange", "deletionVector",
    ]

    init?(_ json: JSON) {
        guard let path = json["path"]?.text, let dataChange = json["dataChange"]?.bool else {
            return nil
        }
        self.init(
            path: path, deletionTimestamp: json["deletionTimestamp"]?.integer,
            isDataChange: dataChange,
            deletionVector: json["deletionVector"].flatMap { $0 == .null ? nil : $0 },
            rest: json.others(than: Self.known))
    }

    var json: JSON {
        var json: JSON = ["path": .string(path), "dataChange": .bool(isDataChange)]
        if let deletionTimestamp {
            json.set("deletionTimestamp", to: .integer(deletionTimestamp))
        }
        if let deletionVector { json.set("deletionVector", to: deletionVector) }
        for member in rest { json.set(member.name, to: member.value) }
        return json
    }
}

extension TransactionMark {
    init?(_ json: JSON) {
        guard let application = json["appId"]?.text, let version = json["version"]?.integer else {
            return nil
        }
        self.init(
            application: application, version: version,
            lastUpdated: json["lastUpdated"]?.integer)
    }

    var json: JSON {
        var json: JSON = ["appId": .string(application), "version": .integer(version)]
        if let lastUpdated { json.set("lastUpdated", to: .integer(lastUpdated)) }
        return json
    }
}

extension DomainMetadata {
    init?(_ json: JSON) {
        guard let domain = json["domain"]?.text,
            let configuration = json["configuration"]?.text,
            let removed = json["removed"]?.bool
        else { return nil }
        self.init(domain: domain, configuration: configuration, isRemoved: removed)
    }

    var json: JSON {
        [
            "domain": .string(domain), "configuration": .string(configuration),
            "removed": .bool(isRemoved),
        ]
    }
}

extension JSON {
    /// An object whose values are strings or null; nil for anything else.
    fileprivate var textMap: [String: String?]? {
        guard let members else { return nil }
        return Dictionary(
            members.map { ($0.name, $0.value.text) }, uniquingKeysWith: { $1 })
    }

    /// An object of strings and nulls, in the order of the names.
    init(_ map: [String: String?]) {
        self = .object(
            map.sorted { $0.key < $1.key }.map { name, value in
                Member(name, value.map(JSON.string) ?? .null)
            })
    }

    /// The members that are not null and not among `names`. A checkpoint's typed copies of others
    /// are not for the log.
    fileprivate func others(than names: Set<String>) -> [Member] {
        (members ?? []).filter {
            !names.contains($0.name) && !$0.name.hasSuffix("_parsed") && $0.value != .null
        }
    }
}
