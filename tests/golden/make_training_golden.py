# SPDX-License-Identifier: GPL-3.0-or-later
"""Ten training steps of small random networks of every form, computed in f64: the oracle of tst_training_golden.

Writes training/<case>/{config.json, model.safetensors, curve.json} beside this file. The networks are those of
plain_networks.py; Llama and DeepSeek-V3 folders are also opened with transformers, whose logits must agree before anything is written.

curve.json: batches [step][row][T + 1] of ids (inputs are all but the last, targets all but the first), the mean loss before each step, the
norm of all gradients before clipping, and the sum of |weight| of every tensor after the last step. Gradients are scaled by exactly
min(1, clip / norm); torch.nn.utils.clip_grad_norm_ divides by norm + 1e-6 instead, which is a different number.

    python3 -m venv oracle
    oracle/bin/pip install torch==2.13.0 transformers==4.57.6 safetensors numpy
    oracle/bin/python tests/golden/make_training_golden.py
"""
import json
import math
import pathlib
import shutil
import sys

sys.dont_write_bytecode = True

import torch
import transformers
from safetensors.torch import load_file, save_file
from torch.nn.functional import cross_entropy
from transformers import AutoModelForCausalLM

import plain_networks as plain

OUT = pathlib.Path(__file__).resolve().parent / "training"
ROWS, LENGTH, STEPS = 2, 12, 10
F64 = torch.float64
SETTINGS = dict(learning_rate=1e-2, min_learning_rate=1e-3, warmup=3, steps=STEPS, beta1=0.9, beta2=0.95, eps=1e-8,
                weight_decay=0.1, clip=1.0)
CHANGED = {"llama-gqa": {"clip": 3.0}, "gpt-mha": {"clip": 3.0},  # first steps over it, last ones under it; the others are over 1 throughout
           "deepseek-joint": {"learning_rate": 5e-3, "min_learning_rate": 5e-4}}  # faster, bf16's rounding grows from step to step


def common(**changes):
    return dict(vocab_size=40, hidden_size=24, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=4, intermediate_size=32,
                max_position_embeddings=24, rope_theta=10000.0, tie_word_embeddings=True, bos_token_id=0, eos_token_id=0) | changes


def llama(**changes):
    return common(model_type="llama", architectures=["LlamaForCausalLM"], dtype="float32", rms_norm_eps=1e-5, pad_token_id=1, **changes)


def deepseek(**changes):
    keys = common(model_type="deepseek_v3", architectures=["DeepseekV3ForCausalLM"], dtype="float32", rms_norm_eps=1e-3, pad_token_id=1,
                  q_lora_rank=None, kv_lora_rank=8, qk_nope_head_dim=6, qk_rope_head_dim=4, v_head_dim=5, rope_interleave=True, **changes)
    return keys | dict(first_k_dense_replace=keys["num_hidden_layers"])  # no layer has experts


def own(**changes):
    """Exactly the keys of the program's own folders."""
    return common(model_type="latentloom", head_dim=6, latent="none", positions="learned", rope_layout="half", norm="layer_norm",
                  norm_eps=1e-5, mlp="gelu", mlp_bias=True, attention_bias=False) | changes


CASES = {
    "llama-mha": llama(hidden_size=16, num_attention_heads=2, num_key_value_heads=2, intermediate_size=24),
    "llama-gqa": llama(num_key_value_heads=2, attention_bias=True, mlp_bias=True, rope_theta=500.0),
    "deepseek-joint": deepseek(num_attention_heads=3, num_key_value_heads=3, tie_word_embeddings=False),
    "gpt-mha": own(num_attention_heads=3, num_key_value_heads=3, head_dim=8),
    "paper-rope": own(latent="per_head", k_rank=3, v_rank=4, positions="rotary"),
    "paper-learned": own(latent="per_head", k_rank=4, v_rank=3),
}


def random_weights(config, generator):
    """Every tensor away from its default: a norm left at 1 or a bias left at 0 would hide that it is not used."""
    weights = {}
    for name, shape in plain.tensor_shapes(config).items():
        noise = torch.randn(shape, generator=generator)
        if "norm" in name and name.endswith(".weight"):
            weights[name] = 1 + 0.2 * noise
        elif len(shape) == 1:
            weights[name] = 0.2 * noise
        elif "embed" in name or "lm_head" in name:
            weights[name] = 0.4 * noise
        else:
            weights[name] = noise / shape[1] ** 0.5
    return weights


def random_batches(vocab, generator):
    """Rows from a few texts that come again and again, so that there is something to learn; every step another pair of them."""
    texts = torch.randint(0, vocab, (4, LENGTH + 1), generator=generator)
    return [texts[torch.randperm(4, generator=generator)[:ROWS]] for _ in range(STEPS)]


def learning_rate(step, s):
    """Of step 1, 2, …: a straight warm-up, then half a cosine down to the smallest."""
    if step <= s["warmup"]:
        return s["learning_rate"] * step / s["warmup"]
    along = (step - s["warmup"]) / (s["steps"] - s["warmup"])
    return s["min_learning_rate"] + 0.5 * (s["learning_rate"] - s["min_learning_rate"]) * (1 + math.cos(math.pi * along))


