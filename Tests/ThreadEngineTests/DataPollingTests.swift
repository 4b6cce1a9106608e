import EngineCore
import Testing

@testable import ThreadEngine

/// A machine in each of its states, each event upon it: what it does, and where it is then.
@Suite("Data polling")
struct DataPollingTests {
    private static let timing = DataPolling.Timing(
        answerPeriod: .milliseconds(100), retransmissionDelay: .seconds(1), fastPeriod: .milliseconds(188),
        minimumPeriod: .milliseconds(10), childTimeout: .seconds(30), chosenPeriod: .seconds(2))
    private static let start = Instant(microseconds: 1_000_000)
    private static let now = start + .milliseconds(500)

    private enum Place: String, CaseIterable { case off, resting, polling, listening }

    private static func machine(in place: Place) -> DataPolling {
        var machine = DataPolling(timing: timing)
        guard place != .off else { return machine }
        machine.start(now: start)
        guard place != .resting else { return machine }
        _ = machine.ask(now: start)
        guard place != .polling else { return machine }
        _ = machine.confirmed(.acknowledged(isFramePending: true), now: start)
        return machine
    }

    private static func place(of machine: DataPolling) -> Place {
        switch machine.state {
        case .off: .off
        case .resting: .resting
        case .polling: .polling
        case .listening: .listening
        }
    }

    private typealias Event = (name: String, happen: @Sendable (inout DataPolling) -> DataPolling.Action)

    private static let events: [Event] = [
        (
            "started",
            {
                $0.start(now: now); return .rest
            }
        ),
        (
            "stopped",
            {
                $0.stop(); return .rest
            }
        ),
        ("due too soon", { $0.due(now: now) }),
        ("due", { $0.due(now: start + .seconds(2)) }),
        ("asked", { $0.ask(now: now) }),
        ("nothing waits", { $0.confirmed(.acknowledged(isFramePending: false), now: now) }),
        ("a frame waits", { $0.confirmed(.acknowledged(isFramePending: true), now: now) }),
        ("unacknowledged", { $0.confirmed(.unacknowledged, now: now) }),
        ("not sent", { $0.confirmed(.notSent, now: now) }),
        ("the last frame came", { $0.received(isFramePending: false, now: now) }),
        ("a frame came, and more wait", { $0.received(isFramePending: true, now: now) }),
        ("the frame did not come", { $0.missed(now: now) }),
        ("own frame acknowledged", { $0.acknowledged(isFramePending: false, now: now) }),
        ("own frame acknowledged, a frame waits", { $0.acknowledged(isFramePending: true, now: now) }),
        (
            "fast polls wanted",
            {
                $0.pollFast(now: now); return .rest
            }
        ),
        (
            "fast polls over",
            {
                $0.endFastPolls(now: now); return .rest
            }
        ),
    ]

    /// For each event the state and, behind a slash, `poll` where it polls: from off, resting, polling, listening.
    private static let table: [String: [String]] = [
        "started": ["resting", "resting", "polling", "listening"],
        "stopped": ["off", "off", "off", "off"],
        "due too soon": ["off", "resting", "polling", "listening"],
        "due": ["off", "polling/poll", "polling", "polling/poll"],
        "asked": ["off", "polling/poll", "polling", "polling/poll"],
        "nothing waits": ["off", "resting", "resting", "listening"],
        "a frame waits": ["off", "resting", "listening", "listening"],
        "unacknowledged": ["off", "resting", "resting", "listening"],
        "not sent": ["off", "resting", "resting", "listening"],
        "the last frame came": ["off", "resting", "polling", "resting"],
        "a frame came, and more wait": ["off", "polling/poll", "polling", "polling/poll"],
        "the frame did not come": ["off", "resting", "polling", "polling/poll"],
        "own frame acknowledged": ["off", "resting", "polling", "listening"],
        "own frame acknowledged, a frame waits": ["off", "polling/poll", "polling", "polling/poll"],
        "fast polls wanted": ["off", "resting", "polling", "listening"],
        "fast polls over": ["off", "resting", "polling", "listening"],
    ]

    @Test("Every event in every state leads where it should")
    func states() throws {
        #expect(Self.table.count == Self.events.count)
        for event in Self.events {
            let expected = try #require(Self.table[event.name])
            let found = Place.allCases.map { place in
                var machine = Self.machine(in: place)
                let action = event.happen(&machine)
                return Self.place(of: machine).rawValue + (action == .poll ? "/poll" : "")
            }
            #expect(found == expected, "\(event.name)")
        }
    }

