/// Elements put on one another, in memory that only grows.
///
/// As `Slots`, without the checks of an array: the walk pushes and pops one for every value.
///
/// SAFETY (`@unchecked Sendable`): the memory has one owner, since the type cannot be copied.
@safe
struct Stack<Element: BitwiseCopyable & Sendable>: ~Copyable, @unchecked Sendable {
    private var start: UnsafeMutablePointer<Element>
    private var capacity = 64
    private(set) var count = 0

    init() { unsafe start = UnsafeMutablePointer<Element>.allocate(capacity: capacity) }

    deinit { unsafe start.deallocate() }

    @inline(__always)
    subscript(index: Int) -> Element {
        precondition(index >= 0 && index < count, "there is no element \(index)")
        // SAFETY: the line above has checked the bounds, and all below `count` are initialised.
        return unsafe start[index]
    }

    @inline(__always)
    mutating func push(_ element: Element) {
        if count == capacity { grow() }
        // SAFETY: the line above has made room, and the element has nothing to release.
        unsafe (start + count).initialize(to: element)
        count &+= 1
    }

    /// Takes away all from `count` on.
    mutating func pop(to count: Int) {
        precondition(count >= 0 && count <= self.count, "there are no \(count) elements")
        self.count = count
    }

    /// Takes away those that match and keeps the order of the others.
    mutating func removeAll(where matches: (Element) -> Bool) {
        var kept = 0
        for index in 0..<count where !matches(self[index]) {
            // SAFETY: `kept` is never beyond `index`, which is below `count`.
            unsafe start[kept] = start[index]
            kept += 1
        }
        count = kept
    }

    private mutating func grow() {
        let grown = UnsafeMutablePointer<Element>.allocate(capacity: capacity * 2)
        // SAFETY: both have room for the `count` elements that are initialised.
        unsafe grown.initialize(from: start, count: count)
        unsafe start.deallocate()
        unsafe start = grown
        capacity *= 2
    }
}
