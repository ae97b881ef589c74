internal import Crypto
internal import DurableFiles
internal import Foundation
internal import SwiftASN1
internal import X509

/// A certificate authority of one's own, and server certificates from it, for sites without any.
///
/// The authority is made once and kept, so that devices trust it once: `ca.pem` goes to them, and
/// `ca.key` stays where it was made.
package struct LocalAuthority {
    /// What has been written.
    package struct Files: Sendable {
        /// The path of `ca.pem`, which clients trust.
        package let authority: String
        /// The path of `server.pem`.
        package let certificate: String
        /// The path of `server.key`.
        package let key: String
        /// Whether the authority was there before.
        package let isKnown: Bool
    }

    private let directory: Directory
    private let now: Date

    /// An authority that lives in `path`, which is made where it is missing.
    package init(in path: String) throws {
        directory = try Directory.make(path)
        now = Date()
    }

    /// Writes `server.pem` and `server.key` for `hosts`, signed by the authority in `ca.pem`.
    package func issue(forHosts hosts: [String], days: Int) throws -> Files {
        let known = try knownAuthority()
        let (authority, authorityKey) = try known ?? makeAuthority()
        let key = P256.Signing.PrivateKey()
        let names = try hosts.map { try Self.name(of: $0) }
        let certificate = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: .init(key.publicKey),
            notValidBefore: now.addingTimeInterval(-3600),
            notValidAfter: now.addingTimeInterval(Double(days) * 86_400),
            issuer: authority.subject,
            subject: try DistinguishedName { CommonName(hosts.first ?? "millrace") },
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
                try ExtendedKeyUsage([.serverAuth])
                SubjectAlternativeNames(names)
                SubjectKeyIdentifier(hash: .init(key.publicKey))
                AuthorityKeyIdentifier(keyIdentifier: Self.identifier(of: authorityKey))
            }, issuerPrivateKey: .init(authorityKey))
        let chain = try Self.pem(certificate) + Self.pem(authority)
        try directory.replace("server.pem", with: Array(chain.utf8))
        try directory.replace("server.key", with: Array(key.pemRepresentation.utf8))
        return Files(
            authority: directory.path(of: "ca.pem"), certificate: directory.path(of: "server.pem"),
            key: directory.path(of: "server.key"), isKnown: known != nil)
    }

    private func knownAuthority() throws -> (Certificate, P256.Signing.PrivateKey)? {
        guard let pem = text(of: "ca.pem"), let keyPEM = text(of: "ca.key") else { return nil }
        return (
            try Certificate(pemEncoded: pem), try P256.Signing.PrivateKey(pemRepresentation: keyPEM)
        )
    }

    private func text(of name: String) -> String? {
        FileManager.default.contents(atPath: directory.path(of: name))
            .map { String(decoding: $0, as: UTF8.self) }
    }

    private func makeAuthority() throws -> (Certificate, P256.Signing.PrivateKey) {
        let key = P256.Signing.PrivateKey()
        let name = try DistinguishedName {
            CommonName("Millrace local authority \(UUID().uuidString.prefix(8))")
        }
        let certificate = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: .init(key.publicKey),
            notValidBefore: now.addingTimeInterval(-3600),
            notValidAfter: now.addingTimeInterval(10 * 365 * 86_400), issuer: name, subject: name,
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                Critical(KeyUsage(keyCertSign: true, cRLSign: true))
                SubjectKeyIdentifier(hash: .init(key.publicKey))
            }, issuerPrivateKey: .init(key))
        // The key first: a certificate without its key would be an authority for ever mute.
        try directory.replace("ca.key", with: Array(key.pemRepresentation.utf8))
        try directory.replace("ca.pem", with: Array(Self.pem(certificate).utf8))
        return (certificate, key)
    }

    /// What tells the authority's certificate from others of its name.
    private static func identifier(of key: P256.Signing.PrivateKey) -> ArraySlice<UInt8> {
        SubjectKeyIdentifier(hash: .init(key.publicKey)).keyIdentifier
    }

    private static func pem(_ certificate: Certificate) throws -> String {
        try certificate.serializeAsPEM().pemString + "\n"
    }

    /// An address where `host` is one, and otherwise a name.
    private static func name(of host: String) throws -> GeneralName {
        let parts = host.split(separator: ".").compactMap { UInt8($0) }
        if parts.count == 4, host.split(separator: ".").count == 4 {
            return .ipAddress(ASN1OctetString(contentBytes: parts[...]))
        }
        if host == "::1" {
            return .ipAddress(
                ASN1OctetString(contentBytes: (Array(repeating: 0, count: 15) + [1])[...]))
        }
        return .dnsName(host)
    }
}
