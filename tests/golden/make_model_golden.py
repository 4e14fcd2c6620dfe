# SPDX-License-Identifier: GPL-3.0-or-later
"""Small random networks and the logits that transformers computes for them: the oracle of tst_transformers_golden.

Writes models/<case>/{config.json, model.safetensors | shards + index, expected.safetensors} beside this file;
expected.safetensors holds tokens [B, T] int64 and logits [B, T, V] float32, computed in f32 whatever the storage.

    python3 -m venv oracle
    oracle/bin/pip install torch==2.13.0 transformers==4.57.6 safetensors numpy
    oracle/bin/python tests/golden/make_model_golden.py
"""
import json
import math
import pathlib
import shutil
import sys

import torch
import transformers
from safetensors.torch import load_file, save_file
from transformers import (DeepseekV2Config, DeepseekV2ForCausalLM, DeepseekV3Config, DeepseekV3ForCausalLM, GPT2Config, GPT2LMHeadModel,
                          GPTNeoConfig, GPTNeoForCausalLM, GPTNeoXConfig, GPTNeoXForCausalLM, LlamaConfig, LlamaForCausalLM)

OUT = pathlib.Path(__file__).resolve().parent / "models"
BATCH, LENGTH = 2, 20
F32, BF16, F16 = torch.float32, torch.bfloat16, torch.float16


def llama(**changes):
    keys = dict(vocab_size=64, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=4,
                intermediate_size=48, rms_norm_eps=1e-5, rope_theta=10000.0, tie_word_embeddings=True,
                bos_token_id=1, eos_token_id=2, pad_token_id=0, max_position_embeddings=64)
    return LlamaConfig(**(keys | changes)), LlamaForCausalLM


def deepseek(**changes):
    keys = dict(vocab_size=64, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=4,
                intermediate_size=48, rms_norm_eps=1e-5, rope_theta=10000.0, tie_word_embeddings=False,
                bos_token_id=1, eos_token_id=2, pad_token_id=0, max_position_embeddings=64,
                q_lora_rank=None, kv_lora_rank=12, qk_nope_head_dim=10, qk_rope_head_dim=6, v_head_dim=9,
                rope_interleave=True)
    keys["first_k_dense_replace"] = changes.get("num_hidden_layers", 2)  # no layer has experts
    return DeepseekV3Config(**(keys | changes)), DeepseekV3ForCausalLM


def small(**changes):
    """Llama keys of the smaller networks."""
    return dict(vocab_size=64, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=2,
                intermediate_size=20, rms_norm_eps=1e-5, rope_theta=10000.0, tie_word_embeddings=True,
                bos_token_id=1, eos_token_id=2, pad_token_id=0, max_position_embeddings=64) | changes


def scaled_llama(scaling, **changes):
    """A theta this small gives the eight pairs of a head slow, fast and middling turns over 16 positions."""
    return llama(**small(head_dim=16, rope_theta=100.0, rope_scaling=scaling, **changes))


LATENT = dict(q_lora_rank=None, kv_lora_rank=8, qk_nope_head_dim=6, qk_rope_head_dim=4, v_head_dim=5)


def deepseek_v2(**changes):
    return DeepseekV2Config(**(small(**LATENT, aux_loss_alpha=0.0) | changes)), DeepseekV2ForCausalLM


def deepseek_v3(**changes):
    return DeepseekV3Config(**(small(**LATENT, rope_interleave=True) | changes)), DeepseekV3ForCausalLM


EXPERTS = dict(first_k_dense_replace=1, n_routed_experts=8, num_experts_per_tok=3, moe_intermediate_size=6, n_shared_experts=2,
               n_group=4, topk_group=2, routed_scaling_factor=1.7)


def gpt2(**changes):
    keys = dict(vocab_size=64, n_embd=16, n_layer=2, n_head=2, n_positions=32, bos_token_id=1, eos_token_id=2,
                resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0)
    return GPT2Config(**(keys | changes)), GPT2LMHeadModel


def gpt_neo(**changes):
    keys = dict(vocab_size=64, hidden_size=16, num_layers=2, num_heads=2, max_position_embeddings=32, window_size=5,
                attention_types=[[["global", "local"], 1]], bos_token_id=1, eos_token_id=2,
                resid_dropout=0.0, embed_dropout=0.0, attention_dropout=0.0)
    return GPTNeoConfig(**(keys | changes)), GPTNeoForCausalLM


def gpt_neox(**changes):
    keys = dict(vocab_size=64, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=40, rotary_pct=0.5,
                max_position_embeddings=32, bos_token_id=1, eos_token_id=2)
    return GPTNeoXConfig(**(keys | changes)), GPTNeoXForCausalLM


