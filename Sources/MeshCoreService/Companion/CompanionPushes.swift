import MeshCoreEngine
import MeshCoreWire
import WireCore

// What other nodes answered, and what only an application understands.
extension CompanionFrames {
    static func telemetry(_ data: [UInt8], from key: MeshCorePublicKey) -> [UInt8] {
        answer(CompanionCode.pushTelemetry, from: key, data)
    }

    /// An answer behind a zero and the first bytes of the key of who gave it.
    private static func answer(_ code: UInt8, from key: MeshCorePublicKey, _ data: [UInt8]) -> [UInt8] {
        make(code) {
            $0.write(UInt8(0))
            $0.write(contentsOf: key.prefix(6))
            $0.write(contentsOf: data)
        }
    }

    /// What an event of an exchange says to apps that are connected; nil when nothing.
    static func answerPush(of event: MeshCoreEvent) -> [UInt8]? {
        switch event {
        case .login(let key, let response, let serverTime): login(response, from: key, serverTime: serverTime)
        case .status(let key, let data): answer(CompanionCode.pushStatus, from: key, data)
        case .telemetry(let key, let data): telemetry(data, from: key)
        case .binaryResponse(_, let tag, let data):
            make(CompanionCode.pushBinaryResponse) {
                $0.write(UInt8(0))
                $0.writeLittleEndian(UInt64(tag), count: 4)
                $0.write(contentsOf: data)
            }
        case .pathDiscovered(let key, let out, let back):
            make(CompanionCode.pushPathDiscovered) {
                $0.write(UInt8(0))
                $0.write(contentsOf: key.prefix(6))
                out.serialize(into: &$0)
                back.serialize(into: &$0)
            }
        case .trace(let trace, let hops, let arrival):
            make(CompanionCode.pushTrace) {
                $0.write(UInt8(0))
                $0.write(UInt8(clamping: trace.route.count))
                $0.write(trace.flags)
                $0.writeLittleEndian(UInt64(trace.tag), count: 4)
                $0.writeLittleEndian(UInt64(trace.authorization), count: 4)
                $0.write(contentsOf: trace.route)
                $0.write(contentsOf: hops.map { UInt8(bitPattern: $0) })
                $0.write(UInt8(bitPattern: arrival.snrQuarters))
            }
        case .control(let payload, let path, let arrival):
            make(CompanionCode.pushControl) {
                $0.write(UInt8(bitPattern: arrival.snrQuarters))
                $0.write(UInt8(bitPattern: arrival.rssi))
                $0.write(path.lengthByte)
                $0.write(contentsOf: payload)
            }
        case .rawData(let payload, let arrival):
            make(CompanionCode.pushRawData) {
                $0.write(UInt8(bitPattern: arrival.snrQuarters))
                $0.write(UInt8(bitPattern: arrival.rssi))
                $0.write(UInt8(0xff))
                $0.write(contentsOf: payload)
            }
        default: nil
        }
    }

    private static func login(
        _ response: MeshCoreLoginResponse, from key: MeshCorePublicKey, serverTime: UInt32
    ) -> [UInt8] {
        switch response {
        case .accepted(let acceptance):
            make(CompanionCode.pushLoginSuccess) {
                $0.write(acceptance.role)
                $0.write(contentsOf: key.prefix(6))
                $0.writeLittleEndian(UInt64(serverTime), count: 4)
                $0.write(acceptance.permissions)
                $0.write(acceptance.level ?? 0)
            }
        case .legacy: answer(CompanionCode.pushLoginSuccess, from: key, [])
        case .refused: answer(CompanionCode.pushLoginFailure, from: key, [])
        }
    }
}
