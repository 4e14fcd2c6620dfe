# SPDX-License-Identifier: GPL-3.0-or-later
"""Small random networks as GGUF files, and the logits that transformers computes for them: part of the oracle of tst_transformers_golden.

Writes models/gguf-<case>/{model.gguf, expected.safetensors} beside this file. Names, keys and orders are those of llama.cpp's converter:
Llama's query and key rows reordered for rotation in pairs, experts stacked, kv_b_proj taken apart. The logits are of the weights as the file
holds them, quantised ones included.

    oracle/bin/pip install gguf==0.19.0        # beside what make_model_golden.py needs
    oracle/bin/python tests/golden/make_gguf_golden.py [CASE…]
    oracle/bin/python tests/golden/make_gguf_golden.py --convert FOLDER FILE.gguf [F32|F16|BF16|Q8_0]   # any Llama or DeepSeek folder
"""
import json
import pathlib
import shutil
import sys

import gguf
import numpy
import torch
from gguf import GGMLQuantizationType as Q
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM

from make_model_golden import BATCH, EXPERTS, F32, LENGTH, OUT, deepseek_v2, deepseek_v3, llama, mscale_squared, randomise, scaled_llama

NAMES = {"input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k",
         "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output", "self_attn.q_a_proj": "attn_q_a",
         "self_attn.q_a_layernorm": "attn_q_a_norm", "self_attn.q_b_proj": "attn_q_b", "self_attn.kv_a_proj_with_mqa": "attn_kv_a_mqa",
         "self_attn.kv_a_layernorm": "attn_kv_a_norm", "self_attn.kv_b_proj": "attn_kv_b", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up",
         "mlp.down_proj": "ffn_down", "mlp.gate": "ffn_gate_inp", "mlp.shared_experts.gate_proj": "ffn_gate_shexp",
         "mlp.shared_experts.up_proj": "ffn_up_shexp", "mlp.shared_experts.down_proj": "ffn_down_shexp",
         "model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output"}

LLAMA3 = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 8192}
YARN = {"type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16, "mscale": 0.707, "mscale_all_dim": 0.707, "beta_fast": 32.0,
        "beta_slow": 1.0}