def adamw(parameters, s):
    """Matrices decay, norms and biases do not."""
    groups = [{"params": [p for p in parameters if p.dim() == 2], "weight_decay": s["weight_decay"]},
              {"params": [p for p in parameters if p.dim() == 1], "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=0.0, betas=(s["beta1"], s["beta2"]), eps=s["eps"], foreach=False, fused=False)


def set_learning_rate(optimiser, rate):
    for group in optimiser.param_groups:
        group["lr"] = rate


def check_against_transformers(name, folder, config, weights, batch):
    with transformers_silent():
        model, info = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, output_loading_info=True)
    if any(info.values()):
        sys.exit(f"{name}: transformers does not open the folder cleanly: {info}")
    with torch.no_grad():
        theirs = model.eval()(batch, use_cache=False).logits.double()
        ours = plain.logits(config, weights, batch)
    difference = (theirs - ours).abs().max().item()
    if not difference <= 1e-4:
        sys.exit(f"{name}: transformers computes other logits: they differ by {difference}")
    return difference


def train(config, weights, batches, s):
    """One dictionary with losses, gradient norms and final sums; `weights` are changed in place."""
    for tensor in weights.values():
        tensor.requires_grad_()
    optimiser = adamw(list(weights.values()), s)
    rates, losses, norms = [], [], []
    for step, batch in enumerate(batches, start=1):
        rates.append(learning_rate(step, s))
        set_learning_rate(optimiser, rates[-1])
        optimiser.zero_grad()
        loss = cross_entropy(plain.logits(config, weights, batch[:, :-1]).flatten(0, 1), batch[:, 1:].flatten())
        loss.backward()
        norm = torch.sqrt(sum((p.grad * p.grad).sum() for p in weights.values()))
        for p in weights.values():
            p.grad *= min(1.0, s["clip"] / norm.item())
        optimiser.step()
        losses.append(loss.item())
        norms.append(norm.item())
    sums = {name: tensor.detach().abs().sum().item() for name, tensor in weights.items()}
    return {"learning_rates": rates, "batches": [b.tolist() for b in batches], "losses": losses, "gradient_norms": norms,
            "final": {"sum_abs_weight": sums}}


def write_json(path, document):
    """Numbers in full; a list of plain numbers stands on one line."""
    def text(value, indent):
        inner = " " * (indent + 1)
        if isinstance(value, dict):
            return "{\n" + ",\n".join(f"{inner}{json.dumps(k)}: {text(v, indent + 1)}" for k, v in value.items()) + "\n" + inner[:-1] + "}"
        if isinstance(value, list) and any(isinstance(v, (list, dict)) for v in value):
            return "[\n" + ",\n".join(inner + text(v, indent + 1) for v in value) + "\n" + inner[:-1] + "]"
        return json.dumps(value, allow_nan=False)
    path.write_text(text(document, 0) + "\n")


def write_case(name, config, seed):
    generator = torch.Generator().manual_seed(seed)
    folder = OUT / name
    folder.mkdir(parents=True)
    stored = random_weights(config, generator)
    batches = random_batches(config["vocab_size"], generator)
    save_file({k: v.contiguous() for k, v in stored.items()}, folder / "model.safetensors", metadata={"format": "pt"})
    write_json(folder / "config.json", config)

    weights = {k: v.to(F64) for k, v in load_file(folder / "model.safetensors").items()}
    note = "own family"
    if config["model_type"] != "latentloom":
        note = f"transformers' logits within {check_against_transformers(name, folder, config, weights, batches[0]):.1e}"
    settings = SETTINGS | CHANGED.get(name, {})
    curve = train(config, weights, batches, settings)
    write_json(folder / "curve.json", {"form": name, "settings": settings} | curve)
    clipped = sum(n > settings["clip"] for n in curve["gradient_norms"])
    if (settings["clip"] > 1) != (0 < clipped < STEPS) or curve["losses"][-1] > 0.7 * curve["losses"][0]:
        sys.exit(f"{name}: choose another learning rate, clip or seed: {curve['losses']} {curve['gradient_norms']}")
    print(f"{name}: loss {curve['losses'][0]:.3f} to {curve['losses'][-1]:.3f}, {clipped} of {STEPS} steps clipped, {note}")


class transformers_silent:
    """Progress bars and notes of loading stay off the screen."""

    def __enter__(self):
        self.verbosity = transformers.logging.get_verbosity()
        transformers.logging.set_verbosity_error()

    def __exit__(self, *_):
        transformers.logging.set_verbosity(self.verbosity)


def main():
    if transformers.__version__ != "4.57.6" or not torch.__version__.startswith("2.13.0"):
        sys.exit(f"the oracle is transformers 4.57.6 with torch 2.13.0, not {transformers.__version__} with {torch.__version__}")
    torch.set_num_threads(1)
    shutil.rmtree(OUT, ignore_errors=True)
    for seed, (name, config) in enumerate(CASES.items()):
        write_case(name, config, seed)
    for file in OUT.rglob("*.*"):
        if file.is_file():
            file.chmod(0o644)
    print(f"all: {sum(f.stat().st_size for f in OUT.rglob('*') if f.is_file())} bytes")


if __name__ == "__main__":
    main()
