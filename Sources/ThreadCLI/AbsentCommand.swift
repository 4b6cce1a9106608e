/// A command of OpenThread's, or a part of one, that this node does not have, and why.
struct AbsentCommand: Sendable {
    /// The command's name; behind it the words of the part that is absent.
    let name: String
    let reason: String
    /// What it answers: what OpenThread says where it is built without it.
    let error: CommandError

    init(_ name: String, _ reason: String, error: CommandError = .invalidCommand) {
        self.name = name
        self.reason = reason
        self.error = error
    }

    /// Commands that OpenThread's `help` lists.
    /// - Source: recording cliref, `help`
    static let all = [
        AbsentCommand("ccathreshold", "LoRa radios listen for a preamble, not for a level"),
        AbsentCommand("ccm", "commercial commissioning is not part of Heddle"),
        AbsentCommand("coap", "any CoAP program can use Heddle's sockets"),
        AbsentCommand("coex", "no other radio shares the antenna"),
        AbsentCommand("commissioner", "commissioning is not part of Heddle"),
        AbsentCommand("csl", "coordinated sampled listening is not part of Heddle"),
        AbsentCommand("dns", "names are for a program on the host to resolve"),
        AbsentCommand("domainname", "there are no Thread domains without a backbone router"),
        AbsentCommand("fake", "a test device of the certification harness"),
        AbsentCommand("fem", "there is no front-end module"),
        AbsentCommand("joiner", "commissioning is not part of Heddle"),
        AbsentCommand("mlr", "nobody is registered with backbone routers"),
        AbsentCommand("nodeidfilter", "belongs to OpenThread's simulation"),
        AbsentCommand("rcp", "there is no radio co-processor", error: .notImplemented),
        AbsentCommand("targetpower", "the power is set in the radio's configuration"),
        AbsentCommand("tcp", "the network interface gives TCP to every program of the host"),
        AbsentCommand("test", "a test device of the certification harness"),
        AbsentCommand("timeinqueue", "time in queues is not measured"),
        AbsentCommand("tvcheck", "a test device of the certification harness"),
    ]

    /// Parts of commands that are there otherwise.
    static let parts = [
        AbsentCommand("bbr state", "this node is no backbone router"),
        AbsentCommand("channel manager", "the channel of a network is set in its dataset", error: .invalidArguments),
        AbsentCommand("counters br", "counters of border routing are not kept", error: .invalidArguments),
        AbsentCommand("dataset updater", "a change is made by `dataset mgmtsetcommand pending`"),
        AbsentCommand("log filename", "logs go to standard error", error: .invalidArguments),
        AbsentCommand("log level LEVEL", "set in the configuration", error: .invalidArguments),
        AbsentCommand("mac send", "a test device of the certification harness"),
        AbsentCommand("netdata full", "`prefix`, `route` and `service` say when nothing more fits"),
        AbsentCommand("netdata publish", "entries are added by `prefix`, `route` and `service`"),
        AbsentCommand("ping -m", "a node does not hear its own multicasts", error: .parse),
        AbsentCommand("radio enable", "`radiofilter` silences the radio"),
        AbsentCommand("region COUNTRY", "set in the configuration", error: .notImplemented),
        AbsentCommand("scan energy", "no radio tells how strong what is not a frame is", error: .notCapable),
        AbsentCommand("txpower POWER", "set in the configuration", error: .notImplemented),
    ]
}
