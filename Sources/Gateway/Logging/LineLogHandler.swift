internal import Foundation
package import Logging

/// Writes each entry as one line to standard error, for people or as JSON.
///
///     2026-11-24T13:45:00.123Z info listening address=127.0.0.1:8088 listener=http
///     {"address":"127.0.0.1:8088","level":"info","message":"listening","time":"2026-11-24T…"}
package struct LineLogHandler: LogHandler {
    /// Entries below it are not written.
    package var logLevel: Logger.Level
    /// On every line, unless the entry has the same key.
    package var metadata: Logger.Metadata = [:]
    private let format: GatewayConfiguration.LogFormat

    /// A handler that writes entries from `level` on.
    package init(level: Logger.Level, format: GatewayConfiguration.LogFormat) {
        logLevel = level
        self.format = format
    }

    /// One of `metadata`.
    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Writes one line, whole, in one call.
    package func log(event: LogEvent) {
        var fields = metadata.merging(event.metadata ?? [:]) { _, new in new }
        if let error = event.error { fields["error"] = "\(error)" }
        let time = Date().ISO8601Format(.init(includingFractionalSeconds: true))
        let line =
            switch format {
            case .text: text(event, fields, time)
            case .json: json(event, fields, time)
            }
        FileHandle.standardError.write(Data((line + "\n").utf8))
    }

    private func text(_ event: LogEvent, _ fields: Logger.Metadata, _ time: String) -> String {
        let pairs = fields.sorted { $0.key < $1.key }.map { key, value in
            let value = "\(value)"
            let isPlain =
                !value.isEmpty && value.allSatisfy { $0 != " " && !$0.isNewline && $0 != "\"" }
            return " \(key)=\(isPlain ? value : value.debugDescription)"
        }
        let message = "\(event.message)".replacing("\n", with: "\\n")
        return "\(time) \(event.level) \(message)\(pairs.joined())"
    }

    private func json(_ event: LogEvent, _ fields: Logger.Metadata, _ time: String) -> String {
        var object = fields.mapValues { "\($0)" }
        object["time"] = time
        object["level"] = "\(event.level)"
        object["message"] = "\(event.message)"
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let bytes = try? encoder.encode(object) else { return "{}" }
        return String(decoding: bytes, as: UTF8.self)
    }
}
