#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes tests/golden/tokenizer/*.json: small BPE tokenizers of every style and what the `tokenizers` package makes of many texts.

Needs tokenizers==0.22.2 (pip install tokenizers==0.22.2). Usage: make_tokenizer_golden.py [--gpt2 FOLDER]
--gpt2 names a folder with GPT-2's vocab.json and merges.txt; without it gpt2.cases.json is left as it is.
NAME.tokenizer.json is the tokenizer, NAME.cases.json holds {with_specials, cases: [{text, ids, text_again}], decoding: [{ids, text}]};
the ids to decode are drawn at random, so that their bytes are often no text.
"""
import argparse
import json
import pathlib
import random

import tokenizers
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

PINNED = "0.22.2"
OUT = pathlib.Path(__file__).resolve().parent / "tokenizer"

# The training text: sentences built from word lists, so that merges of several lengths come out.
NAMES = ["Lily", "Tom", "Anna", "Ben", "the old cat", "a little robot", "Grandma", "the baker's dog"]
ACTS = ["walked to the river", "found a shiny stone", "baked 12 cakes", "couldn't sleep", "sang a song about 1999 stars",
        "said, \"I'll help you!\"", "waited... and waited", "wasn't afraid anymore", "counted 3,141 leaves", "asked: \"Where's my hat?\""]
ENDS = ["in the park.", "before the sun went down.", "because it was raining.", "and they were happy.", "with her best friend.",
        "for the very first time.", "über den Fluß.", "près de la forêt.", "在森林里。", "\n\nThe next day"]
QWEN_PATTERN = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
                r"|\s*[\r\n]+|\s+(?!\S)|\s+")
LLAMA3_PATTERN = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
                  r"|\s*[\r\n]+|\s+(?!\S)|\s+")

TEXTS = [
    "", " ", "  ", "a", "\n", "\t", "Once upon a time", "Hello, world!", " leading space", "trailing space ", "two  spaces",
    "many     spaces here",
    "I'm sure you're right, they've said she'll come and he'd stay; it's Tom's. DON'T! WE'LL SEE, I'M'S", "''s ' s 't", "don\u2019t",
    "1 22 333 4444 55555 1234567890", "3.14159, 1,000,000 and 2\u00b2 \u00bd \u2167 \u0663\u0664", "x=1;y+=2*(z-3)/4 // ok?",
    "!!! ??? ... --- \"\"\"",
    "line one\nline two\r\nline three\n\n\nline four", "tab\tseparated\t\tvalues", "  \n  \n  x", "a \n b", "end with newlines\n\n",
    "   \t \n ",
    "\u00a0no\u00a0break\u2003em\u3000wide\u200bzero\u180emongolian\u0085next\u2028line\ufeffbom",
    "caf\u00e9 na\u00efve \u00fcber Stra\u00dfe \u00c5ngstr\u00f6m", "cafe\u0301 e\u0302\u0323 a\u0308\u0328",
    "\u0928\u092e\u0938\u094d\u0924\u0947 \u0926\u0941\u0928\u093f\u092f\u093e",
    "\u4f60\u597d\uff0c\u4e16\u754c\uff01\u5728\u68ee\u6797\u91cc\u3002",
    "\u3053\u3093\u306b\u3061\u306f \u30c6\u30b9\u30c8 \ud55c\uad6d\uc5b4",
    "\u041f\u0440\u0438\u0432\u0435\u0442, \u043c\u0438\u0440! \u0393\u03b5\u03b9\u03ac",
    "\u0645\u0631\u062d\u0628\u0627 \u05e9\u05dc\u05d5\u05dd",
    "\U0001f600 \U0001f469\u200d\U0001f469\u200d\U0001f467 \U0001f1e9\U0001f1ea \u2764\ufe0f\U0001f44d\U0001f3fd",
    "\U00010348\U0001d54f\U0002000b",
    "\u0000\u0001\u001f\u007f", "\ufffd\uffff", "\u017f's \u212a \u01c5",
    "Lily couldn't sleep in the park. She said, \"I'll help you!\"", "a" * 300, "ab" * 200, "walked" * 40, " " * 100, "\n" * 50,
    "Lily" * 30 + " " + "=" * 90, "the old cat walked to the river before the sun went down.",
]
# Texts in which added tokens are spelled out.
SPECIAL_TEXTS = [
    "<|endoftext|>", "a<|endoftext|>b", "Once <|endoftext|> upon", "<|endoftext|><|endoftext|>", "x <|endoftext|>\n\n y",
    "<|endoftext|", "<|endoftext|>>",
    "<<|endoftext|>", "say <left> now", "say   <left>   now", "say <right>   now", "say<right>now \n z",
    "<left><right>  <left> <right>", "  <both>\t\n x", "x\u00a0\u3000<both>\u2003y",
    "<word> is alone", "a<word>", "<word>b", "(<word>)", "\u00e9<word>", "<word>\u0301", "_<word>_", "5<word>", "\u200d<word>",
    "\u24b6<word>", "<word><word>", "<word> <word>", "plain word", "words", "<plain>", "x<plain>y <plain> z",
    "<longer", "<longer>", "<longer> token>", "<longer> toke", "<left> <plain>", "<plain> <left>", "   <left>", "<right>   ",
    "caf\u00e9<plain>\U0001f600", "new line<nl>\nnext", "<both> <both>", "<right> <left>",
]


def sentences():
    for i, name in enumerate(NAMES):
        for j, act in enumerate(ACTS):
            yield f"{name} {act} {ENDS[(3 * i + j) % len(ENDS)]} "


def train(vocab_size, pre):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(vocab_size=vocab_size, special_tokens=["<|endoftext|>"], initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator(list(sentences()), trainer)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def cases(tokenizer, texts):
    out = []
    for text in texts:
        ids = tokenizer.encode(text, add_special_tokens=False).ids
        out.append({"text": text, "ids": ids, "text_again": tokenizer.decode(ids, skip_special_tokens=True)})
    return out


def decoding(tokenizer, allowed):
    """Random ids, and what they decode to."""
    draw = random.Random(20)
    out = []
    for length in [1, 1, 1, 2, 2, 3] + [8] * 24:
        ids = [draw.choice(allowed) for _ in range(length)]
        out.append({"ids": ids, "text": tokenizer.decode(ids, skip_special_tokens=True)})
    return out


def write(name, document, compact=False):
    text = json.dumps(document, ensure_ascii=True, separators=(",", ":")) if compact else json.dumps(document, ensure_ascii=True,
    indent=0)
    (OUT / name).write_text(text + "\n", encoding="utf-8")


def store(name, tokenizer, change=None):
    document = json.loads(tokenizer.to_str())
    if change:
        change(document)
    tokenizer = Tokenizer.from_str(json.dumps(document))
    write(name + ".tokenizer.json", document, compact=True)
    with_specials = tokenizer.encode("Once", add_special_tokens=True).ids
    vocabulary = sorted(tokenizer.get_vocab(with_added_tokens=True).values())
    few = [i for i in vocabulary if len(tokenizer.id_to_token(i)) < 3] + [i for i in vocabulary if tokenizer.id_to_token(i).startswith("<0x")]
    write(name + ".cases.json", {"with_specials": with_specials, "cases": cases(tokenizer, TEXTS + SPECIAL_TEXTS),
                                 "decoding": decoding(tokenizer, vocabulary) + decoding(tokenizer, few)})


def add_odd_tokens(tokenizer):
    tokenizer.add_special_tokens([AddedToken("<left>", lstrip=True), AddedToken("<right>", rstrip=True),
                                  AddedToken("<both>", lstrip=True, rstrip=True)])
    tokenizer.add_special_tokens([AddedToken("<word>", single_word=True, normalized=True), AddedToken("<nl>", rstrip=True)])
    tokenizer.add_tokens([AddedToken("<plain>", normalized=True), AddedToken("<longer>", normalized=False),
                         AddedToken("<longer> token>", normalized=False)])


# Texts to train on: sentences, pairs that are equally frequent, words that overlap, runs of one letter.
TRAINING = [
    ("sentences", 400, 0, None),
    ("ties", 300, 0, ["ab cd ef ab cd ef", "gh gh hg hg", "ba dc", "zyx zyx xyz"]),
    ("overlaps", 300, 0, ["abc " * 3 + "bc " * 9 + "abd " * 20 + "xabc xab ab ab yabcd abcabc ababc", "bcd bcbc abcd " * 4]),
    ("runs", 290, 0, ["aaaaaaa aaaa aaa aaaaa",
                      "aaabaaab baaa abab", "\n\n\n\n  \n    x   ======= ====", "\u00e9\u00e9\u00e9 \u4f60\u4f60\u4f60"]),
    ("rare", 400, 3, ["one two three one two three one two", "four five five six <|end six <|end six"]),
]


def store_training():
    """Writes what BpeTrainer learns: [{name, vocab, min_frequency, records, tokens, merges, cases}]."""
    out = []
    for name, vocab, frequency, records in TRAINING:
        records = records or list(sentences())
        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
        tokenizer.decoder = decoders.ByteLevel()
        tokenizer.train_from_iterator(records, trainers.BpeTrainer(
            vocab_size=vocab, min_frequency=frequency, special_tokens=["<|endoftext|>", "<|pad|>"],
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
        model = json.loads(tokenizer.to_str())["model"]
        texts = ["Lily couldn't sleep in the park.<|endoftext|>\n\n x", "caf\u00e9 \U0001f600 12 cakes", "<|pad|>"]
        out.append({"name": name, "vocab": vocab, "min_frequency": frequency, "records": records,
                    "tokens": sorted(model["vocab"], key=model["vocab"].get), "merges": [" ".join(pair) for pair in model["merges"]],
                    "cases": [{"text": text, "ids": tokenizer.encode(text).ids} for text in texts]})
    write("bpe_training.json", out, compact=True)


MARK = "\u2581"  # how SentencePiece spells a space


def train_characters(vocab_size, fallback, unknown="<unk>"):
    """A vocabulary of characters as SentencePiece lays it out: unknown, begin, end, 256 bytes if asked for, then pieces."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.train_from_iterator(list(sentences()), trainers.BpeTrainer(vocab_size=vocab_size, show_progress=False))
    model = json.loads(tokenizer.to_str())["model"]
    tokens = ["<unk>", "<s>", "</s>"] + ([f"<0x{byte:02X}>" for byte in range(256)] if fallback else [])
    tokens += sorted(model["vocab"], key=model["vocab"].get)
    tokenizer = Tokenizer(models.BPE(vocab={token: i for i, token in enumerate(tokens)}, merges=[tuple(m) for m in model["merges"]],
                                     unk_token=unknown, byte_fallback=fallback, fuse_unk=fallback))
    tokenizer.add_special_tokens(["<unk>", "<s>", "</s>"])
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", pair=None, special_tokens=[("<s>", 1)])
    return tokenizer


