#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Encodes the same records with bench_tokenizer and with the `tokenizers` package in turn, one thread each; compares ids and speed.

Needs tokenizers==0.22.2. Usage:
tokenizer_peer.py --program build/release/bin/bench_tokenizer --data stories.txt [--styles FOLDER] [--rounds 5] [TOKENIZER.json …]
--styles trains a tokenizer of each style on the data, into a folder, and measures those too. Exits with 1 if any ids differ.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import time

os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["RAYON_NUM_THREADS"] = "1"
import tokenizers  # noqa: E402  (the environment is read when it is loaded)

PINNED = "0.22.2"


def hashed(lists):
    value = 0xCBF29CE484222325
    for ids in lists:
        for i in ids:
            value = ((value ^ i) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return str(value)


def peer(path, records, repeats):
    tokenizer = tokenizers.Tokenizer.from_file(path)
    encoding = decoding = 1e30
    for _ in range(repeats):
        start = time.perf_counter()
        lists = [tokenizer.encode(record, add_special_tokens=False).ids for record in records]
        encoding = min(encoding, time.perf_counter() - start)
        start = time.perf_counter()
        for ids in lists:
            tokenizer.decode(ids)
        decoding = min(decoding, time.perf_counter() - start)
    size = sum(len(record.encode()) for record in records) / 1e6
    return {"encode": size / encoding, "decode": size / decoding, "hash": hashed(lists)}


def ours(options, path):
    answer = json.loads(subprocess.run([options.program, "--tokenizer", path, "--data", options.data, "--bytes", str(options.bytes), "--rounds",
                                        str(options.repeats), "--separator", options.separator], check=True, capture_output=True).stdout)
    return {"encode": answer["encode_mb_per_second"], "decode": answer["decode_mb_per_second"], "hash": answer["ids_hash"]}


MARK = "\u2581"
LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")


def styles(folder, records):
    """Byte-level as GPT-2 and Llama 3 have it, characters with bytes to fall back to in Llama 2's two spellings."""
    from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
    os.makedirs(folder, exist_ok=True)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    splits = {"gpt2": pre_tokenizers.ByteLevel(add_prefix_space=False),
              "llama3": pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(LLAMA3), "isolated"),
                                                 pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])}
    for name, split in splits.items():
        tokenizer = Tokenizer(models.BPE(ignore_merges=name == "llama3"))
        tokenizer.pre_tokenizer = split
        tokenizer.decoder = decoders.ByteLevel()
        tokenizer.train_from_iterator(records, trainers.BpeTrainer(vocab_size=8192, initial_alphabet=alphabet, show_progress=False,
                                                                   special_tokens=["<|endoftext|>"]))
        tokenizer.save(os.path.join(folder, name + ".json"))
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.train_from_iterator(records, trainers.BpeTrainer(vocab_size=8192, show_progress=False))
    model = json.loads(tokenizer.to_str())["model"]
    tokens = ["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)] + sorted(model["vocab"], key=model["vocab"].get)
    for name in ("llama2_legacy", "llama2_metaspace"):
        tokenizer = Tokenizer(models.BPE(vocab={token: i for i, token in enumerate(tokens)}, merges=[tuple(m) for m in model["merges"]],
                                         unk_token="<unk>", byte_fallback=True, fuse_unk=True))
        if name == "llama2_legacy":
            tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend(MARK), normalizers.Replace(" ", MARK)])
        else:
            tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=True)
        tokenizer.decoder = decoders.Sequence([decoders.Replace(MARK, " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
        tokenizer.save(os.path.join(folder, name + ".json"))
    return [os.path.join(folder, name + ".json") for name in ("gpt2", "llama3", "llama2_legacy", "llama2_metaspace")]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--bytes", type=int, default=1 << 20)
    parser.add_argument("--separator", default="<|endoftext|>")
    parser.add_argument("--rounds", type=int, default=5, help="turns; the median of their ratios counts")
    parser.add_argument("--repeats", type=int, default=3, help="runs within a turn; the fastest counts")
    parser.add_argument("--styles", help="a folder for tokenizers that are trained first")
    parser.add_argument("tokenizers", nargs="*")
    options = parser.parse_args()
    if tokenizers.__version__ != PINNED:
        raise SystemExit(f"tokenizers {tokenizers.__version__} found, {PINNED} needed")
    with open(options.data, "rb") as file:
        text = file.read(options.bytes).decode("utf-8", errors="ignore")
    records = [record for record in text.split(options.separator) if record] if options.separator else [text]
    differs = False
    for path in options.tokenizers + (styles(options.styles, records) if options.styles else []):
        turns = []
        for turn in range(options.rounds):
            order = [lambda: ours(options, path), lambda: peer(path, records, options.repeats)]
            first = turn % 2
            results = {first: order[first](), 1 - first: order[1 - first]()}
            turns.append((results[0], results[1]))
        same = all(mine["hash"] == other["hash"] for mine, other in turns)
        differs |= not same
        line = {"tokenizer": path, "same_ids": same}
        for work in ("encode", "decode"):
            line[work] = {"ours_mb_s": round(statistics.median(mine[work] for mine, _ in turns), 2),
                          "tokenizers_mb_s": round(statistics.median(other[work] for _, other in turns), 2),
                          "ratio": round(statistics.median(mine[work] / other[work] for mine, other in turns), 2)}
        print(json.dumps(line), flush=True)
    sys.exit(1 if differs else 0)


if __name__ == "__main__":
    main()
