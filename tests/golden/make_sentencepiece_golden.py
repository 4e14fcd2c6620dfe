#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes tests/golden/tokenizer/sp_*.model: two small SentencePiece models, and what the `sentencepiece` package makes of many texts.

Needs sentencepiece==0.2.3 and tokenizers==0.22.2 (the texts come from make_tokenizer_golden.py).
sp_NAME.cases.json holds {bos, eos, cases: [{text, ids, text_again}], decoding: [{ids, text}]}.
"""
import io
import os
import pathlib
import random
import tempfile

import sentencepiece

from make_tokenizer_golden import OUT, SPECIAL_TEXTS, TEXTS, sentences, write

PINNED = "0.2.3"
RULES = [("\u201c", '"'), ("\u201d", '"'), ("\t", " "), ("\u3000", " "), ("\u00a0", " "), ("\u200b", ""), ("\ufeff", ""), ("e\u0301", "\u00e9"),
         ("\u2026", "..."), ("\ufb03", "ffi")]


def train(name, **options):
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter(sentences()), model_writer=model, minloglevel=2, num_threads=1, **options)
    (OUT / f"sp_{name}.model").write_bytes(model.getvalue())
    return sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())


def store(name, processor):
    draw = random.Random(7)
    cases = []
    for text in TEXTS + SPECIAL_TEXTS + ["a<sep>b", "<sep>", "x <sep> y", "\u201chello\u201d\u2026 e\u0301\ufb03x"]:
        ids = processor.encode(text)
        cases.append({"text": text, "ids": ids, "text_again": processor.decode(ids)})
    decoding = []
    for length in [1, 1, 2, 3] + [8] * 30:
        ids = [draw.randrange(processor.get_piece_size()) for _ in range(length)]
        decoding.append({"ids": ids, "text": processor.decode(ids)})
    write(f"sp_{name}.cases.json", {"bos": processor.bos_id(), "eos": processor.eos_id(), "cases": cases, "decoding": decoding})


def main():
    if sentencepiece.__version__ != PINNED:
        raise SystemExit(f"sentencepiece {sentencepiece.__version__} found, {PINNED} needed")
    store("bpe", train("bpe", model_type="bpe", vocab_size=420, byte_fallback=True, normalization_rule_name="identity",
                       remove_extra_whitespaces=False, user_defined_symbols=["<sep>"], split_digits=True))
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)  # the model keeps the name of the file of rules
        lines = ["\t".join(" ".join(f"{ord(c):X}" for c in side) for side in rule) for rule in RULES]
        pathlib.Path("rules.tsv").write_text("\n".join(lines) + "\n")
        store("unigram", train("unigram", model_type="unigram", vocab_size=115, normalization_rule_tsv="rules.tsv",
                               user_defined_symbols=["<sep>"]))


if __name__ == "__main__":
    main()
