#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the seeds in tests/fuzz/corpus: one or more small files for every target, most of which its reader accepts.

Python's standard library is enough. Files whose names begin with "found_" are findings and are left alone."""
import json
import pathlib
import struct

HERE = pathlib.Path(__file__).resolve().parent
CORPUS = HERE / "corpus"
GOLDEN = HERE.parent / "golden"


def write(target, name, content):
    folder = CORPUS / target
    folder.mkdir(parents=True, exist_ok=True)
    if not isinstance(content, (bytes, str)):
        content = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())


def safetensors(tensors, metadata=None):
    header, data = {}, b""
    if metadata:
        header["__metadata__"] = metadata
    for name, dtype, shape, content in tensors:
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + data


LLAMA = {"model_type": "llama", "vocab_size": 258, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4,
         "num_key_value_heads": 2, "intermediate_size": 48, "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "max_position_embeddings": 64,
         "tie_word_embeddings": False, "hidden_act": "silu", "bos_token_id": 1, "eos_token_id": [2, 3]}
DEEPSEEK = {**LLAMA, "model_type": "deepseek_v3", "q_lora_rank": None, "kv_lora_rank": 16, "qk_nope_head_dim": 8, "qk_rope_head_dim": 4,
            "v_head_dim": 6, "first_k_dense_replace": 2, "rope_interleave": True}
TRAINING = {"model": LLAMA, "training": {"context": 64, "batch": 2, "accumulation": 1, "steps": 10, "learning_rate": 1e-3, "warmup": 2,
            "dropout": 0.1, "precision": "bf16", "storage": "f32", "seed": 7, "checkpoint_every": 5}, "name": "Small", "twin": "../other",
            "description": "A test.", "data": {"name": "stories", "licence": "CC0-1.0", "source": "own"}}


def configurations():
    write("config_json", "llama.json", LLAMA)
    write("config_json", "llama_odd.json", {**LLAMA, "head_dim": 8, "attention_bias": True, "rope_scaling": {"rope_type": "default"}})
    write("config_json", "deepseek_v3.json", DEEPSEEK)
    for name in ("llama-gqa-bias-untied", "deepseek-query-rank", "deepseek-null-query-rank"):
        write("config_json", name + ".json", (GOLDEN / "models" / name / "config.json").read_bytes())
    for name in ("demo-mla", "paper-mla-rope-2"):
        write("train_config", name + ".json", (HERE.parent.parent / "models" / "train" / (name + ".json")).read_bytes())
    write("train_config", "all.json", TRAINING)
    write("run_json", "run.json", {"format_version": 1, "config": TRAINING, "data": "stories.txt", "valid": "valid.txt",
                                   "data_hash": "1f2e3d4c5b6a7988", "threads": 2, "device": "cpu"})
    lines = [{"step": step, "loss": 5.0 / step, "learning_rate": 1e-3, "gradient_norm": 1.5, "seconds": 0.1 * step, "tokens": 128 * step}
             for step in range(1, 6)]
    lines[2]["validation_loss"] = 2.5
    text = "".join(json.dumps(line) + "\n" for line in lines)
    write("run_metrics", "five.jsonl", text)
    write("run_metrics", "cut.jsonl", text[:-20])
    write("run_metrics", "odd.jsonl", '{"step":1e300}\n[]\n{"step":-5}\n{"step":"2"}\n\n{"step":2.5,"loss":null}\n')
    write("latentloom_json", "twin.json", {"format_version": 1, "name": "Small", "twin": "../other"})
    write("latentloom_json", "below.json", {"format_version": 1, "name": "Small", "twin": "below/x"})
    card = json.loads((HERE.parent.parent / "models" / "demo-mla" / "training.json").read_text())
    write("model_card", "demo.json", shortened(card))


def shortened(value):
    """The same structure with short lists and texts."""
    if isinstance(value, dict):
        return {key: shortened(item) for key, item in value.items()}
    if isinstance(value, list):
        return [shortened(item) for item in value[:3]]
    return value[:40] if isinstance(value, str) and len(value) > 40 else value


def weights():
    floats = struct.pack("<8f", *range(8))
    write("safetensors", "two.safetensors", safetensors([("a", "F32", [2, 4], floats), ("b", "BF16", [3], b"\0\1\2\3\4\5")], {"format": "pt"}))
    write("safetensors", "scalar.safetensors", safetensors([("a", "F64", [], b"\0" * 8), ("empty", "U8", [0, 3], b"")]))
    write("safetensors", "none.safetensors", safetensors([]))
    write("run_state", "state.safetensors", safetensors([("w", "F32", [8], floats), ("exp_avg.w", "F32", [8], floats)],
                                                        {"step": "12", "seconds": "3.5", "format": "pt"}))
    names = ["model.embed_tokens.weight", "model.norm.weight", "lm_head.weight"]
    parts = ["input_layernorm", "post_attention_layernorm", "self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj",
             "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"]
    names += [f"model.layers.0.{part}.weight" for part in parts]
    for shards in (1, 2):
        files = [f"model-{i + 1:05d}-of-{shards:05d}.safetensors" for i in range(shards)]
        write("shard_index", f"{shards}.json", {"metadata": {"total_size": 1}, "weight_map": {n: files[i % shards] for i, n in enumerate(names)}})
    layers, dim, hidden, heads, vocab, context = 1, 8, 8, 2, 6, 4
    for sign in (1, -1):
        count = vocab * dim * (2 if sign < 0 else 1) + layers * (2 * dim + 4 * dim * dim + 3 * dim * hidden) + dim + context * dim // heads
        header = struct.pack("<7i", dim, hidden, layers, heads, heads, sign * vocab, context)
        write("llama2c_bin", "tied.bin" if sign > 0 else "own_head.bin", header + b"\0\0\x80\x3f" * count)


