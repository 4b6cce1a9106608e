import NodeConfiguration
import ThreadCLI

extension NodeConfiguration {
    /// What the command line tells about this program.
    var commandLine: CommandInterpreter.Configuration {
        var configuration = CommandInterpreter.Configuration()
        configuration.version = Heddled.stackVersion
        configuration.platform = "LINUX"
        configuration.instanceID = .random(in: 1 ... .max)
        configuration.logLevel = log.level.openThread
        configuration.region = radio.lora.region.map { String($0.name.prefix(2)) }
        configuration.transmitPower = radio.lora.power
        configuration.startsByItself = network.autostart
        configuration.canRestart = true
        return configuration
    }
}

extension LogSettings.Level {
    /// OpenThread's number for it.
    /// - Range: 1 (critical) to 5 (debug)
    fileprivate var openThread: UInt8 {
        switch self {
        case .critical, .error: 1
        case .warning: 2
        case .notice: 3
        case .info: 4
        case .trace, .debug: 5
        }
    }
}
