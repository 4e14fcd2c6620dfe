#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the seeds in tests/fuzz/corpus: one or more small files for every target, most of which its reader accepts.

Python's standard library is enough. Files whose names begin with "found_" are findings and are left alone."""
import json
import pathlib
import struct
import zlib

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
    write("group_json", "pair.json", {"format_version": 1, "twins": ["mha", "mla-deepseek-r64"], "match": "flops"})
    write("story_file", "two_ends.json", {"format_version": 1, "shown": 2, "read_last": [2], "passages": [
        {"goes_on_from": 0, "origin": "person", "model": "m", "text": "Once", "tokens": [
            {"id": 1, "text": "", "origin": "special", "label": "<s>"}, {"id": 7, "text": "Once", "probability": 0.5}]},
        {"goes_on_from": 1, "origin": "model", "seed": "18446744073709551615", "samplers": {"temperature": 0.5, "topK": 3},
         "tokens": [{"id": 8, "text": " upon"}]},
        {"goes_on_from": 1, "origin": "edit", "bookmarked": True, "note": "better", "tokens": [{"id": 9, "text": " there"}]}]})
    write("run_notes", "notes.json", {"format_version": 1, "name": "Small", "notes": "two\nlines"})
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


def gguf_text(text):
    return struct.pack("<Q", len(text.encode())) + text.encode()


def gguf_value(value):
    if isinstance(value, list):
        kind = 8 if isinstance(value[0], str) else 6 if isinstance(value[0], float) else 5
        items = b"".join(gguf_text(v) if kind == 8 else struct.pack("<f" if kind == 6 else "<i", v) for v in value)
        return struct.pack("<IIQ", 9, kind, len(value)) + items
    if isinstance(value, str):
        return struct.pack("<I", 8) + gguf_text(value)
    if isinstance(value, bool):
        return struct.pack("<IB", 7, value)
    return struct.pack("<If", 6, value) if isinstance(value, float) else struct.pack("<II", 4, value)


