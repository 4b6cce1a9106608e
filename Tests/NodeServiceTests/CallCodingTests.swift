import EngineCore
import IPEngine
import TestSupport
import Testing
import ThreadEngine
import ThreadWire

@testable import NodeService

@Suite("Calls as JSON")
struct CallCodingTests {
    private static let address = IPv6Address("fdde:ad00:beef::1")!
    private static let prefix = IPv6Prefix("2001:cafe:cafe:cafe::/64")!

    private static let calls: [any MeshCall] = [
        StateCall(), IsSingleCall(), AddressesCall(), MeshLocalAddressCall(), PlaceCall(), LeaderCall(),
        NeighborsCall(), RoutersCall(), WatchCall(), StartCall(), StartCall(key: [0x11, 0x22, 0xff]), OpenCall(),
        BindCall(socket: 1, port: 1234), BindCall(socket: 1, address: address, port: 0),
        SendCall(socket: 2, payload: [0, 0x7f, 0xff], address: address, port: 80),
        SendCall(socket: 2, payload: [], address: address, port: 80), ReceiveCall(socket: 3), CloseCall(socket: 4),
        EchoCall(to: address, size: 8), EchoCall(to: address, size: 0, hopLimit: 1), BorderRoutersCall(),
        AddBorderRouterCall(prefix, preference: .low), RemoveBorderRouterCall(prefix),
    ]

    @Test("Every call comes out as it went in, with its id")
    func roundTrip() throws {
        for call in Self.calls { try check(call) }
        #expect(Set(Self.calls.map { type(of: $0).name }) == Set(MeshCalls.byName.keys))
    }

    private func check<Call: MeshCall>(_ call: Call) throws {
        let line = CallLine.request(call, id: 42)
        #expect(!line.contains("\n") && line.utf8.count < 4096)
        let (id, parsed) = CallRequest.parse(line)
        #expect(id == .number(42))
        #expect(try parsed.get() as? Call == call, "\(line)")
    }

    @Test("The largest datagram fits into a request")
    func largest() {
        let line = CallLine.request(
            SendCall(
                socket: .max, payload: [UInt8](repeating: 0xff, count: 1232),
                address: IPv6Address(high: .max, low: .max), port: .max), id: .max)
        #expect(line.utf8.count < 4096)
    }

