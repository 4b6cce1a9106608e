import ArgumentParser
import CryptoProviders
import Dissector
import Foundation
import ThreadWire
import WireCore

/// `heddle decode`: shows what the frames of a capture say, and whether Heddle would write the very same bytes.
struct DecodeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "decode", abstract: "Read a capture of a Thread network, frame by frame, layer by layer.",
        discussion: """
            Reads pcap and pcapng files of link type 195 (IEEE 802.15.4 with frame check sequence) and 230 (without).
            Addresses and contexts are learned from the whole file.
            """)

    @Argument(help: "The capture file.")
    var file: String

    @Option(help: "The network key: 32 hexadecimal digits.")
    var networkKey: String

    @Option(help: "The mesh-local prefix, such as fdde:ad00:beef::/64. (default: learned, or that one)")
    var meshLocalPrefix: String?

    @Flag(help: "Print one JSON object a frame.")
    var json = false

    @Flag(help: "Write every frame again from what was read, and compare; status 1 if any differs or stays closed.")
    var verify = false

    @Flag(name: .customLong("no-fcs"), help: "The frames end without a frame check sequence, whatever the file says.")
    var hasNoFrameCheckSequence = false

    func validate() throws {
        guard bytes(hexadecimal: networkKey)?.count == 16 else {
            throw ValidationError("--network-key takes 32 hexadecimal digits, not '\(networkKey)'.")
        }
        if let meshLocalPrefix, IPv6Prefix(meshLocalPrefix)?.length != 64 {
            throw ValidationError("--mesh-local-prefix takes a prefix such as fdde:ad00:beef::/64.")
        }
    }

    func run() throws {
        let dissector = Dissector(
            options: Dissector.Options(
                networkKey: bytes(hexadecimal: networkKey) ?? [],
                meshLocalPrefix: meshLocalPrefix.flatMap { IPv6Prefix($0) },
                hasFrameCheckSequence: hasNoFrameCheckSequence ? false : nil),
            cryptography: MbedTLSCryptography())
        let frames: [DissectedFrame]
        do {
            frames = try dissector.decode(file: [UInt8](Data(contentsOf: URL(fileURLWithPath: file))))
        } catch let error as ParseError {
            throw failure("\(file) is no capture that can be read: \(error)")
        } catch {
            throw failure("\(file) cannot be read: \(error.localizedDescription)")
        }
        for frame in frames { print(json ? frame.json : frame.line(isVerified: verify)) }
        guard verify else { return }
        let summary = DissectionSummary(frames)
        print(json ? summary.json : summary.description)
        if !summary.failed.isEmpty { throw ExitCode(1) }
    }

    /// Says what is wrong, and gives the error to throw.
    private func failure(_ sentence: String) -> ExitCode {
        FileHandle.standardError.write(Data("heddle decode: \(sentence)\n".utf8))
        return ExitCode(1)
    }
}
