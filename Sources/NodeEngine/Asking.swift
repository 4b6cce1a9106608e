/// Asks an engine something where it stands.
///
/// Before it calls a method that does not mutate, Swift copies a struct that is a property of a class, and an engine
/// has many tables to retain.
@inline(__always)
func asking<Engine, Answer>(_ engine: inout Engine, _ question: (inout Engine) -> Answer) -> Answer {
    question(&engine)
}
