import Bytes
import Columns
import Testing

@testable import JSONFlattening

@Suite("JSONFlattening: rows")
struct FlattenerTests {
    @Test func `objects become columns that are named after their paths`() throws {
        var world = FlatWorld()

        world.flatten(#"{"deviceId":"a","site":{"group":"g","region":null},"reading":{"ok":true}}"#)

        #expect(
            try world.rows() == [
                ["deviceId": "a", "site_group": "g", "reading_ok": "true"]
            ])
    }
}