    @Test(
        "What is wrong with a request is said",
        arguments: [
            (#"{"id":1}"#, #"a call has the form {"id": 1, "call": "state"}"#),
            (#"{"id":1,"call":7}"#, #"a call has the form {"id": 1, "call": "state"}"#),
            (#"{"id":1.5,"call":"state"}"#, #"a call has the form {"id": 1, "call": "state"}"#),
            ("{", #"a call has the form {"id": 1, "call": "state"}"#),
            (#"{"id":1,"call":"State"}"#, "there is no call State"),
            (#"{"id":1,"call":"bind"}"#, "socket is missing"),
            (#"{"id":1,"call":"bind","socket":"x","port":1}"#, "socket has the wrong type"),
            (#"{"id":1,"call":"bind","socket":1,"port":null}"#, "port is null"),
            (#"{"id":1,"call":"echo","address":"fd00::g","size":1}"#, #"address: "fd00::g" is not an IPv6 address"#),
            (
                #"{"id":1,"call":"send","socket":1,"address":"::1","port":1,"payload":"abc"}"#,
                #"payload: "abc" is not an even number of hexadecimal digits"#
            ),
            (
                #"{"id":1,"call":"removeBorderRouter","prefix":"2001::/129"}"#,
                #"prefix: "2001::/129" is not a prefix such as 2001:db8::/64"#
            ),
        ])
    func refused(line: String, reason: String) {
        guard case .failure(.invalidCall(let found)) = CallRequest.parse(line).call else {
            Issue.record("\(line) was taken")
            return
        }
        #expect(found == reason)
    }

    @Test("Numbers beyond their range are refused")
    func ranges() {
        for port in ["-1", "65536", "1e99", "1.5", "true"] {
            let parsed = CallRequest.parse(#"{"id":1,"call":"bind","socket":1,"port":\#(port)}"#).call
            let reason = port == "true" ? "port has the wrong type" : "a number is out of its range"
            guard case .failure(.invalidCall(reason)) = parsed else {
                Issue.record("port \(port): \(parsed)")
                continue
            }
        }
        let parsed = CallRequest.parse(
            #"{"id":1,"call":"addBorderRouter","prefix":"2001:db8::/64","preference":2}"#
        ).call
        guard case .failure(.invalidCall(let reason)) = parsed else {
            Issue.record("preference 2 was taken")
            return
        }
        #expect(reason.contains("preference"), "\(reason)")
    }

    @Test("Requests cut off or changed anywhere harm nothing")
    func mutations() throws {
        for call in Self.calls {
            let bytes = Array(CallLine.request(call, id: 1).utf8)
            for length in bytes.indices {
                _ = CallRequest.parse(String(decoding: bytes.prefix(length), as: UTF8.self))
            }
            for index in bytes.indices {
                for bit in 0..<8 as Range<UInt8> {
                    var changed = bytes
                    changed[index] ^= 1 << bit
                    _ = CallRequest.parse(String(decoding: changed, as: UTF8.self))
                }
            }
        }
    }

    private static let meshErrors: [MeshError] = [
        .keyTooLong(byteCount: 17), .invalidChannel(9), .invalidPANID, .invalidName("x"),
        .invalidMeshLocalPrefix("::/0"), .invalidSocketLimit(0), .invalidEtherAddress("x"), .noNetwork,
        .noAnswer(from: "::1"), .command(code: 7, name: "InvalidArgs"), .invalidCall("x"), .closed,
        .invalidControlPath(""), .daemonNotRunning(path: "/x"), .controlNotPermitted(path: "/x"),
        .notADaemon(path: "/x"), .daemonGone(reason: "x"), .controlFailed(path: "/x", reason: "y"),
    ]
    private static let bindErrors: [BindError] = [
        .socketLimit(3), .unknownSocket(SocketID(rawValue: 5)), .portInUse(1), .portReserved(1), .portOutOfRange(1),
        .addressNotOurs("::1"), .alreadyBound(1), .noFreePort, .invalidRemote,
    ]
    private static let sendErrors: [SendError] = [
        .unknownSocket(SocketID(rawValue: 5)), .noDestination, .invalidDestination("x"),
        .payloadTooLarge(byteCount: 9, limit: 5), .noSourceAddress, .sourceNotOurs("::1"), .notAttached, .stopped,
        .noFreePort,
    ]
    private static let receiveErrors: [ReceiveError] = [.unknownSocket(SocketID(rawValue: 5)), .invalidSize(0)]
    private static let borderErrors: [BorderRouterError] = [
        .invalidLength(48), .notRoutable("x"), .full, .notOffered("x"),
    ]
    private static var errors: [any NamedError] {
        var all: [any NamedError] = meshErrors
        all += bindErrors as [any NamedError]
        all += sendErrors as [any NamedError]
        all += receiveErrors as [any NamedError]
        all += borderErrors as [any NamedError]
        return all
    }

    @Test("Every error comes out as the same case, and its sentence tells what to do")
    func errors() throws {
        for error in Self.errors {
            let line = CallAnswer.line(error, id: .text("a"))
            var found: (any Error)?
            do { _ = try CallAnswer.value(Nothing.self, of: line) } catch { found = error }
            #expect(found.map { "\(type(of: $0)).\($0)" } == "\(type(of: error)).\(error)", "\(line)")
            let named = found as? any NamedError
            #expect(named?.named.name == error.named.name && named?.named.values == error.named.values)
            #expect("\(error)".hasSuffix(".") && "\(error)".contains(":"), "\(error)")
        }
    }

    @Test("An error of a later version comes out as its sentence")
    func unknownError() {
        let line = #"{"id":1,"error":{"type":"BindError","name":"tooEarly","text":"Wait."}}"#
        #expect(throws: MeshError.invalidCall("Wait.")) { try CallAnswer.value(Int.self, of: line) }
    }

    @Test("Lines of the server are told apart, and what is none of them is none")
    func lines() {
        #expect(ControlLine(#"{"id":7,"result":1}"#) == .answer(id: 7))
        #expect(ControlLine(#"{"id":7,"lines":[],"status":"Done"}"#) == .answer(id: 7))
        #expect(ControlLine(#"{"notice":"readable","socket":3}"#) == .notice(.readable(socket: 3)))
        #expect(ControlLine(#"{"notice":"closing","reason":"x"}"#) == .notice(.closing(reason: "x")))
        #expect(ControlLine(#"{"event":"5 bytes"}"#) == .event)
        #expect(ControlLine("!too many") == .refusal("too many"))
        for line in ["", "{}", "x", "{\"id\":\"a\"}", "HTTP/1.1 400 Bad Request", "{\"notice\":\"new\"}", "[1]"] {
            #expect(ControlLine(line) == nil, "\(line)")
        }
    }

    @Test("Notices and commands come out as they went in")
    func noticesAndCommands() throws {
        for notice in [
            MeshNotice.readable(socket: 9), .echo(request: 65535, microseconds: 1), .role(.leader),
            .closing(reason: "\"\n"),
        ] {
            #expect(ControlLine(WireJSON.text(notice)) == .notice(notice))
        }
        #expect(CommandLine.request("ping \"x\"", id: 3) == #"{"command":"ping \"x\"","id":3}"#)
        #expect(
            try CommandLine.answer(in: #"{"id":3,"lines":["a","b"],"status":"Done"}"#, path: "/x") == ["a", "b"])
        #expect(throws: MeshError.command(code: 7, name: "InvalidArgs")) {
            try CommandLine.answer(
                in: #"{"error":{"code":7,"name":"InvalidArgs"},"lines":[],"status":"Error 7: InvalidArgs"}"#,
                path: "/x")
        }
        #expect(throws: MeshError.notADaemon(path: "/x")) { try CommandLine.answer(in: "{}", path: "/x") }
    }

    @Test("A border router's header has nineteen bytes, and shorter or other ones are none")
    func header() throws {
        let header = BorderRouterHeader(address: IPv6Address("2001:db8::1234:5678")!, port: 0x0102)
        let bytes: [UInt8] =
            [0xbb, 0x20, 0x01, 0x0d, 0xb8] + [0, 0, 0, 0, 0, 0, 0, 0] + [0x12, 0x34, 0x56, 0x78, 1, 2]
        #expect(header.bytes == bytes && bytes.count == BorderRouterHeader.byteCount)
        #expect(BorderRouterHeader(bytes + [9, 9]) == header)
        for length in 0..<bytes.count { #expect(BorderRouterHeader(bytes.prefix(length)) == nil) }
        #expect(BorderRouterHeader([0xba] + bytes.dropFirst()) == nil)
    }
}
