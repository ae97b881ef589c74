internal import JSONFlattening

extension MappingTree {
    /// What a node of the file says. Words without quotes are read as YAML reads them.
    init(_ node: SettingNode) {
        switch node.content {
        case .nothing: self = .null
        case .scalar(let text, let isQuoted): self = isQuoted ? .text(text) : Self.word(text)
        case .list(let items): self = .list(items.map { MappingTree($0) })
        case .members(let members):
            self = .members(members.map { (key: $0.key, value: MappingTree($0.value)) })
        }
    }

    private static func word(_ text: String) -> MappingTree {
        switch text {
        case "true": .boolean(true)
        case "false": .boolean(false)
        default: Int64(text).map { .integer($0) } ?? .text(text)
        }
    }
}

extension SettingNode {
    /// Where the value at `path` stands, or as much of it as there is.
    func place(of path: [String]) -> Place {
        guard let name = path.first, case .members(let members) = content,
            let member = members.last(where: { $0.key == name })
        else { return place }
        return path.count == 1 ? member.place : member.value.place(of: Array(path.dropFirst()))
    }
}

extension Mapping {
    /// The mapping in a configuration; what is wrong with it is noted there, with its line.
    init(_ node: SettingNode, at path: String, _ choices: inout Choices) {
        do throws(MappingError) {
            self = try Mapping(tree: MappingTree(node))
        } catch {
            self = Mapping()
            choices.object(error.description, to: path, at: node.place(of: error.path))
        }
    }
}
