/// The allowed name that a misspelt one most likely stands for; nil when none is near.
///
/// Near are names that up to a third of their letters, but at least two, lead to: inserted, left out, replaced.
/// Upper and lower case count as equal.
public func nearestName(to name: String, among allowed: some Sequence<String>) -> String? {
    let letters = Array(name.lowercased())
    var best: (name: String, distance: Int)?
    for candidate in allowed {
        let other = Array(candidate.lowercased())
        let limit = max(2, other.count / 3)
        // A short name is near to everything when all of its letters may be replaced.
        guard abs(other.count - letters.count) <= limit, limit < max(other.count, letters.count) else { continue }
        let distance = editDistance(letters, other)
        if distance <= limit, distance < best?.distance ?? .max { best = (candidate, distance) }
    }
    return best?.name
}

/// How many letters must be inserted, left out or replaced to turn one word into another (Levenshtein's distance).
private func editDistance(_ first: [Character], _ second: [Character]) -> Int {
    var previous = Array(0...second.count)
    for (row, letter) in first.enumerated() {
        var current = [row + 1]
        for (column, other) in second.enumerated() {
            let replaced = previous[column] + (letter == other ? 0 : 1)
            current.append(min(replaced, previous[column + 1] + 1, current[column] + 1))
        }
        previous = current
    }
    return previous[second.count]
}
