# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures what the precisions of the fast path cost the shipped models and writes it into their cards ("precisions" in training.json).

    python3 models/measure_precisions.py --program build/release/bin/latentloom-cli --data held-out.txt [--stories 748] [MODEL…]

The data must be what the card's result was measured on; the loss in f32 is compared with it.
"""
import argparse
import json
import pathlib
import subprocess
import sys


def main():
    parser = argparse.ArgumentParser(description="Writes the loss of each precision into training.json.")
    parser.add_argument("--program", required=True, help="the built latentloom-cli")
    parser.add_argument("--data", required=True, help="held-out stories")
    parser.add_argument("--stories", default="0", help="only the first N; 0 = all")
    parser.add_argument("models", nargs="*", type=pathlib.Path)
    options = parser.parse_args()
    here = pathlib.Path(__file__).parent
    for folder in options.models or [here / "demo-mla", here / "demo-mha"]:
        done = subprocess.run([options.program, "eval", str(folder), "--data", options.data, "--stories", options.stories,
                               "--all-precisions", "--json"], stdout=subprocess.PIPE, text=True, check=True)
        losses = {entry["precision"]: entry["loss"] for entry in json.loads(done.stdout)["precisions"]}
        card = folder / "training.json"
        document = json.loads(card.read_text())
        known = document["result"]["loss"]
        if abs(losses["f32"] - known) > 1e-4:
            sys.exit(f"{folder}: the loss in f32 is {losses['f32']:.5f}, and the card says {known:.5f}: other stories?")
        document["result"]["precisions"] = losses
        card.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")
        print(f"{folder.name}: " + ", ".join(f"{name} {loss:.5f} ({100 * (loss / losses['f32'] - 1):+.3f} %)" for name, loss in losses.items()))


if __name__ == "__main__":
    main()
