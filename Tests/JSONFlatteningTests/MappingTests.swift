import Testing

@testable import JSONFlattening

@Suite("JSONFlattening: mappings")
struct MappingTests {
    static let all = """
        {"body":"json","undeclared":"rescue","columnMax":40,"depthMax":9,"fields":{
            "a":"string","b":{"type":"decimal(10,2)","column":"price"},
            "t":{"type":"timestamp","unit":"milliseconds"},"u":"timestamp",
            "o":{"fields":{"x":"long","y":"ignore","":"json"}},
            "l":{"as":"list","type":"timestamp","unit":"seconds"},
            "e":{"as":"explode","table":"events","fields":{"v":{"type":"double"}}},
            "m":{"as":"map","key":"zone","element":{"as":"explode","element":"long"}}}}
        """

    @Test func `the canonical form is the same mapping again`() throws {
        let mapping = try Mapping(parsing: Self.all)

        let again = try Mapping(parsing: mapping.canonical)

        #expect(again == mapping)
        #expect(again.canonical == mapping.canonical)
        #expect(mapping != Mapping())
        #expect(try Mapping(parsing: Mapping().canonical) == Mapping())
    }

    @Test(arguments: [
        (
            #"{"feilds":{}}"#,
            #"the mapping at feilds: there is no such key; did you mean "fields"?"#
        ),
        (
            #"{"fields":{"a":{"fields":{"b":"strin"}}}}"#,
            #"the mapping at fields.a.fields.b: "strin" is none of the values; "#
                + #"did you mean "string"?"#
        ),
        (
            #"{"fields":{"a":{"as":"explod"}}}"#,
            #"the mapping at fields.a.as: "explod" is none of the values; did you mean "explode"?"#
        ),
        (
            #"{"fields":{"a":{"type":"long","unit":"seconds"}}}"#,
            #"the mapping at fields.a.unit: "unit" has no meaning together with the other keys"#
        ),
        (
            #"{"columnMax":0}"#, "the mapping at columnMax: 0 is not between 1 and 10000"
        ),
        (
            #"{"body":"avro"}"#,
            "the mapping at body: Avro bodies cannot be flattened yet; "
                + #""text" or "binary" keeps them whole"#
        ),
        (
            #"{"fields":{"a":{"column":"x"},"b":{"column":"X"}}}"#,
            #"the mapping at fields.b.column: "X" is the name of two"#
        ),
        ("{", "the mapping: the body ends in the middle of a JSON value"),
        ("[]", "the mapping: a group of keys is expected, not a list"),
        (
            #"{"fields":{"a":{"column":"_x"}}}"#,
            #"the mapping at fields.a.column: "_x" cannot be a name: letters, digits and "#
                + "underscores, no underscore first"
        ),
        (
            #"{"fields":{"a":"long","a":"long"}}"#,
            "the mapping at fields.a: the key stands here twice"
        ),
    ])
    func `a mistake is named with its place and the nearest valid word`(
        text: String, description: String
    ) {
        let error = #expect(throws: MappingError.self) { try Mapping(parsing: text) }

        #expect(error?.description == description)
    }

    @Test func `a tree from another language is the same as JSON`() throws {
        let tree = MappingTree.members([
            ("fields", .members([("a", .text("long")), ("b", .members([("as", .text("map"))]))]))
        ])

        let mapping = try Mapping(tree: tree)

        #expect(
            mapping == (try Mapping(parsing: #"{"fields":{"a":"long","b":{"as":"map"}}}"#)))
    }
}
