import NodeConfiguration
import Testing

@Suite struct SpellingTests {
    @Test(
        "The nearest name is proposed",
        arguments: [
            ("staet", "state"), ("State", "state"), ("netwrk", "network"), ("spreading_factor", "spreading-factor"),
            ("contol", "control"),
        ])
    func near(name: String, expected: String) {
        #expect(nearestName(to: name, among: ["state", "control", "network", "spreading-factor"]) == expected)
    }

    @Test("Nothing is proposed for a name that is near to none", arguments: ["", "x", "banana", "spreading"])
    func far(name: String) {
        #expect(nearestName(to: name, among: ["state", "control", "network", "spreading-factor", "sf"]) == nil)
        #expect(nearestName(to: name, among: [String]()) == nil)
    }
}
