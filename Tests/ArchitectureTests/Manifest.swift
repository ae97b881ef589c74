/// The targets in the `layers` list of Package.swift, in its order.
enum Manifest {
    struct Module {
        let name: String
        /// Names of targets only; products of other packages are not among them.
        let dependencies: [String]
    }

    static func modules(in manifest: String) -> [Module] {
        guard
            let list = manifest.firstMatch(
                of: #/\nlet layers: \[Target\] = \[\n(?<items>.*?)\n\]\n/#
                    .dotMatchesNewlines())
        else { return [] }
        return items(of: list.output.items).compactMap(module)
    }

    /// Splits at the commas that are in no bracket, after taking the comments out.
    private static func items(of list: Substring) -> [String] {
        let text = list.replacing(#/\/\/[^\n]*/#, with: "")
        var items = [""]
        var depth = 0
        for character in text {
            if "([".contains(character) { depth += 1 }
            if ")]".contains(character) { depth -= 1 }
            if character == ",", depth == 0 {
                items.append("")
            } else {
                items[items.count - 1].append(character)
            }
        }
        return items
    }

    /// The first literal is the name; those of the first bracket are what it depends on.
    private static func module(of item: String) -> Module? {
        guard let name = literals(in: item[...]).first else { return nil }
        guard let open = item.firstIndex(of: "["),
            let close = item[open...].firstIndex(of: "]")
        else { return Module(name: name, dependencies: []) }
        return Module(name: name, dependencies: literals(in: item[open..<close]))
    }

    private static func literals(in text: Substring) -> [String] {
        text.matches(of: #/"([^"]*)"/#).map { String($0.output.1) }
    }
}
