/// What one value of a peer may take before it is refused.
///
/// A list costs its sender a byte an element and us some forty; nesting costs us stack. Both have
/// to end somewhere.
package struct DecodeLimits: Sendable, Equatable {
    /// How deep lists, maps, arrays and descriptors may lie in one another.
    package var depthMax: Int
    /// How many values there may be, counted over all levels.
    package var valueCountMax: Int

    /// Limits of this height. The defaults hold everything that any SDK is known to send.
    package init(depthMax: Int = 32, valueCountMax: Int = 16_384) {
        self.depthMax = depthMax
        self.valueCountMax = valueCountMax
    }
}
