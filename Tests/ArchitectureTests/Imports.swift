/// The modules that a Swift file imports, whatever attributes and access the imports have.
enum Imports {
    struct Import {
        let module: String
        let line: Int
    }

    static func imports(of file: SourceFile) -> [Import] {
        file.code.enumerated().filter { $0.element.contains("import") }.flatMap { index, text in
            text.split(separator: ";").compactMap { statement in
                module(of: statement).map { Import(module: $0, line: index + 1) }
            }
        }
    }

    private static func module(of statement: Substring) -> String? {
        let declaration =
            #/
            ^ \s*
            (?: @ \w+ (?: \( [^)]* \) )? \s+ )*
            (?: (?: public | package | internal | fileprivate | private ) \s+ )?
            import \s+
            (?: (?: struct | class | enum | protocol | typealias | func | let | var ) \s+ )?
            (?<module> \w+ )
            /#
        return statement.firstMatch(of: declaration).map { String($0.output.module) }
    }
}
