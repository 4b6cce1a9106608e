import IPEngine

// What OpenThread would say where a socket refuses.
extension CommandError {
    init(_ error: BindError) {
        switch error {
        case .socketLimit, .noFreePort: self = .noBuffers
        case .unknownSocket: self = .invalidState
        case .portInUse, .alreadyBound: self = .already
        case .portReserved, .portOutOfRange, .addressNotOurs, .invalidRemote: self = .invalidArguments
        }
    }

    init(_ error: SendError) {
        switch error {
        case .unknownSocket, .stopped: self = .invalidState
        case .noDestination, .invalidDestination: self = .invalidArguments
        case .payloadTooLarge, .noFreePort: self = .noBuffers
        case .noSourceAddress, .sourceNotOurs: self = .invalidSourceAddress
        case .notAttached: self = .detached
        }
    }
}
