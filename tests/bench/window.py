# SPDX-License-Identifier: GPL-3.0-or-later
"""Start of the window beside an empty QMainWindow, in turns; medians of the rounds and of their ratios.

    python3 tests/bench/window.py --program build/release/bin/bench_window --model models/demo-mla [--rounds 9]

On a machine without a display: xvfb-run -s "-screen 0 1600x900x24" python3 tests/bench/window.py …
"""
import argparse
import json
import statistics
import subprocess
import time


def start(command):
    since = time.monotonic_ns() / 1e6
    done = subprocess.run([*command, "--since", f"{since:.3f}"], stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True, help="the built bench_window")
    parser.add_argument("--model", required=True)
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    rows = []
    for number in range(options.rounds + 1):
        pair = {}
        for who in (("bare", "ours") if number % 2 else ("ours", "bare")):
            pair[who] = start([options.program, "--bare"] if who == "bare" else [options.program, options.model, "--start"])
        if number > 0:  # the first round fills the file cache
            rows.append(pair)
    median = lambda pick: statistics.median(pick(row) for row in rows)
    print(f"empty window     {median(lambda r: r['bare']['first_picture_ms']):.0f} ms to the first picture")
    print(f"LatentLoom       {median(lambda r: r['ours']['first_picture_ms']):.0f} ms, "
          f"{median(lambda r: r['ours']['can_write_ms']):.0f} ms until a story can be written")
    print(f"ratio            {median(lambda r: r['ours']['first_picture_ms'] / r['bare']['first_picture_ms']):.2f} and "
          f"{median(lambda r: r['ours']['can_write_ms'] / r['bare']['first_picture_ms']):.2f}")


if __name__ == "__main__":
    main()
