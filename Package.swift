// swift-tools-version:6.2
import Foundation
import PackageDescription

// `make test` and CI set HEDDLE_STRICT, so that a warning fails them; a newer compiler's new warning
// must not keep a user from building.
let strict = ProcessInfo.processInfo.environment["HEDDLE_STRICT"] != nil
// libFuzzer brings a `main` of its own, so its program can be linked only when everything is instrumented: scripts/fuzz.
let fuzzing = ProcessInfo.processInfo.environment["HEDDLE_FUZZING"] != nil
let settings: [SwiftSetting] =
    [.enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("InternalImportsByDefault")]
    + (strict ? [.treatAllWarnings(as: .error)] : [])

func layer(_ name: String, _ dependencies: [Target.Dependency] = []) -> [Target] {
    [.target(name: name, dependencies: dependencies, swiftSettings: settings)]
}

func tests(of name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: [.byName(name: name), "TestSupport"] + dependencies, swiftSettings: settings
    )
}

let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
]
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let heap = Target.Dependency.product(name: "HeapModule", package: "swift-collections")

let system: [Target] = [
    .systemLibrary(
        name: "CSodium", path: "Sources/CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"])]),
    .systemLibrary(name: "CMbedTLS", path: "Sources/CMbedTLS", providers: [.apt(["libmbedtls-dev"])]),
    .target(name: "CLinux"),
    .target(name: "CAllocationCount"),
]
let pure: [Target] =
    layer("WireCore")
    + layer("EngineCore")
    + layer("PcapWire", ["WireCore"])
    + layer("ThreadWire", ["WireCore"])
    + layer("MeshCoreWire", ["WireCore"])
    + layer("LinkSecurity", ["WireCore", "ThreadWire", "EngineCore"])
    + layer("LoRaPHY", ["WireCore", "EngineCore"])
    + layer("LoRaChannel", ["EngineCore", "LoRaPHY"])
    + layer("LinkProfiles", ["EngineCore", "LoRaPHY"])
let engines: [Target] =
    layer("MACEngine", ["WireCore", "EngineCore", "ThreadWire", "LinkSecurity", "LoRaPHY", "LinkProfiles"])
    + layer("LowPANEngine", ["WireCore", "EngineCore", "ThreadWire", "LinkProfiles"])
    + layer("IPEngine", ["WireCore", "EngineCore", "ThreadWire", "LinkProfiles"])
    + layer("ThreadEngine", ["WireCore", "EngineCore", "ThreadWire", "LinkSecurity", "LinkProfiles"])
    + layer("IngressFilter", ["WireCore", "EngineCore", "ThreadWire"])
    + layer("MeshCoreEngine", ["WireCore", "EngineCore", "LoRaPHY", "MeshCoreWire"])
    + layer(
        "NodeEngine",
        [
            "WireCore", "EngineCore", "ThreadWire", "LinkSecurity", "LoRaPHY", "LinkProfiles", "MACEngine",
            "LowPANEngine", "IPEngine", "ThreadEngine",
        ])
let runtime: [Target] =
    layer("CryptoProviders", ["CMbedTLS", "CSodium", "LinkSecurity", "MeshCoreWire", "EngineCore"])
    + layer("LinuxDevices", ["CLinux", "EngineCore", "ThreadWire"])
    + layer("RadioDrivers", ["WireCore", "EngineCore", "LoRaPHY", "MeshCoreWire", "LinuxDevices", logging] + nio)
    + layer(
        "NodeStore",
        [.product(name: "GRDB", package: "GRDB.swift")])
    + layer(
        "NodeRuntime",
        [
            "WireCore", "EngineCore", "ThreadWire", "ThreadEngine", "NodeEngine", "RadioDrivers", "NodeStore",
            "CryptoProviders", "LinuxDevices", "LinkProfiles", "LoRaPHY", logging,
        ] + nio)
