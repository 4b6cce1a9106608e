/// Why a measurement means nothing.
enum BenchError: Error, CustomStringConvertible {
    case networkDidNotForm
    case datagramLost(in: String)
    case usage(String)
    case noMarks(String)
    case scenarioFailed(String, status: Int32)

    var description: String {
        switch self {
        case .networkDidNotForm: "the measured network did not form"
        case .datagramLost(let place): "a frame did not arrive in \(place)"
        case .usage(let found):
            "\(found) is no option: there are --json, --paths, --simulation, --lora, --simulator and --write FILE"
        case .noMarks(let file): "\(file) has no lines that mark where the table belongs"
        case .scenarioFailed(let name, let status): "\(name): its process ended with status \(status)"
        }
    }
}
