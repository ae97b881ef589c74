/// What `config show` and `config example` print.
extension GatewayConfiguration {
    /// Every setting with its value and where it comes from.
    package var text: String {
        let fixed = Schema.settings.filter { !$0.isNamed }.map { setting in
            line(setting.path.joined(separator: "."), setting.standard)
        }
        let known = Set(Schema.settings.map { $0.path.joined(separator: ".") })
        let named = Set(choices.values.keys).union(choices.trees.keys).subtracting(known).sorted()
            .map { line($0, nil) }
        return (fixed + named).joined(separator: "\n")
    }

    private func line(_ path: String, _ standard: String?) -> String {
        if let tree = choices.trees[path] {
            return "\(path): {…}  # \(choices.file ?? ""):\(tree.place.line)"
        }
        guard let value = choices.values[path] else {
            return "\(path): \(standard ?? "~")  # default"
        }
        return "\(path): \(value.isSecret ? "***" : value.text)  # \(source(of: value.origin))"
    }

    private func source(of origin: Origin) -> String {
        switch origin {
        case .standard: "default"
        case .file(let place): "\(choices.file ?? ""):\(place.line)"
        case .environment(let variable): variable
        case .flag: "command line"
        }
    }

    /// A file with every setting, its meaning and its default. Those that need a value of the
    /// operator's stand behind a `#`.
    package static var example: String {
        var text = """
            # A configuration of millrace: every setting with its default. Whatever is left out, or
            # the whole file, stays at its default. `millrace config check FILE` checks it.
            # In the environment, store.budget is MILLRACE_STORE_BUDGET.

            """
        var open: [String] = []
        for setting in Schema.settings { write(setting, into: &text, &open) }
        return text
    }

    private static func write(
        _ setting: Setting, into text: inout String, _ open: inout [String]
    ) {
        let path = setting.path
        let shared = zip(path.dropLast(), open).prefix { $0 == $1 }.count
        for (depth, name) in path.dropLast().enumerated().dropFirst(shared) {
            if depth == 0 { text += "\n" }
            // What an operator names is an example as a whole, and stands behind a #.
            let start = isExample(path, depth) ? "# " : ""
            text += start + indent(depth) + (name == "*" ? sampleName(path) : name) + ":\n"
        }
        if path.count == 1 { text += "\n" }
        open = Array(path.dropLast())
        let depth = path.count - 1
        text += (isExample(path, 0) ? "# " : "") + indent(depth) + "# \(setting.meaning)\n"
        let value = setting.sample ?? setting.standard ?? ""
        let isUnset = setting.standard == nil || setting.sample != nil || isExample(path, depth)
        text +=
            (isUnset ? "# " : "") + indent(depth) + path[depth] + ": \(sample(setting, value))\n"
    }

    private static func isExample(_ path: [String], _ depth: Int) -> Bool {
        path.contains("*")
    }

    private static func sample(_ setting: Setting, _ value: String) -> String {
        if case .tree = setting.kind { return "{fields: {deviceId: string, ts: timestamp}}" }
        if case .choices = setting.kind { return "[\(value)]" }
        return value
    }

    private static func sampleName(_ path: [String]) -> String {
        path.dropLast().last == "*" && path.contains("rules") ? "devices" : "readings"
    }

    private static func indent(_ depth: Int) -> String { String(repeating: "  ", count: depth) }
}
