import Millrace

let store = try await Store(opening: "readings.store")
let rooms = try await store.stream(named: StreamName("rooms"))

try await rooms.append("21.5", key: "kitchen")  // on the disk when this returns
let place = try await rooms.append("19.0", key: "cellar")
print("stored at offset \(place.offset) of partition \(place.partition)")

for try await case .event(let event) in try rooms.read() {
    print(String(decoding: event.record.value ?? [], as: UTF8.self))
}
await store.close()
