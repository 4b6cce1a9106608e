import EngineCore
import LinkProfiles
import LoRaPHY
import MACEngine
import NodeEngine
import ThreadEngine
import ThreadWire

/// Whose frames are taken, and how strong they are said to be.
let filterCommands = [
    Command(
        "macfilter",
        [
            "macfilter", "macfilter addr", "macfilter addr add EXTADDR [RSS]", "macfilter addr allowlist",
            "macfilter addr clear", "macfilter addr denylist", "macfilter addr disable",
            "macfilter addr remove EXTADDR", "macfilter rss", "macfilter rss add EXTADDR|* RSS",
            "macfilter rss add-lqi EXTADDR|* QUALITY", "macfilter rss clear", "macfilter rss remove EXTADDR|*",
        ]
    ) { invocation throws(CommandError) in
        guard !invocation.arguments.isEmpty else {
            invocation.printAddressFilter(title: "Address Mode: ")
            invocation.print("RssIn List:")
            return invocation.printSignalFilter()
        }
        switch try invocation.arguments.word() {
        case "addr": try invocation.filterAddresses()
        case "rss": try invocation.filterSignals()
        default: throw .invalidCommand
        }
    }
]

extension Invocation {
    // MARK: Addresses

    fileprivate mutating func filterAddresses() throws(CommandError) {
        guard !arguments.isEmpty else { return printAddressFilter(title: "") }
        switch try arguments.word() {
        case "add":
            let address = try arguments.extendedAddress()
            guard node.addressFilter.add(address) else { throw .noBuffers }
            guard !arguments.isEmpty else { return }
            guard node.addressFilter.setRSSI(try signal(), for: address) else { throw .noBuffers }
        case "remove": node.addressFilter.remove(try arguments.extendedAddress())
        case "clear": node.addressFilter.removeAllAddresses()
        case "disable": try setMode(.disabled)
        case "allowlist": try setMode(.allowlist)
        case "denylist": try setMode(.denylist)
        default: throw .invalidCommand
        }
    }

    private func setMode(_ mode: AddressFilter.Mode) throws(CommandError) {
        try arguments.requireEnd()
        node.addressFilter.mode = mode
    }

    fileprivate func printAddressFilter(title: String) {
        let filter = node.addressFilter
        switch filter.mode {
        case .disabled: print(title + "Disabled")
        case .allowlist: print(title + "Allowlist")
        case .denylist: print(title + "Denylist")
        }
        for entry in filter.entries where entry.isListed { print(text(of: entry)) }
    }

    // MARK: Signal strengths

    fileprivate mutating func filterSignals() throws(CommandError) {
        guard !arguments.isEmpty else { return printSignalFilter() }
        switch try arguments.word() {
        case "add":
            let sender = try arguments.word()
            try set(try signal(), for: sender)
        case "add-lqi":
            let sender = try arguments.word()
            guard let quality = LinkQuality(rawValue: try arguments.unsigned()) else { throw .invalidArguments }
            try set(strength(of: quality), for: sender)
        case "remove":
            if arguments.take("*") {
                node.addressFilter.defaultRSSI = nil
            } else {
                node.addressFilter.removeRSSI(for: try arguments.extendedAddress())
            }
        case "clear": node.addressFilter.removeAllRSSI()
        default: throw .invalidCommand
        }
    }

    private mutating func signal() throws(CommandError) -> DecibelMilliwatts {
        DecibelMilliwatts(Double(try arguments.signed(Int8.self)))
    }

    /// `*` stands for all senders that have no strength of their own.
    private func set(_ rssi: DecibelMilliwatts, for sender: String) throws(CommandError) {
        guard sender != "*" else {
            node.addressFilter.defaultRSSI = rssi
            return
        }
        var word = Arguments([sender])
        guard node.addressFilter.setRSSI(rssi, for: try word.extendedAddress()) else { throw .noBuffers }
    }

    fileprivate func printSignalFilter() {
        let filter = node.addressFilter
        for entry in filter.entries where entry.rssi != nil { print(text(of: entry)) }
        if let rssi = filter.defaultRSSI { print("Default rss: \(text(of: rssi))") }
    }

    private func text(of entry: AddressFilter.Entry) -> String {
        "\(entry.extendedAddress)" + (entry.rssi.map { " : rss \(text(of: $0))" } ?? "")
    }

    private func text(of rssi: DecibelMilliwatts) -> String {
        let quality = LinkQuality(margin: rssi - node.profile.phy.sensitivity())
        return "\(rssi.wholeText) (lqi \(quality.rawValue))"
    }

    /// A strength in the middle of those that stand for a link quality.
    /// - Source: OpenThread as observed: margins of 0, 5, 15 and 50 dB
    private func strength(of quality: LinkQuality) -> DecibelMilliwatts {
        let margin =
            switch quality {
            case .none: 0.0
            case .poor: 5.0
            case .fair: 15.0
            case .good: 50.0
            }
        return node.profile.phy.sensitivity() + Decibels(margin)
    }
}
