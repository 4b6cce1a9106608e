import EngineCore
import LinkProfiles
import Testing
import ThreadWire

@testable import ThreadEngine

@Suite("Attaching: every state with every event")
struct AttachStateTests {
    /// The cases of `AttachState`, by name.
    enum State: CaseIterable, Sendable {
        case idle, restoring, pausing, listening, requestingParent, requestingIdentifier
    }

    enum Event: CaseIterable, Sendable {
        case fittingParentResponse, staleParentResponse, foreignParentResponse
        case fittingChildIDResponse, foreignChildIDResponse
        case advertisement, deadline, stop
    }

    /// A detached node in a state.
    private func node(in state: State) -> ScriptedNode {
        // Listening before forming is what LoRa links do.
        var node = ScriptedNode(profile: .lora(.sf7bw250))
        node.start()
        switch state {
        case .idle: node.with { engine, _ in engine.attach = .idle }
        case .restoring:
            node.with { engine, now in
                engine.attach = .restoring(attemptsLeft: 1, challenge: [], until: now + .seconds(1))
            }
        case .pausing: break
        case .listening:
            while name(of: node) != .listening { node.passDeadline() }
        case .requestingParent: node.passDeadline()
        case .requestingIdentifier:
            node.passDeadline()
            let response = node.parentResponse(to: node.lastChallenge)
            node.with { $0.handleParentResponse(response, now: $1) }
            node.passDeadline()
        }
        #expect(name(of: node) == state)
        return node
    }

    private func name(of node: ScriptedNode) -> State {
        switch node.engine.attach {
        case .idle: .idle
        case .restoring: .restoring
        case .pausing: .pausing
        case .listening: .listening
        case .requestingParent: .requestingParent
        case .requestingIdentifier: .requestingIdentifier
        }
    }

    private func apply(_ event: Event, to node: inout ScriptedNode) {
        switch event {
        case .fittingParentResponse:
            let response = node.parentResponse(to: node.lastChallenge)
            node.forgetOutput()
            node.with { $0.handleParentResponse(response, now: $1) }
        case .staleParentResponse:
            let response = node.parentResponse(to: [1, 2, 3, 4, 5, 6, 7, 8])
            node.forgetOutput()
            node.with { $0.handleParentResponse(response, now: $1) }
        case .foreignParentResponse:
            // A child of the router that was just lost, which has not heard the leader since.
            let response = node.parentResponse(to: node.lastChallenge, childID: 3, idSequence: 10)
            node.forgetOutput()
            node.with {
                $0.previousPartition = PreviousPartition(
                    id: ScriptedNode.partition, idSequence: 10, routerID: ScriptedNode.peerRouterID,
                    until: $1 + .seconds(100))
                $0.handleParentResponse(response, now: $1)
            }
        case .fittingChildIDResponse, .foreignChildIDResponse:
            let response = node.childIDResponse(
                from: event == .fittingChildIDResponse ? ScriptedNode.peer : ScriptedNode.stranger)
            node.forgetOutput()
            node.with { $0.handleChildIDResponse(response, now: $1) }
        case .advertisement:
            let advertisement = node.advertisement()
            node.forgetOutput()
            node.with { $0.handleAdvertisement(advertisement, now: $1) }
        case .deadline:
            node.forgetOutput()
            node.passDeadline()
        case .stop:
            node.forgetOutput()
            node.with { $0.stop(now: $1) }
        }
    }

    /// What is to follow: the next state, what is sent, the role, and what is counted.
    private func expectation(_ state: State, _ event: Event)
        -> (state: State, sent: [MLECommand], role: Role, drop: DropReason?)
    {
        switch (state, event) {
        case (_, .stop): (.idle, [], .disabled, nil)
        case (.requestingParent, .fittingParentResponse): (state, [], .detached, nil)
        case (.requestingParent, .staleParentResponse): (state, [], .detached, .staleChallenge)
        case (.requestingParent, .foreignParentResponse): (state, [], .detached, .foreignPartition)
        case (_, .fittingParentResponse), (_, .staleParentResponse), (_, .foreignParentResponse):
            (state, [], .detached, .unexpectedMLE)
        case (.requestingIdentifier, .fittingChildIDResponse): (.idle, [], .child, nil)
        case (_, .fittingChildIDResponse), (_, .foreignChildIDResponse): (state, [], .detached, .unexpectedMLE)
        case (.listening, .advertisement): (.pausing, [], .detached, nil)
        case (_, .advertisement): (state, [], .detached, nil)
        case (.idle, .deadline): (.idle, [], .detached, nil)
        case (.restoring, .deadline): (.restoring, [.linkRequest], .detached, nil)
        case (.pausing, .deadline): (.requestingParent, [.parentRequest], .detached, nil)
        case (.listening, .deadline): (.idle, [.dataResponse], .leader, nil)
        case (.requestingParent, .deadline): (.requestingParent, [.parentRequest], .detached, nil)
        case (.requestingIdentifier, .deadline): (.requestingIdentifier, [.childIDRequest], .detached, nil)
        }
    }

    @Test(
        "The next state, the messages sent and the counters are those of the table", arguments: State.allCases,
        Event.allCases)
    func table(state: State, event: Event) {
        var node = node(in: state)
        apply(event, to: &node)
        let expected = expectation(state, event)
        #expect(name(of: node) == expected.state)
        #expect(node.commands == expected.sent)
        #expect(node.engine.role == expected.role)
        let counted = node.engine.drops.nonzero
        #expect(counted.map { $0.reason } == (expected.drop.map { [$0] } ?? []))
        if event == .stop { #expect(node.engine.nextDeadline == nil) }
    }
}
