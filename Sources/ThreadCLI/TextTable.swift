/// A table as OpenThread prints it: a title row, a rule, and rows of cells that are aligned right or left.
struct TextTable {
    /// One column: its title, the width between two bars, and how its cells stand.
    struct Column {
        var title: String
        var width: Int
        var style: Style

        enum Style {
            /// At the right, a space on either side.
            case right
            /// At the left, a space on either side.
            case left
            /// As wide as it is, without spaces.
            case narrow
        }

        init(_ title: String, _ width: Int, _ style: Style = .right) {
            self.title = title
            self.width = width
            self.style = style
        }
    }

    let columns: [Column]

    init(_ columns: [Column]) {
        self.columns = columns
    }

    /// The titles and the rule beneath them. A title too long for its column fills it without spaces and is cut.
    var heading: [String] {
        var titles = ""
        var rule = ""
        for column in columns {
            let isNarrow = column.title.utf8.count + 2 > column.width
            titles += isNarrow ? "|" : "| "
            titles += padded(
                isNarrow ? String(column.title.prefix(column.width)) : column.title,
                right: isNarrow ? column.width : column.width - 1)
            rule += "+" + String(repeating: "-", count: column.width)
        }
        return [titles + "|", rule + "+"]
    }

    /// One row. A cell that is too wide pushes the row out, as in OpenThread.
    func row(_ cells: [String]) -> String {
        var text = ""
        for (column, cell) in zip(columns, cells) {
            switch column.style {
            case .right: text += "| " + padded(cell, left: column.width - 2) + " "
            case .left: text += "| " + padded(cell, right: column.width - 2) + " "
            case .narrow: text += "|" + padded(cell, left: column.width)
            }
        }
        return text + "|"
    }
}

/// Fills up with spaces at the left.
func padded(_ text: String, left width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.utf8.count)) + text
}

/// Fills up with spaces at the right.
func padded(_ text: String, right width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.utf8.count))
}
