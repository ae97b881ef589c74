/// A fixed number of elements in memory of their own.
///
/// Reading and changing one is a bounds check and an access: no count of references, no check for
/// other owners. The walk over documents does this for every value.
///
/// SAFETY (`@unchecked Sendable`): the memory has one owner, since the type cannot be copied.
@safe
struct Slots<Element: Sendable>: ~Copyable, @unchecked Sendable {
    private let start: UnsafeMutablePointer<Element>
    let count: Int

    init(_ elements: [Element]) {
        count = elements.count
        unsafe start = UnsafeMutablePointer<Element>.allocate(capacity: max(1, count))
        // SAFETY: there is room for `count` elements, and they are the array's.
        for index in 0..<count { unsafe (start + index).initialize(to: elements[index]) }
    }

    deinit {
        // SAFETY: `init` has initialised `count` elements, and none was moved out.
        unsafe start.deinitialize(count: count)
        unsafe start.deallocate()
    }

    @inline(__always)
    subscript(index: Int) -> Element {
        _read {
            precondition(index >= 0 && index < count, "there is no slot \(index)")
            // SAFETY: the line above has checked the bounds, and all slots are initialised.
            yield unsafe start[index]
        }
        _modify {
            precondition(index >= 0 && index < count, "there is no slot \(index)")
            // SAFETY: as above.
            yield unsafe &start[index]
        }
    }
}
