import EngineCore
import Testing

@testable import IngressFilter

@Suite("The life of a flow")
struct FlowTableTests {
    @Test("Every phase goes on to one other with every datagram")
    func phases() {
        typealias Row = (FlowTable.Phase, FlowTable.Direction, TCPFlags, FlowTable.Phase)
        let rows: [Row] = [
            (.opening, .outward, [], .opening), (.opening, .outward, .synchronize, .opening),
            (.opening, .outward, .finish, .closing), (.opening, .outward, .reset, .closing),
            (.opening, .inward, [], .open), (.opening, .inward, .synchronize, .open),
            (.opening, .inward, .finish, .closing), (.opening, .inward, .reset, .closing),
            (.open, .outward, [], .open), (.open, .outward, .synchronize, .open),
            (.open, .outward, .finish, .closing), (.open, .outward, .reset, .closing),
            (.open, .inward, [], .open), (.open, .inward, .synchronize, .open),
            (.open, .inward, .finish, .closing), (.open, .inward, .reset, .closing),
            (.closing, .outward, [], .closing), (.closing, .outward, .synchronize, .opening),
            (.closing, .outward, .finish, .closing), (.closing, .outward, .reset, .closing),
            (.closing, .inward, [], .closing), (.closing, .inward, .synchronize, .closing),
            (.closing, .inward, .finish, .closing), (.closing, .inward, .reset, .closing),
        ]
        for (phase, direction, flags, next) in rows {
            #expect(
                FlowTable.phase(after: phase, direction, flags) == next, "\(phase) \(direction) \(flags.rawValue)")
        }
    }

    @Test("Lifetimes are at least what the standards ask for")
    func lifetimes() {
        let phases: [FlowTable.Phase] = [.opening, .open, .closing]
        for phase in phases {
            #expect(FlowTable.lifetime(.udp, phase) == .seconds(300))
            #expect(FlowTable.lifetime(.echo, phase) == .seconds(60))
            #expect(FlowTable.lifetime(.fragment, phase) == .seconds(60))
        }
        #expect(FlowTable.lifetime(.tcp, .opening) == .seconds(240))
        #expect(FlowTable.lifetime(.tcp, .open) == .seconds(7440))
        #expect(FlowTable.lifetime(.tcp, .closing) == .seconds(240))
    }
}