    @Test("The next poll is due a period after the last, however long that took")
    func period() {
        var machine = Self.machine(in: .polling)
        _ = machine.confirmed(.acknowledged(isFramePending: false), now: Self.start + .milliseconds(30))
        #expect(machine.deadline == Self.start + .seconds(2))
    }

    @Test("Without a wish of the user a device polls so often that its parent does not forget it")
    func keepAlive() {
        var timing = Self.timing
        timing.chosenPeriod = nil
        #expect(DataPolling(timing: timing).period == .seconds(26))
        timing.childTimeout = .seconds(4)
        #expect(DataPolling(timing: timing).period == .seconds(4))
    }

    @Test("An awaited answer, a failed poll and a request each make the next poll come sooner")
    func sooner() {
        var machine = Self.machine(in: .resting)
        machine.update(Self.timing, isAwaitingAnswer: true, now: Self.start)
        #expect(machine.deadline == Self.start + .milliseconds(100))
        machine.update(Self.timing, isAwaitingAnswer: false, now: Self.start)
        #expect(machine.deadline == Self.start + .seconds(2))
        machine.pollFast(now: Self.start)
        #expect(machine.deadline == Self.start + .milliseconds(188))
        machine.endFastPolls(now: Self.start)
        #expect(machine.deadline == Self.start + .seconds(2))
        _ = machine.ask(now: Self.start)
        _ = machine.confirmed(.unacknowledged, now: Self.now)
        #expect(machine.deadline == Self.start + .seconds(1))
    }

    @Test("A period that has passed already makes no poll at once, so that the parent can have its answer ready")
    func notAtOnce() {
        var machine = Self.machine(in: .resting)
        machine.update(Self.timing, isAwaitingAnswer: true, now: Self.now)
        #expect(machine.deadline == Self.now + .milliseconds(10))
    }

    @Test("Fast polls end by themselves")
    func fastPolls() {
        var machine = Self.machine(in: .resting)
        machine.pollFast(now: Self.start)
        var now = Self.start
        for _ in 0..<DataPolling.fastPolls {
            #expect(machine.period == .milliseconds(188))
            now = machine.deadline ?? now
            #expect(machine.due(now: now) == .poll)
            _ = machine.confirmed(.acknowledged(isFramePending: false), now: now)
        }
        #expect(machine.period == .seconds(2))
    }

    @Test("A poll that fails is repeated as often as a parent is tried, then the usual period counts again")
    func repetitions() {
        var machine = Self.machine(in: .resting)
        var now = Self.start
        for attempt in 1...DataPolling.attempts {
            _ = machine.ask(now: now)
            _ = machine.confirmed(.unacknowledged, now: now)
            #expect(machine.isRepeating == (attempt < DataPolling.attempts))
            now += .seconds(1)
        }
        _ = machine.ask(now: now)
        _ = machine.confirmed(.notSent, now: now)
        #expect(machine.isRepeating && machine.failures == 0)
        _ = machine.ask(now: now)
        _ = machine.confirmed(.acknowledged(isFramePending: false), now: now)
        #expect(!machine.isRepeating)
    }

    @Test("A frame that is announced and never comes is asked for again, but not for ever")
    func vainPolls() {
        var machine = Self.machine(in: .resting)
        var polls = 0
        var action = machine.ask(now: Self.now)
        while action == .poll, polls < 100 {
            polls += 1
            _ = machine.confirmed(.acknowledged(isFramePending: true), now: Self.now)
            action = machine.missed(now: Self.now)
        }
        #expect(polls == DataPolling.vainPolls)
        #expect(machine.deadline == Self.now + .seconds(2))
    }

    @Test("Something that comes up while a poll is on its way is asked for after it")
    func another() {
        var machine = Self.machine(in: .polling)
        #expect(machine.ask(now: Self.start) == .rest)
        #expect(machine.confirmed(.acknowledged(isFramePending: false), now: Self.now) == .poll)
    }

    @Test("An acknowledged frame stands for the poll that keeps the place, but not for one that the user wants")
    func acknowledgedFrame() {
        var machine = Self.machine(in: .resting)
        _ = machine.acknowledged(isFramePending: false, now: Self.now)
        #expect(machine.deadline == Self.start + .seconds(2))
        var timing = Self.timing
        timing.chosenPeriod = nil
        machine.update(timing, isAwaitingAnswer: false, now: Self.now)
        _ = machine.acknowledged(isFramePending: false, now: Self.now)
        #expect(machine.deadline == Self.now + .seconds(26))
    }
}