def store_characters():
    """Llama 2's two spellings, Gemma's, and Metaspace without bytes to fall back to."""
    spaces = [decoders.Replace(MARK, " "), decoders.ByteFallback(), decoders.Fuse()]
    legacy = train_characters(420, True)
    legacy.normalizer = normalizers.Sequence([normalizers.Prepend(MARK), normalizers.Replace(" ", MARK)])
    legacy.decoder = decoders.Sequence(spaces + [decoders.Strip(" ", 1, 0)])
    add_odd_tokens(legacy)
    store("llama2_legacy", legacy)

    newer = train_characters(420, True)
    newer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
    newer.decoder = decoders.Sequence(spaces + [decoders.Strip(" ", 1, 0)])
    add_odd_tokens(newer)
    store("llama2_metaspace", newer)

    gemma = train_characters(420, True)
    gemma.normalizer = normalizers.Replace(" ", MARK)
    gemma.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    gemma.decoder = decoders.Sequence(spaces)
    store("gemma_style", gemma, lambda document: document["model"].update(ignore_merges=True))

    marked = train_characters(300, False)
    marked.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always", split=True)
    marked.decoder = decoders.Metaspace(prepend_scheme="always", split=True)
    marked.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace(Regex("[\u201c\u201d]"), '"')])
    add_odd_tokens(marked)
    store("metaspace_unknown", marked)


