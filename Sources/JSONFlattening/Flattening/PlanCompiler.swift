internal import Bytes
internal import Columns

/// Makes a plan's tables out of the layouts and the mapping.
struct PlanCompiler {
    private let growth: SchemaGrowth
    private(set) var fields: [PlanField] = []
    private(set) var columns: [PlanColumn] = []
    private(set) var columnStarts: [Int] = []
    private(set) var roots: [Int32] = []
    private(set) var tables: [PlanTable] = []
    private(set) var keys: [UInt8] = []

    /// A field before it has a number.
    private struct Node {
        var treatment: PlanField.Treatment
        var column: Int32 = -1
        var child: Int32 = -1
        /// In the order in which they were declared or inferred.
        var members: [(key: String, node: Int)] = []
    }

    private var nodes: [Node] = []

    init(_ growth: SchemaGrowth) { self.growth = growth }

    mutating func compile() {
        let rootNodes = growth.tables.indices.map { makeRoot($0) }
        for table in growth.tables.indices { compileColumns(of: table, rootNodes[table]) }
        columnStarts.append(columns.count)
        if growth.mapping.body == .json {
            declare(.object(growth.mapping.fields), rootNodes[0], path: [], table: 0, rootNodes)
        }
        for table in growth.tables.indices {
            roots.append(Int32(fields.count))
            number(rootNodes[table], parent: -1, table: Int32(table), key: "")
        }
    }

    // MARK: Nodes

    private var free: PlanField.Treatment {
        growth.mapping.undeclared == .infer ? [.descends, .discovers] : [.descends]
    }

    private mutating func makeNode(_ treatment: PlanField.Treatment) -> Int {
        nodes.append(Node(treatment: treatment))
        return nodes.count - 1
    }

    /// The parent's value is an object or is rescued; an element may be anything.
    private mutating func makeRoot(_ table: Int) -> Int {
        makeNode(table == 0 ? [.descends] : free)
    }

    /// The node at `path`, made on the way.
    private mutating func node(at path: [String], from root: Int) -> Int {
        var node = root
        for key in path {
            if let found = nodes[node].members.first(where: { $0.key == key }) {
                node = found.node
            } else {
                let made = makeNode(free)
                nodes[node].members.append((key, made))
                node = made
            }
        }
        return node
    }

    // MARK: Columns

    private mutating func compileColumns(of table: Int, _ root: Int) {
        let layout = growth.tables[table]
        columnStarts.append(columns.count)
        var plan = PlanTable(level: layout.level)
        plan.hasRoom = growth.mapping.undeclared == .infer && growth.hasRoom(table)
        for (place, column) in layout.columns.enumerated() {
            var landing = Landing()
            switch column.role {
            case .source, .partition, .offset, .index, .text, .binary: break
            case .key(let level): plan.keys.append((level, place))
            case .rescued: plan.rescued = place
            case .field(let path, let type, let source):
                landing = Landing(type, source)
                nodes[node(at: path, from: root)].column = Int32(columns.count)
            }
            columns.append(PlanColumn(type: column.dataType, landing: landing))
        }
        tables.append(plan)
    }

    // MARK: Rules

    /// Marks what is declared at and below a node.
    private mutating func declare(
        _ rule: Rule, _ node: Int, path: [String], table: Int, _ roots: [Int]
    ) {
        switch rule {
        case .column(.json, _): nodes[node].treatment = [.takesObjects]
        case .column: nodes[node].treatment = []
        case .ignore: nodes[node].treatment = [.ignores]
        case .object(let members):
            nodes[node].treatment = [.descends]
            for member in members {
                declare(
                    member.rule, self.node(at: [member.key], from: node),
                    path: path + [member.key], table: table, roots)
            }
        case .explode(let child), .map(let child, _):
            declareChild(child, node, path: path, table: table, roots)
        }
    }

    private mutating func declareChild(
        _ child: ChildRule, _ node: Int, path: [String], table: Int, _ roots: [Int]
    ) {
        guard
            let index = growth.tables.firstIndex(where: {
                $0.origin?.table == table && $0.origin?.path == path
            }), let origin = growth.tables[index].origin
        else { preconditionFailure("no table was laid out for \(path)") }
        nodes[node].child = Int32(index)
        nodes[node].treatment = origin.container == .object ? [.isMap] : []
        guard let element = child.element else { return }
        declare(element, roots[index], path: [], table: index, roots)
        if case .object = element, growth.mapping.undeclared == .infer {
            // Elements that are no objects have a column of their own.
            nodes[roots[index]].treatment.insert(.discovers)
        }
    }

    // MARK: Fields

    /// Gives the node and all below it their numbers.
    private mutating func number(_ node: Int, parent: Int32, table: Int32, key: String) {
        let bytes = Array(key.utf8)
        var field = PlanField(parent: parent, table: table)
        field.keyStart = Int32(keys.count)
        field.keyByteCount = Int32(bytes.count)
        for (place, byte) in bytes.prefix(8).enumerated() {
            field.keyHead |= UInt64(byte) << UInt64(8 * place)
        }
        field.column = nodes[node].column
        field.child = nodes[node].child
        field.treatment = nodes[node].treatment
        let isPlain = bytes.allSatisfy {
            $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
        }
        if isPlain { field.treatment.insert(.hasPlainKey) }
        keys.append(contentsOf: bytes)
        let number = fields.count
        fields.append(field)
        for member in nodes[node].members {
            self.number(member.node, parent: Int32(number), table: table, key: member.key)
        }
        fields[number].end = Int32(fields.count)
    }
}
