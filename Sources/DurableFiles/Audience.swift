internal import Glibc

/// Who may use the files and directories that are made.
package enum Audience: Sendable {
    /// The user whose process makes them, and nobody else, whatever the umask says.
    case owner
    /// Whomever the umask lets in: engines of other users read tables.
    case everybody

    var fileMode: mode_t {
        switch self {
        case .owner: 0o600
        case .everybody: 0o666
        }
    }

    var directoryMode: mode_t {
        switch self {
        case .owner: 0o700
        case .everybody: 0o777
        }
    }
}