def store_more_byte_level():
    """Qwen's, GPT-NeoX's and Falcon's ways."""
    qwen = train(500, pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(QWEN_PATTERN), "isolated"),
                                               pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]))
    qwen.normalizer = normalizers.NFC()
    store("qwen_style", qwen)

    neox = train(500, pre_tokenizers.ByteLevel(add_prefix_space=False))
    neox.normalizer = normalizers.Sequence([normalizers.NFD()])
    neox.add_tokens([AddedToken(" " * count, normalized=True) for count in range(2, 12)] + [AddedToken("\u1ec7", normalized=True)])
    store("neox_style", neox)

    falcon = train(450, pre_tokenizers.Sequence([
        pre_tokenizers.Punctuation("contiguous"), pre_tokenizers.ByteLevel(add_prefix_space=False),
        pre_tokenizers.Digits(individual_digits=False), pre_tokenizers.Split(Regex("[0-9][0-9][0-9]"), "isolated")]))
    store("falcon_style", falcon)


def words_as_text(document):
    """The older way to write merges."""
    document["model"]["merges"] = [" ".join(merge) for merge in document["model"]["merges"]]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gpt2", type=pathlib.Path)
    options = parser.parse_args()
    if tokenizers.__version__ != PINNED:
        raise SystemExit(f"tokenizers {tokenizers.__version__} found, {PINNED} needed")
    OUT.mkdir(exist_ok=True)

    store("gpt2_style", train(600, pre_tokenizers.ByteLevel(add_prefix_space=False)), words_as_text)

    prefix = train(500, pre_tokenizers.ByteLevel(add_prefix_space=True))
    add_odd_tokens(prefix)
    store("prefix_space", prefix)

    split = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(LLAMA3_PATTERN), "isolated"),
                                     pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    llama = train(600, split)
    llama.add_special_tokens([AddedToken("<|begin_of_text|>"), AddedToken("<|eot_id|>")])
    add_odd_tokens(llama)
    begin = llama.token_to_id("<|begin_of_text|>")
    llama.post_processor = processors.Sequence([
        processors.ByteLevel(trim_offsets=True),
        processors.TemplateProcessing(single="<|begin_of_text|> $A", pair=None, special_tokens=[("<|begin_of_text|>", begin)])])
    store("llama3_style", llama, lambda document: document["model"].update(ignore_merges=True))

    # The other split behaviours, one after the other.
    several = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(r"\p{N}{1,3}"), "isolated"), pre_tokenizers.Digits(individual_digits=False),
        pre_tokenizers.Split(Regex("[\u4e00-\u9fa5\u3040-\u309f]+"), "contiguous"), pre_tokenizers.Split(",", "merged_with_previous"),
        pre_tokenizers.Split(Regex(r"[(\"]"), "merged_with_next"), pre_tokenizers.Split("=", "removed"),
        pre_tokenizers.Split(Regex(r"\w+|\W+"), "removed", invert=True), pre_tokenizers.ByteLevel(add_prefix_space=False,
        use_regex=True)])
    splits = train(450, several)
    splits.post_processor = processors.TemplateProcessing(single="$A <|endoftext|>", pair=None, special_tokens=[("<|endoftext|>", 0)])
    store("many_splits", splits)

    store_characters()
    store_more_byte_level()
    store_training()

    if options.gpt2:
        gpt2 = Tokenizer(models.BPE.from_file(str(options.gpt2 / "vocab.json"), str(options.gpt2 / "merges.txt")))
        gpt2.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        gpt2.decoder = decoders.ByteLevel()
        gpt2.add_special_tokens(["<|endoftext|>"])
        write("gpt2.cases.json", {"with_specials": gpt2.encode("Once").ids, "cases": cases(gpt2, TEXTS + SPECIAL_TEXTS)})


if __name__ == "__main__":
    main()
