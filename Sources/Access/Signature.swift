internal import Crypto

/// HMAC-SHA256 over text, and comparisons whose time tells nothing about a secret.
enum Signature {
    static func code(of text: String, key: String) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: symmetric(key)))
    }

    static func isValid(_ signature: [UInt8], of text: String, key: String) -> Bool {
        HMAC<SHA256>.isValidAuthenticationCode(
            signature, authenticating: Array(text.utf8), using: symmetric(key))
    }

    /// Digests are compared, which has the library's constant-time comparison and hides the length.
    static func isSame(_ left: String, _ right: String) -> Bool {
        SHA256.hash(data: Array(left.utf8)) == SHA256.hash(data: Array(right.utf8))
    }

    private static func symmetric(_ key: String) -> SymmetricKey {
        SymmetricKey(data: Array(key.utf8))
    }
}
