"""A sweep over two local workers gives what one process gives.

    two_workers.py HEDDLE SCENARIO

HEDDLE is the program; needs distributed (pip install distributed).
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

SWEEP = str(pathlib.Path(__file__).resolve().parents[1] / "sweep.py")
HEDDLE, SCENARIO = sys.argv[1], sys.argv[2]


def sweep(*arguments):
    return subprocess.run(
        [sys.executable, SWEEP, "--heddle", HEDDLE, *arguments], capture_output=True, text=True, timeout=120)


class TwoWorkers(unittest.TestCase):
    def test_same_reports_as_one_process(self):
        with tempfile.TemporaryDirectory() as folder:
            here, there, table = (pathlib.Path(folder, name) for name in ("here.json", "there.json", "table.csv"))
            done = sweep(SCENARIO, "--seeds", "1..3", "--sweep", "sf=7..8", "--json", str(there), "--csv", str(table))
            self.assertEqual(done.returncode, 0, done.stderr)
            subprocess.run(
                [HEDDLE, "sim", "--quiet", "--seeds", "1..3", "--sweep", "sf=7..8", "--json", str(here), SCENARIO],
                capture_output=True)
            ours = json.loads(there.read_text())["runs"]
            self.assertEqual(len(ours), 6)
            self.assertEqual(ours, json.loads(here.read_text())["runs"])
            self.assertEqual(len(table.read_text().splitlines()), 7)

    def test_what_a_run_refuses_is_told(self):
        done = sweep(SCENARIO, "--seeds", "1", "--sweep", "sf=99")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("expected numbers from 7 to 12", done.stderr)

    def test_seeds_that_are_none(self):
        done = sweep(SCENARIO, "--seeds", "many")
        self.assertEqual(done.returncode, 1)
        self.assertIn("found many, expected numbers", done.stderr)

    def test_no_scenario(self):
        done = sweep("/nowhere.yaml")
        self.assertIn("/nowhere.yaml: No such file", done.stderr)


unittest.main(argv=sys.argv[:1])