WIDE = dict(hidden_size=32, intermediate_size=64, num_attention_heads=2, num_key_value_heads=2)  # every row in whole blocks of 32
# name: (configuration and class, type, options)
CASES = {
    "llama-f32": (llama(num_key_value_heads=2, attention_bias=True, mlp_bias=True, tie_word_embeddings=False, head_dim=10, rope_theta=500.0,
                        rms_norm_eps=1e-3), Q.F32, {}),
    "llama-f16-linear": (scaled_llama({"rope_type": "linear", "factor": 3.0}), Q.F16, dict(version=2)),
    "llama-bf16-llama3": (llama(head_dim=16, hidden_size=16, num_attention_heads=2, num_key_value_heads=1,
                          intermediate_size=20, rope_theta=500000.0, rope_scaling=LLAMA3), Q.BF16, {}),
    "llama-f16-yarn": (scaled_llama({"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16}), Q.F16, {}),
    "llama-q8": (llama(**WIDE, vocab_size=300, num_hidden_layers=1), Q.Q8_0, dict(tokenizer="gpt2")),
    "llama-sentencepiece": (llama(**WIDE, vocab_size=300, num_hidden_layers=1, head_dim=8), Q.F16, dict(tokenizer="llama")),
    "deepseek2-split": (deepseek_v2(**EXPERTS, topk_method="group_limited_greedy", q_lora_rank=7, rope_theta=100.0, qk_rope_head_dim=8,
                                    rope_scaling=YARN), Q.F16, {}),
    "deepseek2-joined": (deepseek_v3(**EXPERTS, norm_topk_prob=True), Q.BF16, dict(joined=True)),
    "deepseek2-q8": (deepseek_v3(**(EXPERTS | dict(moe_intermediate_size=32)), **WIDE, norm_topk_prob=True, num_hidden_layers=2, q_lora_rank=32,
                                 kv_lora_rank=32, qk_nope_head_dim=32, qk_rope_head_dim=4, v_head_dim=8), Q.Q8_0, {}),
}


def in_pairs(weight, heads):
    """Rows of each head from (i, i + d/2) to (2i, 2i + 1)."""
    return weight.reshape(heads, 2, weight.shape[0] // heads // 2, *weight.shape[1:]).swapaxes(1, 2).reshape(weight.shape)


def written_tensors(config, tensors, joined):
    """By GGUF's names; numpy, float32."""
    out = {}
    deepseek = config.model_type.startswith("deepseek")
    for name, tensor in tensors.items():
        array = tensor.float().numpy()
        if name == "lm_head.weight" and config.tie_word_embeddings:
            continue
        stem, end = name.rsplit(".", 1)
        if not stem.startswith("model.layers."):
            out[f"{NAMES[stem]}.{end}"] = array
            continue
        layer, part = stem.removeprefix("model.layers.").split(".", 1)
        blk = f"blk.{layer}."
        if end == "e_score_correction_bias":
            out[blk + "exp_probs_b.bias"] = array
        elif ".experts." in part:
            _, _, expert, matrix = part.split(".")
            out.setdefault(f"{blk}ffn_{matrix.removesuffix('_proj')}_exps.weight", {})[int(expert)] = array
        elif part == "self_attn.kv_b_proj" and not joined:
            both = array.reshape(config.num_attention_heads, config.qk_nope_head_dim + config.v_head_dim, -1)
            out[blk + "attn_k_b.weight"] = numpy.ascontiguousarray(both[:, :config.qk_nope_head_dim].swapaxes(1, 2))
            out[blk + "attn_v_b.weight"] = numpy.ascontiguousarray(both[:, config.qk_nope_head_dim:])
        else:
            if not deepseek and part in ("self_attn.q_proj", "self_attn.k_proj"):
                array = in_pairs(array, config.num_attention_heads if part.endswith("q_proj") else config.num_key_value_heads)
            out[f"{blk}{NAMES[part]}.{end}"] = array
    return {name: numpy.stack([value[e] for e in sorted(value)]) if isinstance(value, dict) else value for name, value in out.items()}


def llama3_factors(config):
    scaling, d = config.rope_scaling, config.head_dim
    inverse = 1.0 / (config.rope_theta ** (numpy.arange(0, d, 2) / d))
    length = 2 * numpy.pi / inverse
    low, high = (scaling["original_max_position_embeddings"] / scaling[key] for key in ("low_freq_factor", "high_freq_factor"))
    smooth = (scaling["original_max_position_embeddings"] / length - scaling["low_freq_factor"]) / (scaling["high_freq_factor"] - scaling["low_freq_factor"])
    between = 1 / ((1 - smooth) / scaling["factor"] + smooth)
    return numpy.where(length < high, 1, numpy.where(length > low, scaling["factor"], between)).astype(numpy.float32)


def add_keys(writer, config, joined):
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_freq_base(config.rope_theta)
    writer.add_vocab_size(config.vocab_size)
    scaling = config.rope_scaling or {}
    kind = scaling.get("rope_type", scaling.get("type"))
    if kind in ("linear", "yarn"):
        writer.add_rope_scaling_type(gguf.RopeScalingType(kind))
        writer.add_rope_scaling_factor(scaling["factor"])
    if kind == "yarn":
        writer.add_rope_scaling_orig_ctx_len(scaling["original_max_position_embeddings"])
    if not config.model_type.startswith("deepseek"):
        head_dim = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
        writer.add_head_count_kv(config.num_key_value_heads)
        writer.add_key_length(head_dim)
        writer.add_value_length(head_dim)
        writer.add_rope_dimension_count(head_dim)
        return
    writer.add_head_count_kv(config.num_attention_heads if joined else 1)
    if kind == "yarn":
        writer.add_rope_scaling_yarn_log_mul(0.1 * scaling["mscale_all_dim"])
    if config.q_lora_rank:
        writer.add_q_lora_rank(config.q_lora_rank)
    writer.add_kv_lora_rank(config.kv_lora_rank)
    key = config.qk_nope_head_dim + config.qk_rope_head_dim
    writer.add_key_length(key if joined else config.kv_lora_rank + config.qk_rope_head_dim)
    writer.add_value_length(config.v_head_dim if joined else config.kv_lora_rank)
    if not joined:
        writer.add_key_length_mla(key)
        writer.add_value_length_mla(config.v_head_dim)
    writer.add_rope_dimension_count(config.qk_rope_head_dim)
    if config.first_k_dense_replace >= config.num_hidden_layers:
        return
    writer.add_leading_dense_block_count(config.first_k_dense_replace)
    writer.add_expert_count(config.n_routed_experts)
    writer.add_expert_used_count(config.num_experts_per_tok)
    writer.add_expert_feed_forward_length(config.moe_intermediate_size)
    writer.add_expert_shared_count(config.n_shared_experts)
    writer.add_expert_weights_scale(config.routed_scaling_factor)
    if config.n_group:
        writer.add_expert_group_count(config.n_group)
        writer.add_expert_group_used_count(config.topk_group)
    v3 = config.model_type == "deepseek_v3"
    writer.add_expert_weights_norm(bool(v3 and config.norm_topk_prob))
    if v3:
        writer.add_expert_gating_func(gguf.ExpertGatingFuncType.SIGMOID)


def byte_alphabet():
    """GPT-2's spelling of the 256 bytes."""
    kept = [*range(33, 127), *range(161, 173), *range(174, 256)]
    return [chr(b) if b in kept else chr(256 + [x for x in range(256) if x not in kept].index(b)) for b in range(256)]


def add_tokenizer(writer, kind, folder=None):
    if folder is not None:  # a folder's tokenizer.json, byte-level
        document = json.loads((folder / "tokenizer.json").read_text())
        model = document["model"]
        tokens = sorted(model["vocab"], key=model["vocab"].get)
        special = {token["content"] for token in document["added_tokens"]}
        merges = [m if isinstance(m, str) else " ".join(m) for m in model["merges"]]
        bos = eos = next(i for i, t in enumerate(tokens) if t in special)
        kind, types = "gpt2", [3 if t in special else 1 for t in tokens]
    elif kind == "gpt2":
        tokens = ["<|endoftext|>", *byte_alphabet(), "\u0120t", "he", "\u0120the", "<user>"]
        types, merges, bos, eos = [3] + [1] * 259 + [4], ["\u0120 t", "h e", "\u0120t he"], 0, 0
    else:
        mark = "\u2581"
        pieces = [(mark, -2.0), ("a", -3.0), ("b", -3.5), ("t", -3.6), ("h", -3.7), ("e", -3.8), ("ab", -4.0), (mark + "a", -5.0),
                  (mark + "ab", -5.5), ("th", -6.0), ("the", -6.5), (mark + "the", -7.0)]
        tokens = ["<unk>", "<s>", "</s>", *[f"<0x{b:02X}>" for b in range(256)], *[text for text, _ in pieces]]
        types, bos, eos = [2, 3, 3] + [6] * 256 + [1] * len(pieces), 1, 2
        writer.add_token_scores([0.0] * 259 + [score for _, score in pieces])
        merges = None
    writer.add_tokenizer_model(kind)
    if kind == "gpt2":
        writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    if merges:
        writer.add_token_merges(merges)
    writer.add_bos_token_id(bos)
    writer.add_eos_token_id(eos)


def write_gguf(path, config, tensors, qtype, joined=False, tokenizer=None, folder=None, version=3):
    """Returns the tensors as the file holds them, by GGUF's names."""
    writer = gguf.GGUFWriter(path, "deepseek2" if config.model_type.startswith("deepseek") else "llama")
    add_keys(writer, config, joined)
    if tokenizer or folder:
        add_tokenizer(writer, tokenizer, folder)
    arrays = written_tensors(config, tensors, joined)
    if (config.rope_scaling or {}).get("rope_type") == "llama3":
        arrays["rope_freqs.weight"] = llama3_factors(config)
    held = {}
    for name, array in arrays.items():
        plain = array.ndim == 1 or name.endswith("ffn_gate_inp.weight")
        kind = Q.F32 if plain else qtype if qtype != Q.Q8_0 or array.shape[-1] % 32 == 0 else Q.F16
        data = gguf.quants.quantize(numpy.ascontiguousarray(array), kind)
        held[name] = gguf.quants.dequantize(data, kind).reshape(array.shape)
        writer.add_tensor(name, data, raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    if version != 3:
        content = bytearray(pathlib.Path(path).read_bytes())
        content[4] = version
        pathlib.Path(path).write_bytes(content)
    return held


def put_back(model, config, held):
    """The network computes with what the file holds."""
    state = model.state_dict()
    for name in list(state):
        stem, end = name.rsplit(".", 1)
        if name == "lm_head.weight" and config.tie_word_embeddings:
            state[name] = torch.tensor(held["token_embd.weight"])
        elif not stem.startswith("model.layers."):
            state[name] = torch.tensor(held[f"{NAMES[stem]}.{end}"])
        else:
            layer, part = stem.removeprefix("model.layers.").split(".", 1)
            blk = f"blk.{layer}."
            if end == "e_score_correction_bias":
                state[name] = torch.tensor(held[blk + "exp_probs_b.bias"])
            elif ".experts." in part:
                _, _, expert, matrix = part.split(".")
                state[name] = torch.tensor(held[f"{blk}ffn_{matrix.removesuffix('_proj')}_exps.weight"][int(expert)])
            elif part == "self_attn.kv_b_proj" and blk + "attn_k_b.weight" in held:
                k, v = held[blk + "attn_k_b.weight"].swapaxes(1, 2), held[blk + "attn_v_b.weight"]
                state[name] = torch.tensor(numpy.concatenate([k, v], axis=1).reshape(state[name].shape))
            else:
                array = held[f"{blk}{NAMES[part]}.{end}"]
                if config.model_type == "llama" and part in ("self_attn.q_proj", "self_attn.k_proj"):
                    heads = config.num_attention_heads if part.endswith("q_proj") else config.num_key_value_heads
                    order = in_pairs(numpy.arange(array.shape[0]), heads)  # row i of the file is row order[i] of the network
                    back = numpy.empty_like(array)
                    back[order] = array
                    array = back
                state[name] = torch.tensor(array)
    model.load_state_dict(state)


def write_case(case_name, config, cls, qtype, options, seed):
    folder = OUT / f"gguf-{case_name}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    torch.manual_seed(seed)
    model = cls._from_config(config, attn_implementation="eager").to(F32).eval()
    randomise(model, seed)
    held = write_gguf(folder / "model.gguf", config, model.state_dict(), qtype, **options)
    put_back(model, config, held)
    for module in model.modules():
        if hasattr(module, "scaling") and hasattr(module, "kv_b_proj"):
            module.scaling *= mscale_squared(config)
    tokens = torch.randint(0, config.vocab_size, (BATCH, LENGTH), generator=torch.Generator().manual_seed(seed + 1000))
    with torch.no_grad():
        logits = model(tokens, use_cache=False).logits.float().contiguous()
    save_file({"tokens": tokens, "logits": logits}, folder / "expected.safetensors")
    size = sum(file.stat().st_size for file in folder.iterdir())
    print(f"{folder.name}: {size} bytes, logits std {logits.std():.3f}")


def convert(folder, path, kind="F16"):
    folder = pathlib.Path(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=F32)
    write_gguf(path, model.config, model.state_dict(), Q[kind], folder=folder)


def main():
    if sys.argv[1:2] == ["--convert"]:
        return convert(*sys.argv[2:])
    torch.set_num_threads(1)
    for seed, (case_name, ((config, cls), qtype, options)) in enumerate(CASES.items()):
        if not sys.argv[1:] or case_name in sys.argv[1:]:
            write_case(case_name, config, cls, qtype, options, 500 + seed)


if __name__ == "__main__":
    main()
