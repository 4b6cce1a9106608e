"""Runs a scenario with many seeds and values on the machines of a Dask cluster.

    sweep.py SCENARIO --seeds 1..20 [--sweep sf=7..10] [--scheduler tcp://HOST:8786] [--heddle PROGRAM]
             [--json FILE] [--csv FILE]

Without --scheduler two workers are started on this machine. Each run is one call of `heddle sim`, a pure function of
the scenario, the values and the seed: where it is made does not matter, and a run that a machine loses is made again
elsewhere. The scenario travels with the call; what it imports has to be on every machine at the same path.
"""

import argparse
import csv
import itertools
import json
import pathlib
import subprocess
import sys
import tempfile


def numbers(text):
    """The numbers of a list such as 1..4,8."""
    found = []
    for part in text.split(","):
        ends = part.split("..")
        try:
            first, last = int(ends[0]), int(ends[-1])
        except ValueError:
            first, last = 1, 0
        if len(ends) > 2 or last < first:
            sys.exit(f"sweep: found {text}, expected numbers such as 1..20 or 7,9,12")
        found += range(first, last + 1)
    return found


def points(axes, seeds):
    """Every combination of values, each with every seed: tuples of settings, and a seed."""
    lists = []
    for axis in axes:
        name, sign, values = axis.partition("=")
        if not sign:
            sys.exit(f"sweep: found {axis}, expected something like sf=7..10")
        lists.append([f"{name}={value}" for value in numbers(values)])
    return [(settings, seed) for settings in itertools.product(*lists) for seed in numbers(seeds)]


def run(program, scenario, settings, seed):
    """One run, on whichever machine: the report as `heddle sim` writes it."""
    with tempfile.TemporaryDirectory() as folder:
        file, output = pathlib.Path(folder, "scenario.yaml"), pathlib.Path(folder, "report.json")
        file.write_text(scenario)
        command = [program, "sim", "--quiet", "--seeds", str(seed), "--json", str(output)]
        for setting in settings:
            command += ["--sweep", setting]
        done = subprocess.run(command + [str(file)], capture_output=True, text=True)
        # 1 with a report says that an assertion failed: a result like any other.
        if not output.exists():
            raise RuntimeError(f"seed {seed}: {done.stderr.strip()}")
        return json.loads(output.read_text())["runs"][0]


def row(entry):
    report = entry["report"]
    sent = sum(flow["sent"] for flow in report["flows"])
    arrived = sum(flow["sent"] * (flow.get("delivery") or 0) for flow in report["flows"])
    return {
        "variant": entry["label"],
        "seed": report["seed"],
        "sent": sent,
        "delivery": round(arrived / sent, 4) if sent else "",
        "formed_s": report.get("formedSeconds", ""),
        "airtime_s": round(sum(purpose["airtimeSeconds"] for purpose in report["purposes"]), 3),
        "holds": all(assertion["holds"] for assertion in report["assertions"]),
        "hash": report["hash"],
    }


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenario", type=pathlib.Path)
    parser.add_argument("--seeds", default="1..20")
    parser.add_argument("--sweep", action="append", default=[])
    parser.add_argument("--scheduler", help="of the cluster; without it two workers on this machine")
    parser.add_argument("--heddle", default="heddle", help="the program, on every machine")
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--csv", type=pathlib.Path)
    asked = parser.parse_args()
    try:
        scenario = asked.scenario.read_text()
    except OSError as error:
        sys.exit(f"sweep: {asked.scenario}: {error.strerror}")
    plan = points(asked.sweep, asked.seeds)

    from dask.distributed import Client, LocalCluster

    cluster = None
    if not asked.scheduler:
        cluster = LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None)
    client = Client(asked.scheduler or cluster)
    try:
        futures = [client.submit(run, asked.heddle, scenario, *point, pure=True) for point in plan]
        runs = client.gather(futures)
    except RuntimeError as error:
        sys.exit(f"sweep: {error}")
    finally:
        client.close()
        if cluster:
            cluster.close()
    if asked.json:
        asked.json.write_text(json.dumps({"runs": runs}, sort_keys=True))
    rows = [row(entry) for entry in runs]
    if asked.csv:
        with asked.csv.open("w", newline="") as file:
            writer = csv.DictWriter(file, rows[0].keys())
            writer.writeheader()
            writer.writerows(rows)
    for one in rows:
        print(" ".join(f"{key}={value}" for key, value in one.items() if value != ""))


if __name__ == "__main__":
    main()