let api: [Target] =
    layer(
        "ThreadCLI",
        [
            "WireCore", "EngineCore", "ThreadWire", "LoRaPHY", "LinkProfiles", "MACEngine", "IPEngine", "ThreadEngine",
            "NodeEngine",
        ])
    + layer(
        "NodeService",
        [
            "WireCore", "EngineCore", "ThreadWire", "LinkProfiles", "IPEngine", "ThreadEngine", "NodeEngine",
            "NodeRuntime", "ThreadCLI", .product(name: "NIOCore", package: "swift-nio"),
        ])
    + layer(
        "Heddle",
        [
            "EngineCore", "ThreadWire", "LoRaPHY", "LinkProfiles", "IPEngine", "ThreadEngine", "NodeEngine",
            "CryptoProviders", "LinuxDevices", "RadioDrivers", "NodeStore", "NodeRuntime", "NodeService", "ThreadCLI",
            logging,
        ] + nio)
let services: [Target] =
    layer(
        "NodeConfiguration",
        ["WireCore", "EngineCore", "ThreadWire", "LoRaPHY", "MeshCoreWire", .product(name: "Yams", package: "Yams")])
    + layer(
        "RadioSetup", ["LoRaPHY", "LinkProfiles", "LinuxDevices", "RadioDrivers", "NodeConfiguration"] + nio)
    + layer(
        "BorderRouter",
        ["EngineCore", "ThreadWire", "IngressFilter", "NodeEngine", "NodeRuntime", "LinuxDevices", logging] + nio)
    + layer("ControlService", ["NodeService", "NodeRuntime", "ThreadCLI", "LinuxDevices", logging] + nio)
    + layer(
        "StatusService",
        [
            "EngineCore", "ThreadWire", "LoRaPHY", "IngressFilter", "MACEngine", "ThreadEngine", "NodeEngine", logging,
            .product(name: "NIOHTTP1", package: "swift-nio"),
        ] + nio)
    + layer(
        "Simulator",
        [
            "WireCore", "EngineCore", "LinkSecurity", "LoRaPHY", "LoRaChannel", "LinkProfiles", "IPEngine",
            "ThreadEngine", "NodeEngine", "ThreadWire", "PcapWire", heap,
        ])
    + layer(
        "Scenarios",
        [
            "WireCore", "EngineCore", "ThreadWire", "LinkSecurity", "LoRaPHY", "LoRaChannel", "LinkProfiles",
            "IPEngine",
            "ThreadEngine", "NodeEngine", "MACEngine", "CryptoProviders", "PcapWire", "NodeConfiguration", "Simulator",
            heap,
        ])
    + layer(
        "EtherService",
        [
            "WireCore", "EngineCore", "LoRaPHY", "LoRaChannel", "RadioDrivers", "PcapWire", "NodeConfiguration",
            logging,
        ] + nio)
    + layer(
        "MeshCoreService",
        [
            "WireCore", "EngineCore", "ThreadWire", "LoRaPHY", "MeshCoreWire", "MeshCoreEngine", "IPEngine",
            "ThreadEngine", "NodeEngine", "NodeRuntime", "NodeStore", "RadioDrivers", "LinuxDevices", "CryptoProviders",
            logging,
        ] + nio)
    + layer(
        "Dissector", ["WireCore", "ThreadWire", "LinkSecurity", "PcapWire"])
