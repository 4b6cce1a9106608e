// What a program needs of the other layers, so that `import Heddle` is enough. Each name is passed on as it is: an
// alias cannot be written, since modules such as ThreadEngine have a type of their own name.

@_exported public import struct EngineCore.DecibelMilliwatts
@_exported public import struct EngineCore.Decibels
@_exported public import enum IPEngine.BindError
@_exported public import enum IPEngine.ReceiveError
@_exported public import enum IPEngine.SendError
@_exported public import struct LinkProfiles.LinkProfile
@_exported public import struct LoRaPHY.LoRaModulation
@_exported public import protocol RadioDrivers.Radio
@_exported public import enum ThreadEngine.LinkQuality
@_exported public import enum ThreadEngine.Role
@_exported public import enum NodeService.BorderRouterError
@_exported public import struct NodeService.BorderRouterHeader
@_exported public import struct NodeService.BorderRouterPrefix
@_exported public import struct NodeService.Datagram
@_exported public import enum NodeService.MeshError
@_exported public import struct NodeService.MeshLeader
@_exported public import struct NodeService.MeshNeighbor
@_exported public import struct NodeService.MeshRouter
@_exported public import struct ThreadWire.ExtendedAddress
@_exported public import struct ThreadWire.IPv6Address
@_exported public import struct ThreadWire.IPv6Prefix
@_exported public import struct ThreadWire.PANID
@_exported public import struct ThreadWire.PartitionID
@_exported public import enum ThreadWire.RoutePreference
@_exported public import struct ThreadWire.RouterID
@_exported public import struct ThreadWire.ShortAddress
