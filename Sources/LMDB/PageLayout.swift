/// How LMDB 0.9 lays out a file on a 64-bit machine (mdb.c: `MDB_page`, `MDB_meta`, `MDB_node`).
///
///     page      0        8     10      12      14      16
///               ┌────────┬─────┬───────┬───────┬───────┐
///               │ number │ pad │ flags │ lower │ upper │ then node pointers, or the content
///               └────────┴─────┴───────┴───────┴───────┘ of an overflow run: its page count
///                                                         stands in place of lower and upper
///     meta      16      20        24        32     40          88          136    144   152
///               ┌───────┬─────────┬─────────┬──────┬───────────┬───────────┬──────┬─────┐
///               │ magic │ version │ address │ map  │ free tree │ main tree │ last │ txn │
///               │       │         │         │ size │           │           │ page │     │
///               └───────┴─────────┴─────────┴──────┴───────────┴───────────┴──────┴─────┘
///     tree      0     4       6       8          16       24         32        40     48
///               ┌─────┬───────┬───────┬──────────┬────────┬──────────┬─────────┬──────┐
///               │ pad │ flags │ depth │ branches │ leaves │ overflow │ entries │ root │
///               └─────┴───────┴───────┴──────────┴────────┴──────────┴─────────┴──────┘
///     node      0    2    4       6       8
///               ┌────┬────┬───────┬───────┬─────┬──────┐
///               │ lo │ hi │ flags │ ksize │ key │ data │
///               └────┴────┴───────┴───────┴─────┴──────┘
///
/// All integers are in the machine's byte order.
package enum PageLayout {
    /// A value with pages of its own begins this far into the first of them.
    package static let headerByteCount = 16

    static let magic: UInt32 = 0xBEEF_C0DE
    static let version: UInt32 = 1
    static let metaByteCount = 152
    static let nodeByteCount = 8
    static let noPage = UInt64.max

    static let branchFlag: UInt16 = 0x01
    static let leafFlag: UInt16 = 0x02
    static let overflowFlag: UInt16 = 0x04
    static let metaFlag: UInt16 = 0x08
    static let bigDataFlag: UInt16 = 0x01

    /// The most levels a tree of a segment can have: more means a loop.
    static let depthMax = 12
}
