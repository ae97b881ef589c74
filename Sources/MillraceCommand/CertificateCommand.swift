internal import ArgumentParser
internal import Gateway

/// `millrace certificate`: a local authority, and a server certificate from it.
struct CertificateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "certificate",
        abstract: "Make a local certificate authority and a server certificate from it.",
        discussion: """
            Run it again to renew the server's certificate: the authority stays, so that devices \
            need ca.pem only once. Name server.pem and server.key in the configuration as \
            listen.certificate and listen.key.
            """)

    @Option(help: "Where the files go.")
    var into = "./millrace-certificates"

    @Option(help: "A name or an address of this machine; may be given several times.")
    var host: [String] = ["localhost", "127.0.0.1", "::1"]

    @Option(help: "How many days the server's certificate counts, 1 to 3650.")
    var days = 397

    func validate() throws {
        guard (1...3650).contains(days) else { throw ValidationError("--days is 1 to 3650.") }
    }

    func run() async throws {
        let files: LocalAuthority.Files
        do {
            files = try LocalAuthority(in: into).issue(forHosts: host, days: days)
        } catch {
            throw CommandFailure("\(error)")
        }
        try say(
            """
            \(files.authority): for clients\(files.isKnown ? ", as it was" : "")
            \(files.certificate): listen.certificate
            \(files.key): listen.key
            """, json: false
        ) { _ in }
    }
}