def gguf(metadata, tensors):
    """tensors: name → (shape outermost first, ggml type)."""
    content = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(metadata))
    content += b"".join(gguf_text(key) + gguf_value(value) for key, value in metadata.items())
    place, data = 0, b""
    for name, (shape, kind) in tensors.items():
        count = 1
        for extent in shape:
            count *= extent
        size = {0: 4 * count, 1: 2 * count, 8: 34 * count // 32, 30: 2 * count}[kind]
        content += gguf_text(name) + struct.pack("<I", len(shape)) + struct.pack(f"<{len(shape)}Q", *reversed(shape)) + struct.pack("<IQ", kind, place)
        data += (bytes(range(1, 60)) * (size // 59 + 1))[:size]
        data += b"\0" * (-len(data) % 32)
        place = len(data)
    return content + b"\0" * (-len(content) % 32) + data


def ggufs():
    sizes = {"context_length": 16, "embedding_length": 8, "block_count": 1, "feed_forward_length": 8, "attention.head_count": 2,
             "attention.layer_norm_rms_epsilon": 1e-5}
    tokens = {"tokenizer.ggml.model": "gpt2", "tokenizer.ggml.pre": "gpt-2", "tokenizer.ggml.tokens": ["a", "b", "ab", "\u0120", "<user>", "<e>"],
              "tokenizer.ggml.token_type": [1, 1, 1, 1, 4, 3], "tokenizer.ggml.merges": ["a b"], "tokenizer.ggml.eos_token_id": 5}
    llama = {"general.architecture": "llama", **{f"llama.{key}": value for key, value in sizes.items()}, "llama.rope.scaling.type": "linear",
             "llama.rope.scaling.factor": 2.0, **tokens}
    ends = {"token_embd.weight": ([6, 8], 0), "output_norm.weight": ([8], 0), "blk.0.attn_norm.weight": ([8], 0), "blk.0.ffn_norm.weight": ([8], 0)}
    square = {f"blk.0.{name}.weight": ([8, 8], 1) for name in ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down")}
    write("gguf", "llama.gguf", gguf(llama, {**ends, **square}))
    pieces = ["<unk>", "<s>", "</s>", *[f"<0x{byte:02X}>" for byte in range(256)], "\u2581", "a", "\u2581a"]
    spm = {"tokenizer.ggml.model": "llama", "tokenizer.ggml.tokens": pieces, "tokenizer.ggml.scores": [-1.0] * 262,
           "tokenizer.ggml.token_type": [2, 3, 3] + [6] * 256 + [1] * 3, "tokenizer.ggml.bos_token_id": 1, "tokenizer.ggml.eos_token_id": 2}
    write("gguf", "pieces.gguf", gguf({"general.architecture": "llama", **spm}, {}))
    deepseek = {"general.architecture": "deepseek2", **{f"deepseek2.{key}": value for key, value in (sizes | {
                    "attention.kv_lora_rank": 32, "attention.key_length_mla": 34, "attention.value_length_mla": 2, "rope.dimension_count": 2,
                    "expert_count": 2, "expert_used_count": 1, "expert_feed_forward_length": 4, "expert_shared_count": 1,
                    "expert_weights_scale": 2.0, "expert_weights_norm": True, "expert_gating_func": 2, "rope.scaling.type": "yarn",
                    "rope.scaling.factor": 4.0, "rope.scaling.original_context_length": 4, "rope.scaling.yarn_log_multiplier": 0.1}).items()}}
    latent = {"attn_q": ([68, 8], 1), "attn_kv_a_mqa": ([34, 8], 1), "attn_kv_a_norm": ([32], 0), "attn_k_b": ([2, 32, 32], 8),
              "attn_v_b": ([2, 2, 32], 8), "attn_output": ([8, 4], 30), "ffn_gate_inp": ([2, 8], 0), "ffn_gate_exps": ([2, 4, 8], 1),
              "ffn_up_exps": ([2, 4, 8], 1), "ffn_down_exps": ([2, 8, 4], 1), "ffn_gate_shexp": ([4, 8], 1), "ffn_up_shexp": ([4, 8], 1),
              "ffn_down_shexp": ([8, 4], 1)}
    tensors = {**ends, "output.weight": ([6, 8], 30), "blk.0.exp_probs_b.bias": ([2], 0)}
    write("gguf", "deepseek2.gguf", gguf(deepseek, {**tensors, **{f"blk.0.{name}.weight": value for name, value in latent.items()}}))


def pickled():
    """What torch.save would write for nanoGPT's smallest network: {"model": {…}, "model_args": {…}}."""
    def text(value):
        return b"X" + struct.pack("<I", len(value)) + value.encode()

    def number(value):
        return b"K" + bytes([value]) if isinstance(value, int) and not isinstance(value, bool) else (b"\x88" if value else b"\x89")

    def tensor(key, shape):
        count, strides = 1, []
        for extent in reversed(shape):
            strides.insert(0, count)
            count *= extent
        sizes = b"".join(b"K" + bytes([extent]) for extent in shape)
        steps = b"".join(b"K" + bytes([step]) for step in strides)
        storage = b"(" + text("storage") + b"ctorch\nFloatStorage\n" + text(key) + text("cpu") + b"K" + bytes([count]) + b"tQ"
        return (b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + b"K\0(" + sizes + b"t(" + steps + b"t\x89ccollections\nOrderedDict\n)RtR",
                struct.pack("<f", 0.5) * count)

    D, V, T = 4, 6, 4
    shapes = {"transformer.wte.weight": [V, D], "transformer.wpe.weight": [T, D], "transformer.ln_f.weight": [D]}
    shapes |= {f"transformer.h.0.{name}.weight": shape for name, shape in (
        ("ln_1", [D]), ("ln_2", [D]), ("attn.c_attn", [3 * D, D]), ("attn.c_proj", [D, D]), ("mlp.c_fc", [4 * D, D]), ("mlp.c_proj", [D, 4 * D]))}
    model, files = b"", {}
    for place, (name, shape) in enumerate(shapes.items()):
        built, files[f"ckpt/data/{place}"] = tensor(str(place), shape)
        model += text(name) + built
    arguments = b"".join(text(key) + number(value) for key, value in (
        ("n_layer", 1), ("n_head", 1), ("n_embd", D), ("block_size", T), ("vocab_size", V), ("bias", False)))
    content = b"\x80\x02}(" + text("model") + b"}(" + model + b"u" + text("model_args") + b"}(" + arguments + b"uu."
    write("pickle", "nanogpt.pkl", content + b"\0" * 64)
    write("pickle", "values.pkl", b"\x80\x02}q\0(X\1\0\0\0aK\1X\1\0\0\0bG?\xf0\0\0\0\0\0\0X\1\0\0\0c](K\2M\3\4J\5\0\0\0e\x88Nu." + b"\0" * 64)
    out, directory = b"", b""
    for name, data in {"ckpt/data.pkl": content, "ckpt/byteorder": b"little", "ckpt/version": b"3\n", **files}.items():
        head = struct.pack("<HHHHHIIIHH", 0, 0, 0, 0, 0, zlib.crc32(data), len(data), len(data), len(name), 0)
        directory += b"PK\x01\x02\0\0" + head + struct.pack("<HHHII", 0, 0, 0, 0, len(out)) + name.encode()
        out += b"PK\x03\x04" + head + name.encode() + data
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, len(files) + 3, len(files) + 3, len(directory), len(out), 0)
    write("torch_pt", "nanogpt.pt", out + directory + end)


def fnv1a(ids):
    value = 0xCBF29CE484222325
    for number in ids:
        value = (value ^ number) * 0x100000001B3 % 2**64
    return value


def stories():
    two = ["Lily slept.\nShe dreamt.", "Tom caf\u00e9 \U0001F600."]
    write("story_json_lines", "text.jsonl", "".join(json.dumps({"text": story, "n": 1}) + "\n" for story in two) + "\n[]\n{\"text\":3}\n")
    write("story_json_lines", "other.jsonl", "".join(json.dumps({"body": story}, ensure_ascii=False) + "\r\n" for story in two))
    write("story_text", "ends.txt", "<|endoftext|>\n".join(two) + "<|endoftext|>")
    write("story_text", "blank.txt", "\r\n\r\n".join(two) + "\n\n\n\nLast\0one")
    write("story_text", "lines.txt", "\n".join(("Once upon a time. " * 14)[:250] for _ in range(3)).encode() + b"\n\xff\xfe")
    for name, width, ids in (("narrow", 2, [5, 7, 8, 5, 9, 5]), ("wide", 4, [5, 70000, 8, 5])):
        body = b"".join(struct.pack("<H" if width == 2 else "<I", number) for number in ids)
        write("token_file", name + ".tokens", body + b"LOOMTOK1" + struct.pack("<qqqqQ", width, len(ids), ids.count(5) - 1, 20, fnv1a(ids)))


if __name__ == "__main__":
    configurations()
    weights()
    tokenizers()
    ggufs()
    pickled()
    stories()
