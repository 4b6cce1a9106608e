import Glibc

/// Starting anew in the same process, as a program does that `reset` is typed to.
enum Restarting {
    /// Replaces this program by itself, with the arguments that it was started with. All that it had open is marked to
    /// be closed then.
    /// - Returns: only when it fails: the reason.
    static func replaceProgram() -> String {
        // Threads that wait for signals have blocked them, which the new program would inherit.
        var none = sigset_t()
        sigemptyset(&none)
        sigprocmask(SIG_SETMASK, &none, nil)
        var arguments = CommandLine.arguments.map { strdup($0) }
        arguments.append(nil)
        // By its own name where that tells the place, so that processes are still listed under it.
        let path = CommandLine.arguments.first.flatMap { $0.contains("/") ? $0 : nil } ?? "/proc/self/exe"
        execv(path, arguments)
        let reason = String(cString: strerror(errno))
        for argument in arguments { free(argument) }
        return reason
    }
}
