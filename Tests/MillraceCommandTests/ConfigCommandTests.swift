import TestKit
import Testing

@testable import MillraceCommand

@Suite("millrace config")
struct ConfigCommandTests {
    @Test func `a check of a file that cannot be read names the file`() async throws {
        var check = ConfigCommand.Check()
        check.file = "/nowhere/millrace.yaml"
        let complete = check

        let failure = await #expect(throws: CommandFailure.self) { try await complete.run() }

        #expect(failure?.text.contains("/nowhere/millrace.yaml") == true)
        #expect(failure?.status == .usage)
    }
}
