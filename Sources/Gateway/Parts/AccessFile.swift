package import Access
internal import DurableFiles
internal import Foundation
internal import StreamModel

/// `access.json` in a store's directory: the keys of a gateway, for its user alone.
package struct AccessFile: Sendable {
    private static let name = "access.json"
    private let directory: String

    /// The file of the store in `directory`, which has to exist.
    package init(in directory: String) { self.directory = directory }

    /// Where it is.
    package var path: String { directory + "/" + Self.name }

    /// The rules in the file. The first time it is made, with one rule and random keys.
    package func rules() throws -> AccessRules {
        if let bytes = FileManager.default.contents(atPath: path) { return try decoded(bytes) }
        var random = SystemRandomNumberGenerator()
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let first = try encoder.encode(AccessRules.initial(random: &random))
        let directory = try Directory(directory)
        // Another process may have been faster: whatever is there counts.
        _ = try directory.create(Self.name, with: Array(first) + [UInt8(ascii: "\n")])
        guard let bytes = FileManager.default.contents(atPath: path) else {
            throw GatewayError.unreadableAccess(path)
        }
        return try decoded(bytes)
    }

    private func decoded(_ bytes: Data) throws -> AccessRules {
        do {
            return try JSONDecoder().decode(AccessRules.self, from: bytes)
        } catch {
            throw GatewayError.unreadableAccess(path)
        }
    }

    /// The rules in the file, and those of a configuration, which win over others of their name.
    package func rules(adding configuration: GatewayConfiguration) throws -> AccessRules {
        var all = try rules().rules
        let chosen =
            configuration.rules.map { AccessRule($0, hub: nil) }
            + configuration.streams.flatMap { stream in
                stream.rules.map { AccessRule($0, hub: stream.name.text) }
            }
        for rule in chosen {
            all.removeAll { $0.name == rule.name && $0.hub == rule.hub }
            all.append(rule)
        }
        return AccessRules(all)
    }
}

extension AccessRule {
    fileprivate init(_ rule: GatewayConfiguration.Rule, hub: String?) {
        let claims = rule.rights.compactMap { right -> Claim? in
            switch right {
            case "send": .send
            case "listen": .listen
            case "manage": .manage
            default: nil
            }
        }
        self.init(
            name: rule.name, primaryKey: rule.key, secondaryKey: rule.secondaryKey, claims: claims,
            hub: hub)
    }
}