let executables: [Target] = [
    .executableTarget(
        name: "heddled",
        dependencies: [
            "NodeConfiguration", "RadioSetup", "NodeRuntime", "NodeEngine", "NodeStore", "RadioDrivers", "LinuxDevices",
            "ThreadCLI", "NodeService", "BorderRouter", "IngressFilter", "StatusService", "ControlService",
            "CryptoProviders",
            "LoRaPHY", "LinkProfiles", "EngineCore", "ThreadWire", "ThreadEngine", "MeshCoreService", "MeshCoreEngine",
            "MeshCoreWire", arguments, logging, lifecycle,
        ], swiftSettings: settings),
    .executableTarget(
        name: "heddle",
        dependencies: [
            "CLinux", "WireCore", "EngineCore", "ThreadWire", "ControlService", "EtherService", "Dissector",
            "CryptoProviders",
            "NodeConfiguration", "RadioDrivers", "RadioSetup", "Scenarios", arguments,
            logging,
        ] + nio, swiftSettings: settings),
    .executableTarget(
        name: "HeddleBench",
        dependencies: [
            "CAllocationCount", "WireCore", "EngineCore", "ThreadWire", "LinkSecurity", "LoRaPHY", "LoRaChannel",
            "LinkProfiles", "LowPANEngine", "MACEngine", "IPEngine", "ThreadEngine", "NodeEngine", "CryptoProviders",
            "Simulator", "Scenarios",
        ], swiftSettings: settings),
]
func example(_ name: String) -> Target {
    .executableTarget(
        name: name, dependencies: ["Heddle", arguments], path: "Examples/\(name)", swiftSettings: settings)
}
let examples: [Target] = ["Chat", "Sensor", "Collector"].map(example)
let testTargets: [Target] = [
    .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: settings),
    tests(of: "WireCore"),
    tests(of: "EngineCore"),
    tests(of: "PcapWire", ["WireCore"]),
    tests(of: "ThreadWire", ["WireCore"]),
    tests(of: "MeshCoreWire", ["WireCore", "CryptoProviders"]),
    tests(of: "LinkSecurity", ["WireCore", "ThreadWire", "CryptoProviders"]),
    tests(of: "CryptoProviders", ["LinkSecurity", "EngineCore"]),
    tests(of: "LoRaPHY", ["WireCore", "EngineCore"]),
    tests(of: "LoRaChannel", ["EngineCore", "LoRaPHY"]),
    tests(of: "LinkProfiles", ["EngineCore", "LoRaPHY"]),
    tests(
        of: "MACEngine",
        [
            "WireCore", "EngineCore", "ThreadWire", "LinkSecurity", "LoRaPHY", "LinkProfiles", "CryptoProviders",
        ]),
    tests(of: "LowPANEngine", ["WireCore", "EngineCore", "ThreadWire", "LinkProfiles"]),
    tests(of: "IPEngine", ["WireCore", "EngineCore", "ThreadWire", "LinkProfiles"]),
    tests(of: "IngressFilter", ["WireCore", "EngineCore", "ThreadWire"]),
    tests(of: "MeshCoreEngine", ["WireCore", "EngineCore", "LoRaPHY", "MeshCoreWire", "CryptoProviders"]),
    tests(
        of: "ThreadEngine",
        ["WireCore", "EngineCore", "ThreadWire", "LinkSecurity", "LinkProfiles", "CryptoProviders"]),
    tests(
        of: "NodeEngine",
        [
            "WireCore", "EngineCore", "ThreadWire", "ThreadEngine", "MACEngine", "LowPANEngine", "LinkProfiles",
            "LoRaPHY", "LoRaChannel", "Simulator", "CryptoProviders", "PcapWire",
        ]),
    tests(of: "Simulator", ["WireCore", "ThreadWire", "EngineCore", "LoRaChannel", "LoRaPHY"]),
    tests(
        of: "Scenarios",
        ["EngineCore", "ThreadWire", "LoRaPHY", "NodeConfiguration", "PcapWire", "Simulator"]),
    tests(of: "LinuxDevices", ["WireCore", "EngineCore", "ThreadWire"]),
    tests(
        of: "RadioDrivers",
        ["WireCore", "EngineCore", "LoRaPHY", "LinuxDevices", .product(name: "NIOEmbedded", package: "swift-nio")] + nio
    ),
    tests(of: "NodeStore", [.product(name: "GRDB", package: "GRDB.swift")]),
    tests(
        of: "NodeRuntime",
        [
            "EngineCore", "ThreadWire", "LinkProfiles", "NodeEngine", "NodeStore", "RadioDrivers", "CryptoProviders",
            logging,
        ] + nio),
    tests(
        of: "NodeService",
        [
            "WireCore", "EngineCore", "ThreadWire", "LinkProfiles", "LoRaChannel", "LoRaPHY", "IPEngine",
            "ThreadEngine",
            "NodeEngine", "Simulator", "CryptoProviders",
        ]),
    tests(
        of: "Heddle",
        [
            "ControlService", "CryptoProviders", "EngineCore", "EtherService", "LinkProfiles", "LinuxDevices",
            "NodeEngine", "NodeRuntime", "NodeService", "RadioDrivers", "ThreadCLI", "ThreadWire", logging,
        ] + nio),
    tests(of: "NodeConfiguration", ["WireCore", "EngineCore", "ThreadWire", "LoRaPHY"]),
    tests(
        of: "ThreadCLI",
        [
            "WireCore", "EngineCore", "ThreadWire", "LinkProfiles", "LoRaPHY", "LoRaChannel", "ThreadEngine",
            "NodeEngine", "Simulator", "CryptoProviders",
        ]),
    tests(
        of: "ControlService",
        ["LinuxDevices", logging, .product(name: "NIOEmbedded", package: "swift-nio")] + nio),
    tests(
        of: "StatusService",
        [
            "EngineCore", "ThreadWire", "LoRaPHY", "IngressFilter", "LinkProfiles", "NodeEngine", "CryptoProviders",
            logging,
        ] + nio),
    tests(of: "heddle", ["ControlService", "EngineCore", logging] + nio),
    tests(
        of: "EtherService",
        [
            "RadioDrivers", "EngineCore", "LoRaPHY", "LoRaChannel", "PcapWire", "NodeConfiguration", logging,
        ] + nio),
    tests(
        of: "MeshCoreService",
        [
            "WireCore", "EngineCore", "ThreadWire", "LoRaPHY", "LinkProfiles", "MeshCoreWire", "MeshCoreEngine",
            "NodeEngine", "NodeRuntime", "NodeStore", "RadioDrivers", "CryptoProviders", logging,
        ] + nio),
    tests(of: "Dissector", ["WireCore", "ThreadWire", "LinkSecurity", "PcapWire", "CryptoProviders"]),
    // Runs the built executables as a user does: they are dependencies so that they are built, not to be imported.
    .testTarget(
        name: "EndToEndTests",
        dependencies: ["TestSupport", "heddled", "heddle"] + examples.map { .target(name: $0.name) },
        swiftSettings: settings),
    .testTarget(name: "HouseTests", dependencies: ["TestSupport"], swiftSettings: settings),
    .target(
        name: "FuzzTargets",
        dependencies: [
            "TestSupport", "WireCore", "EngineCore", "PcapWire", "ThreadWire", "LinkSecurity", "LinkProfiles",
            "LoRaChannel", "LowPANEngine", "ThreadEngine", "NodeEngine", "CryptoProviders", "Simulator", "Dissector",
        ], path: "Tests/FuzzTargets", swiftSettings: settings),
    tests(of: "FuzzTargets"),
]
let fuzzers: [Target] =
    fuzzing
    ? [
        .executableTarget(
            name: "FuzzEntry", dependencies: ["FuzzTargets"], path: "Tests/FuzzEntry",
            cSettings: [.unsafeFlags(["-fsanitize=fuzzer-no-link"])])
    ] : []

let package = Package(
    name: "heddle",
    products: [
        .library(name: "Heddle", targets: ["Heddle"]),
        .executable(name: "heddled", targets: ["heddled"]),
        .executable(name: "heddle", targets: ["heddle"]),
        .executable(name: "heddle-bench", targets: ["HeddleBench"]),
        .executable(name: "example-chat", targets: ["Chat"]),
        .executable(name: "example-sensor", targets: ["Sensor"]),
        .executable(name: "example-collector", targets: ["Collector"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: system + pure + engines + runtime + api + services + executables + examples + testTargets + fuzzers,
    swiftLanguageModes: [.v6]
)
