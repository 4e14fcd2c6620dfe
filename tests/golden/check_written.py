# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks that folders written by `latentloom-cli convert` open in transformers unchanged and compute the golden logits.

    oracle/bin/python tests/golden/check_written.py build/test/bin/latentloom-cli

For each golden model of the Llama and DeepSeek families and the transposed, interleaved and pickled ones that our own format takes: convert, then
load with transformers where it can (nothing missing, nothing unexpected) and compare with expected.safetensors. The oracle as in
make_model_golden.py.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

import torch
import transformers
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM

MODELS = pathlib.Path(__file__).resolve().parent / "models"


def mend_scale(model):
    """See make_model_golden.py."""
    from make_model_golden import mscale_squared as factor
    for module in model.modules():
        if hasattr(module, "scaling") and hasattr(module, "kv_b_proj"):
            module.scaling *= factor(model.config)


def main():
    cli = pathlib.Path(sys.argv[1]).resolve()
    opened = 0
    for golden in sorted(p for p in MODELS.iterdir() if p.is_dir()):
        with tempfile.TemporaryDirectory() as scratch:
            out = pathlib.Path(scratch) / "out"
            said = json.loads(subprocess.run([cli, "convert", golden, "--out", out, "--json"], check=True, capture_output=True).stdout)
            if said["family"] == "latentloom":
                print(f"{golden.name}: our own format")
                continue
            model, info = AutoModelForCausalLM.from_pretrained(out, dtype=torch.float32, output_loading_info=True, attn_implementation="eager")
            problems = {k: v for k, v in info.items() if v}
            if problems:
                sys.exit(f"{golden.name}: {problems}")
            mend_scale(model)
            expected = load_file(golden / "expected.safetensors")
            with torch.no_grad():
                logits = model.eval()(expected["tokens"], use_cache=False).logits
            difference = (logits - expected["logits"]).abs().max().item()
            print(f"{golden.name}: {said['family']}, largest difference {difference:.1e}")
            if difference > 1e-5:
                sys.exit("the logits differ")
            opened += 1
    print(f"{opened} folders open in transformers {transformers.__version__}")


if __name__ == "__main__":
    main()
