import TestKit
import Testing

/// `Tests/promises.txt` and the tests that carry a promise say the same.
struct PromiseTests {
    /// Lines of the form `P1 acknowledgedIsDurable`.
    let listed: [Promise]

    init() throws {
        let lines = try Repository.text(of: "Tests/promises.txt").split(separator: "\n")
        listed = try lines.map { line in
            let promise = Promise.allCases.first { "\($0.rawValue) \($0)" == line }
            return try #require(promise, "Tests/promises.txt: no promise is called '\(line)'")
        }
    }

    @Test func `every promise that is listed has a test, and the other way round`() throws {
        let swift = try Repository.files(below: "Tests", ["swift"])
        let scripts = try Repository.files(below: "Tests", ["py", "sh", ""])

        for promise in Promise.allCases {
            let trait = ".proves(.\(promise))"
            let proofs =
                swift.filter { file in file.code.contains { $0.contains(trait) } }
                + scripts.filter { file in
                    file.lines.contains { $0.drop { $0 == " " } == "# proves \(promise.rawValue)" }
                }
            let isListed = listed.contains(promise)
            #expect(proofs.isEmpty != isListed, "\(promise.rawValue) \(promise): \(proofs)")
        }
    }
}
