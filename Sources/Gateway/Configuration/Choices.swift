internal import Configuration
internal import Glibc
internal import Synchronization

/// Where a value comes from. Later cases win.
enum Origin: Equatable, Sendable {
    case standard
    case file(SettingNode.Place)
    case environment(String)
    case flag
}

/// Every value that was chosen, checked by its kind, and where each was chosen.
struct Choices: Sendable {
    struct Value: Sendable {
        let text: String
        let origin: Origin
        let isSecret: Bool
    }

    /// The file they were read from.
    let file: String?
    private(set) var values: [String: Value] = [:]
    private(set) var trees: [String: SettingNode] = [:]
    private(set) var problems: [ConfigurationProblem] = []
    /// What the operator called things, by where: `streams`, `access.rules`. In the file's order.
    private var names: [String: [(name: String, place: SettingNode.Place)]] = [:]

    init(
        root: SettingNode?, file: String?, flags: [String: String], environment: [String: String]
    ) {
        self.file = file
        if let root { read(root, at: []) }
        overlay(flags, environment)
    }

    /// The names below a path, in the order of the file.
    func names(at path: String) -> [(name: String, place: SettingNode.Place)] {
        names[path] ?? []
    }

    /// What was chosen, or the default; nil where there is neither.
    func text(_ path: String) -> String? {
        values[path]?.text
            ?? Schema.setting(at: path.split(separator: ".").map(String.init))?.standard
    }

    /// Notes something wrong with the value at a path.
    mutating func object(_ text: String, to path: String, at place: SettingNode.Place? = nil) {
        problems.append(ConfigurationProblem("\(path): \(text)", at: place ?? self.place(of: path)))
    }

    private func place(of path: String) -> SettingNode.Place? {
        if case .file(let place)? = values[path]?.origin { return place }
        return trees[path]?.place
    }

    // MARK: The file

    private mutating func read(_ node: SettingNode, at path: [String]) {
        guard case .members(let members) = node.content else {
            if case .nothing = node.content { return }
            return object("settings are expected here", to: joined(path), at: node.place)
        }
        let known = Schema.names(below: path)
        for member in members {
            let below = path + [member.key]
            if let known, !known.contains(member.key) {
                problems.append(unknown(member, among: known, below: path))
            } else if known == nil, member.key.contains(".") && path != ["streams"] {
                object("a name has no '.'", to: joined(below), at: member.place)
            } else if let setting = Schema.setting(at: below) {
                take(member.value, setting, at: below)
            } else {
                if known == nil {
                    names[joined(path), default: []].append((member.key, member.place))
                }
                read(member.value, at: below)
            }
        }
    }

    private func unknown(
        _ member: SettingNode.Member, among known: [String], below path: [String]
    ) -> ConfigurationProblem {
        let name = joined(path + [member.key])
        let rest =
            nearest(to: member.key, among: known).map { "did you mean '\($0)'?" }
            ?? "there are: \(known.joined(separator: ", "))"
        return ConfigurationProblem("there is no setting '\(name)': \(rest)", at: member.place)
    }

    private mutating func take(_ node: SettingNode, _ setting: Setting, at path: [String]) {
        if case .tree = setting.kind {
            trees[joined(path)] = node
            return
        }
        switch node.content {
        case .nothing: return
        case .scalar(let text, _): set(text, setting, at: path, from: .file(node.place))
        case .list(let items):
            guard case .choices = setting.kind else {
                return object("one value is expected, not a list", to: joined(path), at: node.place)
            }
            let texts = items.compactMap { item in
                if case .scalar(let text, _) = item.content { text } else { nil }
            }
            guard texts.count == items.count else {
                return object("a list of names is expected", to: joined(path), at: node.place)
            }
            set(texts.joined(separator: ","), setting, at: path, from: .file(node.place))
        case .members:
            object("a value is expected, not settings", to: joined(path), at: node.place)
        }
    }

    private mutating func set(
        _ text: String, _ setting: Setting, at path: [String], from origin: Origin
    ) {
        let name = joined(path)
        values[name] = Value(text: text, origin: origin, isSecret: setting.isSecret)
        guard let objection = setting.kind.objection(to: text) else { return }
        let shown = setting.isSecret ? "" : ": '\(text)'"
        switch origin {
        case .environment(let variable): object("\(objection)\(shown)", to: variable)
        case .file, .flag, .standard: object("\(objection)\(shown)", to: name)
        }
    }

    private func joined(_ path: [String]) -> String { path.joined(separator: ".") }

    // MARK: Flags and environment

    /// WHY: two readers instead of one with two providers, because `config show` says which of them
    /// a value comes from.
    private mutating func overlay(_ flags: [String: String], _ environment: [String: String]) {
        let variables = ConfigReader(
            provider: EnvironmentVariablesProvider(environmentVariables: environment))
        let options = ConfigReader(
            provider: InMemoryProvider(
                values: Dictionary(
                    uniqueKeysWithValues: flags.map { name, text in
                        (
                            AbsoluteConfigKey(key(of: name)),
                            ConfigValue(.string(text), isSecret: false)
                        )
                    })))
        for setting in Schema.settings where !setting.isNamed {
            let name = joined(setting.path)
            if let text = options.string(forKey: key(of: name)) {
                set(text, setting, at: setting.path, from: .flag)
            } else if let text = variables.string(
                forKey: key(of: name), isSecret: setting.isSecret)
            {
                set(
                    text, setting, at: setting.path,
                    from: .environment(Self.variable(for: setting.path)))
            }
        }
    }

    private func key(of name: String) -> ConfigKey {
        ConfigKey(["millrace"] + name.split(separator: ".").map(String.init))
    }

    /// What a setting is called in the environment.
    static func variable(for path: [String]) -> String {
        (["MILLRACE"] + path).joined(separator: "_").uppercased()
            .replacing("-", with: "_")
    }
}
