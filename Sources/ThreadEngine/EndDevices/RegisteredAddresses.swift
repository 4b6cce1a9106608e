public import EngineCore
import LinkProfiles
public import ThreadWire

// The addresses that an end device has its parent answer for.
extension ThreadEngine {
    /// How many addresses a child may register.
    /// - Source: OpenThread as observed: 4, the mesh-local one among them
    public static let registeredAddressLimit = 4

    // MARK: The child's side

    /// What this node, as an end device, has its parent know: the mesh-local address first, then others of its own,
    /// then the groups that the parent is to keep multicasts for.
    var registeredAddresses: [IPv6Address] {
        guard !mode.isFullThreadDevice, let meshLocalEID else { return [] }
        var addresses = [meshLocalEID]
        for address in additionalAddresses where address.origin != .anycast {
            guard !address.address.isLinkLocalUnicast, address.address != meshLocalEID else { continue }
            addresses.append(address.address)
        }
        for group in subscribedGroups {
            // Who listens always hears its groups; the parent needs to know only those from beyond the mesh.
            if mode.isReceiverOnWhenIdle {
                guard group.multicastScope ?? 0 > 3, (parent?.version ?? 0) >= 3 else { continue }
            }
            addresses.append(group)
        }
        return Array(addresses.prefix(Self.registeredAddressLimit))
    }

    /// How many bytes of addresses a Child ID Request has room for in one frame.
    /// - Source: recording sleepy, frame 12: 112 bytes with 9 of addresses
    var roomForRegistration: Int { profile.maximumPSDU - (112 - 9) }

    /// Registers anew when the addresses have changed.
    mutating func updateRegistration(now: Instant) {
        guard role == .child, !mode.isFullThreadDevice, registered != registeredAddresses else { return }
        registered = registeredAddresses
        scheduleChildUpdate(now: now)
    }

    /// Addresses as they are registered: without their prefix, if there is a context for it.
    func registrations(of addresses: [IPv6Address]) -> [AddressRegistration] {
        addresses.map { address in
            guard !address.isMulticast else { return .uncompressed(address) }
            if let prefix = network?.meshLocalPrefix, prefix.contains(address) {
                return .compressed(contextID: 0, interfaceIdentifier: address.low)
            }
            for context in networkDatabase.contexts {
                guard context.isCompressible, context.prefix.length == 64, context.prefix.contains(address)
                else { continue }
                return .compressed(contextID: context.id, interfaceIdentifier: address.low)
            }
            return .uncompressed(address)
        }
    }

    // MARK: Groups

    /// How many groups may be subscribed to.
    private static let groupLimit = 16

    /// Lets this node receive what is sent to a group.
    /// - Returns: false when it receives as many as it may.
    public mutating func subscribe(_ group: IPv6Address, now: Instant) -> Bool {
        guard !subscribedGroups.contains(group) else { return true }
        guard subscribedGroups.count < Self.groupLimit else { return false }
        subscribedGroups.insert(group, at: 0)
        updateRegistration(now: now)
        emit(.identityChanged)
        return true
    }

    /// - Returns: false when it was not subscribed to.
    public mutating func unsubscribe(_ group: IPv6Address, now: Instant) -> Bool {
        guard let index = subscribedGroups.firstIndex(of: group) else { return false }
        subscribedGroups.remove(at: index)
        updateRegistration(now: now)
        emit(.identityChanged)
        return true
    }

    /// The groups of all nodes of this network: on the link and in the mesh.
    /// - Source: RFC 3306 §4 for the form; OpenThread as observed: recording sleepy, `ipmaddr`
    public var networkGroups: [IPv6Address] {
        guard let prefix = network?.meshLocalPrefix else { return [] }
        let network = IPv6Address(prefix: prefix, interfaceIdentifier: 0).high
        func group(_ scope: UInt64) -> IPv6Address {
            IPv6Address(high: 0xff30_0040_0000_0000 | scope << 48 | network >> 32, low: network << 32 | 1)
        }
        return [group(3), group(2)]
    }

    // MARK: The parent's side

    /// Takes over the addresses that a child registers; those of unknown contexts are left out.
    ///
    /// An address belongs to one child: whoever registers it last.
    mutating func register(_ entries: [AddressRegistration], of child: ExtendedAddress) {
        let addresses = addresses(registered: entries)
        for address in addresses where !address.isMulticast {
            for other in children.children where other.neighbor.extendedAddress != child {
                guard other.addresses.contains(address) else { continue }
                children.modify(other.neighbor.extendedAddress) { other in other.addresses.removeAll { $0 == address } }
            }
            resolver.remove(address)
        }
        children.modify(child) { $0.addresses = addresses }
    }

    /// The addresses in the full form.
    func addresses(registered entries: [AddressRegistration]) -> [IPv6Address] {
        var addresses: [IPv6Address] = []
        for entry in entries {
            guard addresses.count < Self.registeredAddressLimit else { break }
            let address: IPv6Address
            switch entry {
            case .compressed(let contextID, let interfaceIdentifier):
                guard let prefix = contextPrefix(contextID) else { continue }
                address = IPv6Address(prefix: prefix, interfaceIdentifier: interfaceIdentifier)
            case .uncompressed(let whole):
                guard !whole.isUnspecified, !whole.isLinkLocalUnicast, whole != .loopback else { continue }
                address = whole
            }
            if !addresses.contains(address) { addresses.append(address) }
        }
        return addresses
    }

    /// What a parent confirms of a child's addresses: all that it took but the mesh-local one.
    /// - Source: recording sleepy, frame 16
    func confirmedRegistrations(of child: Child) -> [AddressRegistration] {
        registrations(of: child.addresses.filter { !(network?.meshLocalPrefix.contains($0) ?? false) })
    }

    /// Whether this node is the parent of devices that do not hear multicasts.
    public var hasSleepyChildren: Bool {
        role.isRouting && children.children.contains { $0.isValid && !$0.neighbor.mode.isReceiverOnWhenIdle }
    }

    /// The sleepy children that a multicast is for: all of them for the groups of the whole network, for others those
    /// that registered the group.
    /// - Source: OpenThread as observed
    public func sleepyListeners(to group: IPv6Address) -> [RLOC16] {
        guard role.isRouting else { return [] }
        let isForAll = networkGroups.contains(group)
        return children.children.filter {
            $0.isValid && !$0.neighbor.mode.isReceiverOnWhenIdle && (isForAll || $0.addresses.contains(group))
        }.map { $0.neighbor.rloc16 }
    }
}
