internal import ArgumentParser
internal import Dispatch
internal import Glibc

/// The entry. Exit codes: 0 done, 1 failed, 2 usage, 3 damage found.
@main
enum Main {
    /// Says that a gateway has too few addresses, while it can: an asynchronous `main` gets nowhere
    /// without a thread.
    static func main() {
        // A reader of our output that goes away is an error of `write`, not the end of everything.
        signal(SIGPIPE, SIG_IGN)
        if (try? MillraceCommand.parseAsRoot()) is ServeCommand {
            do { try ServeCommand.requireAddresses() } catch { leave(after: error) }
        }
        Task {
            await run()
            exit(ExitStatus.done.rawValue)
        }
        dispatchMain()
    }

    private static func run() async {
        do {
            var command = try MillraceCommand.parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch is OutputClosed {
            exit(ExitStatus.done.rawValue)
        } catch let failure as CommandFailure {
            leave(after: failure)
        } catch {
            leave(because: error)
        }
    }

    private static func leave(after failure: CommandFailure) -> Never {
        if !failure.text.isEmpty { complain(failure.text) }
        exit(failure.status.rawValue)
    }

    /// Help, version and wrong usage, which the parser words.
    private static func leave(because error: any Error) -> Never {
        let code = MillraceCommand.exitCode(for: error)
        let text = MillraceCommand.fullMessage(for: error)
        if code.isSuccess {
            print(text)
            exit(ExitStatus.done.rawValue)
        }
        complain(text, prefix: code == .validationFailure ? "" : "millrace: ")
        let status = code == .validationFailure ? ExitStatus.usage : .failed
        exit(status.rawValue)
    }
}

/// What the command line ends with.
enum ExitStatus: Int32 {
    case done = 0
    case failed, usage, damageFound
}

/// The end of a command that did not do what it should.
struct CommandFailure: Error {
    let status: ExitStatus
    /// One line for people; empty when all has been said.
    let text: String

    init(_ text: String, _ status: ExitStatus = .failed) {
        self.text = text
        self.status = status
    }

    init(_ error: some Error & CustomStringConvertible) { self.init(error.description) }
}

/// Writes a line for people to standard error.
func complain(_ text: String, prefix: String = "millrace: ") {
    var bytes = Array((prefix + text + "\n").utf8)[...]
    while !bytes.isEmpty {
        // SAFETY: `write` reads only bytes of the slice, inside the closure.
        let written = unsafe bytes.withUnsafeBytes { unsafe write(2, $0.baseAddress, $0.count) }
        if written < 0 && errno == EINTR { continue }
        guard written > 0 else { return }
        bytes = bytes.dropFirst(written)
    }
}
