import Testing

/// The judge of captures, judged itself.
@Suite struct FrameCountersTests {
    private func line(_ bytes: String, counter: Int, source: String = "02000000000000aa") -> String {
        """
        {"source":"\(source)","bytes":"\(bytes)","layers":[{"name":"IEEE 802.15.4","source":"\(source)",\
        "frame counter":\(counter),"opened by":"key sequence 0"}]}\n
        """
    }

    @Test("Another frame with the same sender, key and counter is a repetition, the same frame again is none")
    func repetition() throws {
        var counters = FrameCounters()
        try counters.add(line("01", counter: 1) + line("01", counter: 1) + line("02", counter: 2))
        try counters.add(line("03", counter: 1, source: "02000000000000bb"))
        #expect(counters.frames.count == 3)
        #expect(counters.repeated.isEmpty)

        try counters.add(line("04", counter: 2))
        #expect(counters.repeated.map(\.counter) == [2])
    }
}
