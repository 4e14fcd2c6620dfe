# SPDX-License-Identifier: GPL-3.0-or-later
"""Opens model folders with transformers and with this program, and fails where they disagree.

For each folder: transformers loads every tensor and warns of nothing; both compute the same logits for a story, in f32, within
2e-4 · max(1, standard deviation of the logits), a joint latent on both of its paths; both tokenizers give the same ids; generate() runs.

    python3 -m venv check
    check/bin/pip install torch==2.13.0 transformers==4.57.6 tokenizers==0.22.2 safetensors numpy
    check/bin/python models/check_pair.py --program build/release/bin/latentloom-cli FOLDER [FOLDER …]
"""
import argparse
import contextlib
import json
import logging
import os
import pathlib
import subprocess
import sys
import tempfile
import warnings

os.environ["HF_HUB_OFFLINE"] = "1"  # folders only, nothing is fetched

import torch
import transformers
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer

TOKENS = 200  # compared, fewer where the model's context ends before

STORY = """Once upon a time, in a small house near the woods, there lived a girl named Lily. Lily had a little red boat that she loved very \
much. Every day she took the boat to the pond and let it float on the water. One day, the wind was strong. It blew the boat far away, and \
Lily could not reach it. "Oh no!" she cried. "My boat is gone!"

A big brown dog heard her. His name was Max. "Don't be sad," said Max. "I can swim. I will get your boat." Max jumped into the cold water \
with a splash. He swam and swam until he found the boat under a green tree. He took it in his mouth and brought it back to Lily.

Lily was so happy that she gave Max a hug. "Thank you, Max! You are very kind," she said. Then she shared her bread with him, and they sat \
in the sun together. From that day on, Lily and Max were best friends, and they played at the pond every day. They learned that it is good \
to help each other when something goes wrong."""

# Where byte-level tokenizers go wrong: spaces, line ends, digits, other scripts, a special token in the text.
TEXTS = [STORY, "", " ", "  two  spaces ", "\n\n\tlines\r\n ", "It's 12,345.67 o'clock; we'LL see!", "Café – naïve “quotes” … 東京 🙂👩‍👩‍👧", "one<|endoftext|>two"]


class Disagreement(Exception):
    """What a folder fails for."""


def require(condition, sentence):
    if not condition:
        raise Disagreement(sentence)


class Collected(logging.Handler):
    def __init__(self):
        super().__init__(logging.WARNING)
        self.messages = []

    def emit(self, record):
        self.messages.append(record.getMessage())


@contextlib.contextmanager
def no_warnings(what):
    """Fails if transformers logs, or Python raises, a warning inside."""
    collected = Collected()
    logger = logging.getLogger("transformers")
    transformers.logging.set_verbosity_warning()
    transformers.logging.disable_default_handler()
    logger.addHandler(collected)
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            yield
    finally:
        logger.removeHandler(collected)
        transformers.logging.enable_default_handler()
    messages = collected.messages + [str(w.message) for w in caught]
    require(not messages, f"{what} warns: " + " | ".join(messages))


def run(program, *arguments):
    done = subprocess.run([program, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    require(done.returncode == 0, f"{arguments[0]} failed: {done.stderr.strip()}")
    return done.stdout


def check_tokenizer(program, folder):
    with no_warnings("opening the tokenizer"):
        tokenizer = AutoTokenizer.from_pretrained(folder)
    for text in TEXTS:
        for special in (False, True):
            theirs = tokenizer(text, add_special_tokens=special)["input_ids"]
            ours = json.loads(run(program, "tokenize", str(folder), "--text", text, "--json", *(["--special"] if special else [])))["ids"]
            require(ours == theirs, f"{text!r}: other ids: {ours} here, {theirs} in transformers")
        if tokenizer.clean_up_tokenization_spaces is False:
            require(tokenizer.decode(tokenizer(text, add_special_tokens=False)["input_ids"]) == text, f"{text!r} does not come back")
    return tokenizer


def check_logits(program, folder, model, ids):
    with torch.no_grad():
        theirs = model(torch.tensor([ids]), use_cache=False).logits
    allowed = 2e-4 * max(1.0, theirs.std().item())
    differences = {}
    for path in ("absorbed", "naive") if getattr(model.config, "kv_lora_rank", None) else ("naive",):
        with tempfile.TemporaryDirectory() as place:
            out = pathlib.Path(place) / "logits.safetensors"
            run(program, "logits", str(folder), "--tokens", ",".join(map(str, ids)), "--mla", path, "--out", str(out))
            ours = load_file(out)["logits"]
        require(ours.shape == theirs.shape, f"the logits' shape is {list(ours.shape)}, not {list(theirs.shape)}")
        differences[path] = (ours - theirs).abs().max().item()
        require(differences[path] <= allowed, f"logits ({path}) differ by {differences[path]:.2e}, allowed {allowed:.2e}")
    return differences, allowed


def check(program, folder):
    require((folder / "config.json").is_file(), "there is no config.json")
    with no_warnings("opening the model"):
        model, info = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, output_loading_info=True)
    wrong = {key: value for key, value in info.items() if value}
    require(not wrong, f"transformers does not load it cleanly: {wrong}")
    model.eval()
    tokenizer = check_tokenizer(program, folder)
    ids = tokenizer(STORY)["input_ids"][: min(TOKENS, model.config.max_position_embeddings)]
    differences, allowed = check_logits(program, folder, model, ids)
    with no_warnings("generate()"):
        prompt = tokenizer("Once upon a time", return_tensors="pt")
        written = model.generate(**prompt, max_new_tokens=12, do_sample=False)
    require(written.shape[1] > prompt["input_ids"].shape[1], "generate() wrote nothing")
    found = ", ".join(f"{path} {value:.1e}" for path, value in differences.items())
    print(f"{folder}: {model.config.model_type}, {model.num_parameters()} parameters, {len(ids)} tokens; "
          f"largest difference of logits: {found} (allowed {allowed:.1e})")


def main():
    parser = argparse.ArgumentParser(description="Compare model folders between this program and transformers.")
    parser.add_argument("folders", nargs="+", type=pathlib.Path, metavar="FOLDER")
    parser.add_argument("--program", required=True, help="the built latentloom-cli")
    options = parser.parse_args()
    if transformers.__version__ != "4.57.6":
        print(f"note: checked against transformers 4.57.6, this is {transformers.__version__}", file=sys.stderr)
    failed = False
    for folder in options.folders:
        try:
            check(options.program, folder)
        except (Disagreement, OSError, ValueError) as problem:
            print(f"{folder}: {problem}", file=sys.stderr)
            failed = True
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
