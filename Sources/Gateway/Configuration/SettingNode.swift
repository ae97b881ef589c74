internal import Yams

/// A part of a configuration file, and where it stands.
///
/// WHY: not Yams' own node, which holds references and is not `Sendable`.
struct SettingNode: Sendable {
    /// A line and a column, both from 1.
    struct Place: Equatable, Sendable {
        let line: Int
        let column: Int
    }

    struct Member: Sendable {
        let key: String
        let place: Place
        let value: SettingNode
    }

    indirect enum Content: Sendable {
        case nothing
        /// Whether quotes say that it is text, whatever it looks like.
        case scalar(String, isQuoted: Bool)
        case list([SettingNode])
        case members([Member])
    }

    let place: Place
    let content: Content

    /// What deserves no deeper nesting. A file that has it was not written by a person.
    private static let depthMax = 32

    /// The tree of a YAML text; without members where the text says nothing.
    init(yaml text: String) throws(ConfigurationProblem) {
        let root: Node?
        do {
            root = try compose(yaml: text)
        } catch let error as YamlError {
            throw ConfigurationProblem(error)
        } catch {
            throw ConfigurationProblem("this is not YAML: \(error)")
        }
        guard let root else {
            self.init(place: Place(line: 1, column: 1), content: .members([]))
            return
        }
        try self.init(root, depth: 0)
        if case .nothing = content { self.init(place: place, content: .members([])) }
    }

    private init(place: Place, content: Content) {
        self.place = place
        self.content = content
    }

    private init(_ node: Node, depth: Int) throws(ConfigurationProblem) {
        let place = Place(node.mark)
        guard depth <= Self.depthMax else {
            throw ConfigurationProblem(
                "settings are nested deeper than \(Self.depthMax)", at: place)
        }
        switch node {
        case .scalar(let scalar):
            let isQuoted = scalar.style == .singleQuoted || scalar.style == .doubleQuoted
            let isNothing = !isQuoted && ["", "~", "null"].contains(scalar.string)
            let content = isNothing ? .nothing : Content.scalar(scalar.string, isQuoted: isQuoted)
            self.init(place: place, content: content)
        case .sequence(let sequence):
            var list: [SettingNode] = []
            for item in sequence { list.append(try SettingNode(item, depth: depth + 1)) }
            self.init(place: place, content: .list(list))
        case .mapping(let mapping):
            var members: [Member] = []
            for (key, value) in mapping {
                guard let name = key.scalar?.string else {
                    throw ConfigurationProblem("a key has to be text", at: Place(key.mark))
                }
                members.append(
                    Member(
                        key: name, place: Place(key.mark),
                        value: try SettingNode(value, depth: depth + 1)))
            }
            self.init(place: place, content: .members(members))
        case .alias: throw ConfigurationProblem("an alias without its anchor", at: place)
        }
    }
}

extension SettingNode.Place {
    fileprivate init(_ mark: Mark?) {
        self.init(line: mark?.line ?? 1, column: mark?.column ?? 1)
    }
}

extension ConfigurationProblem {
    fileprivate init(_ error: YamlError) {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            self.init("this is not YAML: \(problem)", at: SettingNode.Place(mark))
        case .duplicatedKeysInMapping(let duplicates, let context):
            let names = duplicates.map { "'\($0)'" }.joined(separator: ", ")
            self.init("\(names) is set twice", at: SettingNode.Place(context.mark))
        default: self.init("this is not YAML: \(error)")
        }
    }
}