def tokenizers():
    pieces = [("<unk>", 0.0), ("\n<s>\n", 0.0), ("\n</s>\n", 0.0), ("<0x0A>", 0.0), ("<0xC3>", 0.0), ("<0xA9>", 0.0), (" ", -1.0), ("a", -2.0),
              (" a", -3.0), ("aa", -4.0), ("b", -5.0)]
    content = struct.pack("<i", 8) + b"".join(struct.pack("<fi", score, len(text)) + text.encode() for text, score in pieces)
    write("tokenizer_bin", "all.bin", b"\0" + content)
    write("tokenizer_bin", "counted.bin", bytes([len(pieces)]) + content)
    vocabulary = {"a": 0, "b": 1, "ab": 2, "\u0120": 3, "\u0120a": 4, "<|endoftext|>": 5, "L": 6, "i": 7}
    merges = "#version: 0.2\na b\n\u0120 a\n"
    write("merges_txt", "two", json.dumps(vocabulary).encode() + b"\xff" + merges.encode() + b"\xff")
    write("merges_txt", "three", json.dumps(vocabulary).encode() + b"\xff" + merges.encode() + b"\xff" + b'{"eos_token":"<|endoftext|>"}')

    added = [{"id": 9, "content": "<both>", "single_word": True, "lstrip": True, "rstrip": True, "normalized": True, "special": False},
             {"id": 5, "content": "<|endoftext|>", "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}]
    bytes_model = {"type": "BPE", "unk_token": "a", "fuse_unk": True, "ignore_merges": True, "vocab": vocabulary, "merges": [["a", "b"], "\u0120 a"]}
    template = {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "e", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
                "pair": [], "special_tokens": {"e": {"id": "e", "ids": [5], "tokens": ["<|endoftext|>"]}}}
    level = {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True}
    write("tokenizer_json", "bytes.json", {"version": "1.0", "added_tokens": added, "normalizer": {"type": "NFC"}, "pre_tokenizer": level,
          "post_processor": {"type": "Sequence", "processors": [level, template]}, "decoder": level, "model": bytes_model})
    splits = [{"type": "Split", "pattern": {"Regex": r"\p{N}{1,3}|\s+(?!\S)|[^\r\n\p{L}]?\p{L}+"}, "behavior": b, "invert": False}
              for b in ("Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous")]
    splits += [{"type": "Split", "pattern": {"String": ","}, "behavior": "Isolated", "invert": True}, {"type": "Punctuation", "behavior": "Isolated"},
               {"type": "Digits", "individual_digits": True}, {**level, "use_regex": False}, {"type": "Digits", "individual_digits": False}]
    write("tokenizer_json", "splits.json", {"added_tokens": [], "pre_tokenizer": {"type": "Sequence", "pretokenizers": splits}, "model": bytes_model})
    mark = "\u2581"
    fallback = {"<unk>": 0, "<s>": 1, mark: 2, "a": 3, mark + "a": 4, **{f"<0x{b:02X}>": b + 10 for b in range(256)}}
    model = {"type": "BPE", "unk_token": "<unk>", "fuse_unk": True, "byte_fallback": True, "vocab": fallback, "merges": [[mark, "a"]]}
    decoder = {"type": "Sequence", "decoders": [{"type": "Replace", "pattern": {"String": mark}, "content": " "}, {"type": "ByteFallback"},
               {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}]}
    steps = [{"type": "Prepend", "prepend": mark}, {"type": "Replace", "pattern": {"String": " "}, "content": mark}, {"type": "NFKC"},
             {"type": "Replace", "pattern": {"Regex": "[x-z]+"}, "content": "y"}]
    write("tokenizer_json", "legacy.json", {"added_tokens": [{"id": 1, "content": "<s>", "special": True}],
          "normalizer": {"type": "Sequence", "normalizers": steps}, "decoder": decoder, "model": model})
    space = {"type": "Metaspace", "replacement": mark, "prepend_scheme": "first", "split": True}
    write("tokenizer_json", "metaspace.json", {"added_tokens": [], "pre_tokenizer": space, "decoder": space, "model": model})
    for name in ("sp_bpe.model", "sp_unigram.model"):
        write("sentencepiece_model", name, (GOLDEN / "tokenizer" / name).read_bytes())


if __name__ == "__main__":
    configurations()
    weights()
    tokenizers()
