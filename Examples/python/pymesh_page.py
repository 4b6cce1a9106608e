"""Runs snippets of Pymesh's page as they stand there, as a script or at the prompt.

    HEDDLE_CONTROL=/run/heddle/heddle.sock python3 pymesh_page.py 01-initialise 04-state 08-neighbors
"""

import code
import contextlib
import io
import pathlib
import re
import struct
import sys

FOLDER = pathlib.Path(__file__).resolve().parent / "page"

#: Names that the page uses and its example programs define.
NAMES = {
    "struct": struct,
    "BORDER_ROUTER_HEADER_FORMAT": "!BHHHHHHHHH",
    "BORDER_ROUTER_MAGIC_BYTE": 0xBB,
}


class Page:
    """The snippets, run one after the other with the names that those before have made."""

    def __init__(self):
        self.names = dict(NAMES, __name__="__console__")
        self._console = code.InteractiveConsole(self.names)

    def run(self, name, values=None):
        """Runs a snippet.

        :param values: what to put in place of values that name a device, by the page's own.
        :return: what was typed, what it printed, and what the page shows for it; the script first, as ``None``.
        """
        text = (FOLDER / (name + ".txt")).read_text()
        for old, new in (values or {}).items():
            assert old in text, "%s does not hold %s" % (name, old)
            text = text.replace(old, new)
        script, entries = _parts(text)
        found = []
        if script.strip():
            output = io.StringIO()
            with contextlib.redirect_stdout(output):
                exec(compile(script, name, "exec"), self.names)
            found.append((None, output.getvalue(), ""))
        for typed, shown in entries:
            output = io.StringIO()
            errors = io.StringIO()
            with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
                self._console.push(typed)
            if errors.getvalue():
                raise RuntimeError("%s: %s" % (typed, errors.getvalue()))
            found.append((typed, output.getvalue(), shown))
        return found


def _parts(text):
    script, entries = [], []
    for line in text.splitlines():
        if line.startswith(">>> "):
            entries.append((line[4:], []))
        elif entries:
            entries[-1][1].append(line)
        else:
            script.append(line)
    return "\n".join(script) + "\n", [(typed, "\n".join(shown)) for typed, shown in entries]


def shape(text):
    """A text with its addresses and numbers as placeholders, and lists of any length alike."""
    text = " ".join(text.split())
    text = re.sub(r"[0-9a-f]+(:[0-9a-f]*){2,}", "ADDRESS", text)
    text = re.sub(r"-?\b\d+(?=ms|\b)", "N", text)
    for item in (r"'ADDRESS'", r"\([^()]*\)"):
        text = re.sub(r"(%s)(, \1)+" % item, r"\1, ...", text)
    return text.replace(", ...", "")


def main():
    page = Page()
    for name in sys.argv[1:]:
        for typed, printed, _ in page.run(name):
            if typed is not None:
                print(">>>", typed)
            print(printed, end="")


if __name__ == "__main__":
    main()
