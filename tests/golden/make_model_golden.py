# SPDX-License-Identifier: GPL-3.0-or-later
"""Small random networks and the logits that transformers computes for them: the oracle of tst_transformers_golden.

Writes models/<case>/{config.json, model.safetensors | shards + index, expected.safetensors} beside this file;
expected.safetensors holds tokens [B, T] int64 and logits [B, T, V] float32, computed in f32 whatever the storage.

    python3 -m venv oracle
    oracle/bin/pip install torch==2.13.0 transformers==4.57.6 safetensors numpy
    oracle/bin/python tests/golden/make_model_golden.py
"""
import json
import pathlib
import shutil
import sys

import torch
import transformers
from safetensors.torch import save_file
from transformers import DeepseekV3Config, DeepseekV3ForCausalLM, LlamaConfig, LlamaForCausalLM

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
    keys |= changes
    keys["first_k_dense_replace"] = keys["num_hidden_layers"]  # no layer has experts
    return DeepseekV3Config(**keys), DeepseekV3ForCausalLM


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
}


def randomise(model, seed):
    """Every tensor away from its default: a norm left at 1 or a bias left at 0 would hide that it is not used."""
    generator = torch.Generator().manual_seed(seed)
    for tensor_name, tensor in model.named_parameters():
        noise = torch.randn(tensor.shape, generator=generator)
        if "norm" in tensor_name:
            tensor.data = 1 + 0.3 * noise
        elif tensor.dim() == 1:
            tensor.data = 0.3 * noise
        elif "embed" in tensor_name or "lm_head" in tensor_name:
            tensor.data = 0.5 * noise
        else:
            tensor.data = noise * (1.5 / tensor.shape[1] ** 0.5)


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
    written.pop("transformers_version", None)
    (folder / "config.json").write_text(json.dumps(written, indent=1, sort_keys=True) + "\n")

    loaded, info = cls.from_pretrained(folder, dtype=F32, output_loading_info=True)
    problems = [k for k in ("missing_keys", "unexpected_keys", "mismatched_keys") if info[k]]
    if problems:
        sys.exit(f"{case_name}: the written folder does not load cleanly: {info}")
    tokens = torch.randint(0, config.vocab_size, (BATCH, LENGTH), generator=torch.Generator().manual_seed(seed + 1000))
    with torch.no_grad():
        logits = loaded.eval()(tokens, use_cache=False).logits.float().contiguous()
    save_file({"tokens": tokens, "logits": logits}, folder / "expected.safetensors")
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
        total += write_case(case_name, config, cls, storage, shard, seed)
    print(f"all: {total} bytes")


if __name__ == "__main__":
    main()
