import Foundation
import Millrace

let store = try await Store(opening: "readings.store")
let rooms = try await store.stream(named: StreamName("rooms"))

try await rooms.append(#"{"room": "kitchen", "celsius": 21.5}"#, key: "kitchen")  // durable now
try await rooms.append(#"{"room": "cellar", "celsius": 12.0}"#, key: "cellar")

for try await case .event(let event) in try rooms.follow().prefix(2) {
    print(event.place.offset, String(decoding: event.record.value ?? [], as: UTF8.self))
}
let table = try await rooms.materialize(into: "rooms.table")  // Delta, each event exactly once
print("\(table.rowCount) rows of \(table.columns.count) columns in \(table.path)")
await store.close()
