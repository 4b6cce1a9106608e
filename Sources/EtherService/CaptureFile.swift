import Foundation
import PcapWire
import WireCore

/// A pcap file to which each frame is written as soon as it is on the air, so that the file is whole up to the last
/// frame whenever the ether ends.
struct CaptureFile {
    let path: String
    private let handle: FileHandle
    /// Written with the first frame: its kind decides the kind of file.
    private var header: PcapFileHeader?

    /// Creates the file, or empties it.
    /// - Throws: `.cannotWrite`.
    init(path: String) throws(EtherError) {
        self.path = path
        guard FileManager.default.createFile(atPath: path, contents: nil),
            let handle = FileHandle(forWritingAtPath: path)
        else {
            throw .cannotWrite(path: path, cause: String(cString: strerror(errno)))
        }
        self.handle = handle
    }

    /// - Parameter hasFrameCheckSequence: Whether the frame ends with one. All frames of a file must agree.
    /// - Throws: `.cannotWrite`, such as when the disk is full.
    mutating func write(_ bytes: [UInt8], hasFrameCheckSequence: Bool, at time: Date) throws(EtherError) {
        var writer = ByteWriter(capacity: bytes.count + 40)
        let header = writtenHeader(hasFrameCheckSequence, into: &writer)
        let timestamp = UInt64(max(0, time.timeIntervalSince1970) * 1e6) * 1000
        PcapRecord(timestamp: timestamp, bytes: bytes).serialize(into: &writer, of: header)
        try write(writer.bytes)
    }

    /// Closes the file; one without frames gets its header, so that it can be read.
    mutating func close() throws(EtherError) {
        if header == nil {
            var writer = ByteWriter()
            _ = writtenHeader(false, into: &writer)
            try write(writer.bytes)
        }
        try? handle.close()
    }

    private mutating func writtenHeader(_ hasFrameCheckSequence: Bool, into writer: inout ByteWriter) -> PcapFileHeader
    {
        if let header { return header }
        let new = PcapFileHeader(linkType: hasFrameCheckSequence ? .ieee802154 : .ieee802154WithoutFCS)
        new.serialize(into: &writer)
        header = new
        return new
    }

    private func write(_ bytes: [UInt8]) throws(EtherError) {
        do {
            try handle.write(contentsOf: Data(bytes))
        } catch {
            throw .cannotWrite(path: path, cause: error.localizedDescription)
        }
    }
}