# name: (configuration and class, storage, largest shard)
CASES = {
    "llama-mha": (llama(), F32, "1GB"),
    "llama-gqa-bias-untied": (llama(num_key_value_heads=2, attention_bias=True, mlp_bias=True, tie_word_embeddings=False,
                                    head_dim=10, rope_theta=500.0, rms_norm_eps=1e-3), F32, "1GB"),
    "llama-bf16": (llama(num_key_value_heads=1, num_hidden_layers=3), BF16, "1GB"),
    "llama-f16": (llama(vocab_size=96), F16, "1GB"),
    "llama-sharded": (llama(num_key_value_heads=2, tie_word_embeddings=False), F32, "20KB"),
    "deepseek-null-query-rank": (deepseek(rms_norm_eps=1e-2), F32, "1GB"),
    "deepseek-query-rank": (deepseek(q_lora_rank=14, rms_norm_eps=1e-2), F32, "1GB"),
    "deepseek-half-rope": (deepseek(rope_interleave=False, q_lora_rank=14, rope_theta=300.0), F32, "1GB"),
    "deepseek-bias": (deepseek(attention_bias=True, q_lora_rank=14), F32, "1GB"),
    "deepseek-bf16-sharded": (deepseek(num_hidden_layers=3, tie_word_embeddings=True), BF16, "20KB"),
    "llama-linear": (scaled_llama({"rope_type": "linear", "factor": 3.0}), F16, "1GB"),
    "llama-dynamic": (scaled_llama({"rope_type": "dynamic", "factor": 2.0}, max_position_embeddings=12), BF16, "1GB"),
    "llama-llama3": (scaled_llama({"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
                                   "original_max_position_embeddings": 16}), BF16, "1GB"),
    "llama-yarn": (scaled_llama({"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16}), F16, "1GB"),
    "llama-yarn-mscale": (scaled_llama({"type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16, "mscale": 0.7,
                                        "mscale_all_dim": 1.4, "beta_fast": 8.0, "truncate": False}), F16, "1GB"),
    "deepseek-v2-greedy": (deepseek_v2(**(EXPERTS | dict(n_group=None, topk_group=None, mlp_bias=True))), BF16, "1GB"),
    "deepseek-v2-groups-yarn": (deepseek_v2(**EXPERTS, topk_method="group_limited_greedy", q_lora_rank=7, rope_theta=100.0,
                                            qk_rope_head_dim=8, attention_bias=True,
                                            rope_scaling={"type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16,
                                                          "mscale": 0.707, "mscale_all_dim": 0.707, "beta_fast": 32.0,
                                                          "beta_slow": 1.0}), BF16, "1GB"),
    "deepseek-v3-experts": (deepseek_v3(**EXPERTS, norm_topk_prob=True, q_lora_rank=7), BF16, "12KB"),
    "deepseek-v3-yarn": (deepseek_v3(**(EXPERTS | dict(n_group=1, topk_group=1)), norm_topk_prob=False, rope_theta=100.0,
                                     qk_rope_head_dim=8,
                                     rope_scaling={"type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16,
                                                   "mscale": 1.0, "mscale_all_dim": 1.3}), F16, "1GB"),
    "gpt2": (gpt2(), F32, "1GB"),
    "gpt2-options": (gpt2(scale_attn_by_inverse_layer_idx=True, activation_function="gelu", n_inner=24, n_layer=3,
                          tie_word_embeddings=False, layer_norm_epsilon=1e-2), F16, "1GB"),
    "gpt2-no-scale": (gpt2(scale_attn_weights=False), BF16, "1GB"),
    "gpt-neo": (gpt_neo(), F32, "1GB"),
    "gpt-neo-three-layers": (gpt_neo(num_layers=3, attention_types=[[["local"], 2], [["global"], 1]], window_size=3,
                                     intermediate_size=24, activation_function="gelu"), BF16, "1GB"),
    "neox": (gpt_neox(), F32, "1GB"),
    "neox-sequential": (gpt_neox(use_parallel_residual=False, rotary_pct=0.25, rotary_emb_base=500, hidden_act="gelu_new",
                                 tie_word_embeddings=True, layer_norm_eps=1e-2), BF16, "1GB"),
    "neox-no-bias": (gpt_neox(attention_bias=False, num_attention_heads=1, rotary_pct=1.0), F16, "12KB"),
}

# The keys that transformers 4.57.6 reads, spelt as version 5 writes them.
NEWER_ROPE = ("llama-yarn-mscale",)
# Folders as other programs leave them: the inner network, whose names lack the prefix.
WITHOUT_PREFIX = ("gpt2-options",)
# Weights as older folders hold them: pytorch_model.bin.
AS_TORCH = ("gpt-neo-three-layers",)


def randomise(model, seed):
    """Every tensor away from its default: a norm left at 1 or a bias left at 0 would hide that it is not used."""
    generator = torch.Generator().manual_seed(seed)
    for tensor_name, tensor in model.named_parameters():
        noise = torch.randn(tensor.shape, generator=generator)
        if ("norm" in tensor_name or "ln_" in tensor_name) and tensor_name.endswith("weight"):
            tensor.data = 1 + 0.3 * noise
        elif tensor.dim() == 1:
            tensor.data = 0.3 * noise
        elif any(part in tensor_name for part in ("embed", "lm_head", "wte", "wpe")):
            tensor.data = 0.5 * noise
        else:
            conv1d = any(part in tensor_name for part in ("c_attn", "attn.c_proj", "mlp.c_fc", "mlp.c_proj")) and isinstance(model, GPT2LMHeadModel)
            tensor.data = noise * (1.5 / tensor.shape[0 if conv1d else 1] ** 0.5)
    for tensor_name, tensor in model.named_buffers():
        if tensor_name.endswith("e_score_correction_bias"):  # large enough to change what is chosen, never below −0.5
            tensor.data = 0.3 * torch.rand(tensor.shape, generator=generator)


def mscale_squared(config):
    """What transformers 4.57.6 leaves out of deepseek_v2's softmax scale (DeepSeek's own code and later versions have it)."""
    scaling = config.rope_scaling
    if config.model_type != "deepseek_v2" or not scaling or not scaling.get("mscale_all_dim"):
        return 1.0
    return (0.1 * scaling["mscale_all_dim"] * math.log(scaling["factor"]) + 1.0) ** 2


def rewrite_rope(written):
    """rope_theta and rope_scaling → rope_parameters."""
    scaling = written.pop("rope_scaling")
    written["rope_parameters"] = scaling | {"rope_theta": written.pop("rope_theta"), "rope_type": scaling.pop("type", scaling.get("rope_type"))}


def drop_prefix(file):
    tensors = {k.removeprefix("transformer."): v for k, v in load_file(file).items()}
    save_file(tensors, file, metadata={"format": "pt"})


def write_case(case_name, config, cls, storage, shard, seed):
    folder = OUT / case_name
    shutil.rmtree(folder, ignore_errors=True)
    torch.manual_seed(seed)
    model = cls(config).eval()
    randomise(model, seed)
    model.to(storage).save_pretrained(folder, max_shard_size=shard)
    (folder / "generation_config.json").unlink(missing_ok=True)

    # Keys that a hand-written folder must carry, whatever save_pretrained leaves out as default.
    written = json.loads((folder / "config.json").read_text())
    written |= {k: v for k, v in config.to_dict().items() if k in (
        "tie_word_embeddings", "q_lora_rank", "first_k_dense_replace", "num_key_value_heads", "rope_interleave", "rope_theta",
        "attention_bias", "rms_norm_eps")}
    for key in ("transformers_version", "attn_implementation"):
        written.pop(key, None)
    (folder / "config.json").write_text(json.dumps(written, indent=1, sort_keys=True) + "\n")

    # Eager: GPT-2 ignores its scale keys otherwise.
    loaded, info = cls.from_pretrained(folder, dtype=F32, output_loading_info=True, attn_implementation="eager")
    problems = [k for k in ("missing_keys", "unexpected_keys", "mismatched_keys") if info[k]]
    if problems:
        sys.exit(f"{case_name}: the written folder does not load cleanly: {info}")
    for module in loaded.modules():
        if hasattr(module, "scaling") and hasattr(module, "kv_b_proj"):
            module.scaling *= mscale_squared(config)
    tokens = torch.randint(0, config.vocab_size, (BATCH, LENGTH), generator=torch.Generator().manual_seed(seed + 1000))
    with torch.no_grad():
        logits = loaded.eval()(tokens, use_cache=False).logits.float().contiguous()
    save_file({"tokens": tokens, "logits": logits}, folder / "expected.safetensors")
    if case_name in NEWER_ROPE:
        rewrite_rope(written)
        (folder / "config.json").write_text(json.dumps(written, indent=1, sort_keys=True) + "\n")
    if case_name in WITHOUT_PREFIX:
        drop_prefix(folder / "model.safetensors")
    if case_name in AS_TORCH:
        torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
        (folder / "model.safetensors").unlink()
    for file in folder.iterdir():
        file.chmod(0o644)
    size = sum(f.stat().st_size for f in folder.iterdir())
    print(f"{case_name}: {size} bytes, logits std {logits.std():.3f}")
    return size


def main():
    if transformers.__version__ != "4.57.6" or not torch.__version__.startswith("2.13.0"):
        sys.exit(f"the oracle is transformers 4.57.6 with torch 2.13.0, not {transformers.__version__} with {torch.__version__}")
    torch.set_num_threads(1)
    total = 0
    for seed, (case_name, ((config, cls), storage, shard)) in enumerate(CASES.items()):
        if sys.argv[1:] and case_name not in sys.argv[1:]:  # only the named ones
            continue
        total += write_case(case_name, config, cls, storage, shard, seed)
    print(f"all: {total} bytes")


if __name__ == "__main__":
    main()
