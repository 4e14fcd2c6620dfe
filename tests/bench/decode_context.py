# SPDX-License-Identifier: GPL-3.0-or-later
"""Writing speed against the length of the context: full keys and values, a joint latent absorbed and naive, in turns.

    python3 tests/bench/decode_context.py --program build/release/bin/latentloom-cli [--contexts 128 1024 4096 8192 32768] [--cache f32 bf16]

Random weights of the same size (P50-mha, P50-mla). The cache counts as filled: what lies in it does not matter to the time.
"""
import argparse
import json
import statistics
import subprocess
import sys

FORMS = {"MHA": ("P50-mha", "naive"), "MLA absorbed": ("P50-mla", "absorbed"), "MLA naive": ("P50-mla", "naive")}


def main():
    parser = argparse.ArgumentParser(description="Tokens per second and bytes of the cache against the context.")
    parser.add_argument("--program", required=True, help="the built latentloom-cli")
    parser.add_argument("--contexts", nargs="+", type=int, default=[128, 1024, 4096, 8192, 32768])
    parser.add_argument("--cache", nargs="+", default=["f32", "bf16", "int8"])
    parser.add_argument("--precision", default="bf16")
    parser.add_argument("--threads", default="2")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rows = []
    for cache in options.cache:
        for context in options.contexts:
            speeds = {form: [] for form in FORMS}
            size = {}
            for number in range(options.rounds):
                order = list(FORMS)
                for form in order[number % 3:] + order[:number % 3]:
                    shape, path = FORMS[form]
                    done = subprocess.run(
                        [options.program, "bench", "--shape", shape, "--mla", path, "--context", str(context), "--cache-dtype", cache,
                         "--precision", options.precision, "--threads", options.threads, "--prefill", "0", "--decode", "16",
                         "--repeats", "3", "--json"], stdout=subprocess.PIPE, text=True, check=True)
                    document = json.loads(done.stdout)
                    speeds[form].append(document["decode_tokens_per_second"]["median"])
                    size[form] = document["cache_bytes"]
            row = {"cache": cache, "context": context, "bytes": size,
                   "speed": {form: statistics.median(values) for form, values in speeds.items()},
                   "absorbed_over_mha": statistics.median(a / b for a, b in zip(speeds["MLA absorbed"], speeds["MHA"]))}
            rows.append(row)
            print(f"{cache} {context}: " + ", ".join(f"{form} {row['speed'][form]:.0f} tok/s in {size[form] / 2**20:.1f} MiB" for form in FORMS)
                  + f"; absorbed {row['absorbed_over_mha']:.2f} × MHA", file=sys.stderr)
    if options.json:
        print(json.dumps(rows, indent=2))
        return
    print("| cache | positions | " + " | ".join(f"{form}, tok/s (MiB)" for form in FORMS) + " | absorbed : MHA |")
    print("| --- " * (len(FORMS) + 3) + "|")
    for row in rows:
        cells = [f"{row['speed'][form]:.0f} ({row['bytes'][form] / 2**20:.1f})" for form in FORMS]
        print(f"| {row['cache']} | {row['context']:,} | " + " | ".join(cells) + f" | {row['absorbed_over_mha']:.2f} |")


if __name__ == "__main__":
    main()
