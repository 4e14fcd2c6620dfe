# SPDX-License-Identifier: GPL-3.0-or-later
"""Checkpoints as nanoGPT's train.py saves them, and the logits of the network that they describe: an oracle of tst_transformers_golden.

Writes models/<case>/{ckpt.pt, expected.safetensors} beside this file; expected.safetensors as make_model_golden.py writes it. The network
is written out below with torch's own operators, by nanoGPT's names: exact gelu, tied head, biases everywhere or nowhere.

    python3 -m venv oracle
    oracle/bin/pip install torch==2.13.0 safetensors numpy
    oracle/bin/python tests/golden/make_nanogpt_golden.py
"""
import pathlib
import sys

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

OUT = pathlib.Path(__file__).resolve().parent / "models"
BATCH, LENGTH = 2, 20

# name: (model_args, compiled, trained)
CASES = {
    # Compiled, so that every name begins with "_orig_mod."; without biases; a vocabulary padded from 65 to 72.
    "nanogpt": (dict(n_layer=2, n_head=2, n_embd=16, block_size=24, bias=False, vocab_size=72, dropout=0.0), True, False),
    # With biases and a state of the optimiser.
    "nanogpt-bias": (dict(n_layer=1, n_head=4, n_embd=8, block_size=20, bias=True, vocab_size=65, dropout=0.1), False, True),
}


def parameters(a, generator):
    D = a["n_embd"]
    shapes = {"wte.weight": (a["vocab_size"], D), "wpe.weight": (a["block_size"], D)}
    for i in range(a["n_layer"]):
        shapes |= {f"h.{i}.ln_1.weight": (D,), f"h.{i}.attn.c_attn.weight": (3 * D, D), f"h.{i}.attn.c_proj.weight": (D, D),
                   f"h.{i}.ln_2.weight": (D,), f"h.{i}.mlp.c_fc.weight": (4 * D, D), f"h.{i}.mlp.c_proj.weight": (D, 4 * D)}
    shapes["ln_f.weight"] = (D,)
    if a["bias"]:
        shapes |= {k.replace("weight", "bias"): v[:1] for k, v in shapes.items() if not k.startswith("w")}
    tensors = {}
    for name, shape in shapes.items():
        noise = torch.randn(shape, generator=generator)
        if "ln_" in name:
            tensors[name] = (1.0 if name.endswith("weight") else 0.0) + 0.3 * noise
        else:
            tensors[name] = 0.5 * noise if len(shape) == 1 or name.startswith("w") else noise * (1.5 / shape[1] ** 0.5)
    return tensors


def forward(p, a, tokens):
    B, T = tokens.shape
    D, H = a["n_embd"], a["n_head"]
    norm = lambda x, name: F.layer_norm(x, (D,), p[f"{name}.weight"], p.get(f"{name}.bias"), 1e-5)
    linear = lambda x, name: F.linear(x, p[f"{name}.weight"], p.get(f"{name}.bias"))
    x = p["wte.weight"][tokens] + p["wpe.weight"][:T]
    for i in range(a["n_layer"]):
        q, k, v = (t.view(B, T, H, D // H).transpose(1, 2) for t in linear(norm(x, f"h.{i}.ln_1"), f"h.{i}.attn.c_attn").split(D, dim=2))
        scores = (q @ k.transpose(-2, -1)) / (D // H) ** 0.5
        weights = scores.masked_fill(torch.ones(T, T, dtype=torch.bool).triu(1), float("-inf")).softmax(-1)
        x = x + linear((weights @ v).transpose(1, 2).reshape(B, T, D), f"h.{i}.attn.c_proj")
        x = x + linear(F.gelu(linear(norm(x, f"h.{i}.ln_2"), f"h.{i}.mlp.c_fc")), f"h.{i}.mlp.c_proj")
    return norm(x, "ln_f") @ p["wte.weight"].T


def write_case(name, arguments, compiled, trained, seed):
    generator = torch.Generator().manual_seed(seed)
    p = parameters(arguments, generator)
    leaves = [torch.nn.Parameter(t) for t in p.values()]
    optimiser = torch.optim.AdamW([{"params": leaves, "weight_decay": 0.1}], lr=6e-4, betas=(0.9, 0.95))
    if trained:
        for leaf in leaves:
            leaf.grad = torch.randn(leaf.shape, generator=generator)
        optimiser.step()
        p = {k: leaf.detach() for k, leaf in zip(p, leaves)}
    start = ("_orig_mod." if compiled else "") + "transformer."
    model = torch.nn.Module().state_dict()  # an OrderedDict with the attribute that modules give it
    for k, tensor in p.items():
        model[start + k] = tensor
    model[start.replace("transformer.", "lm_head.weight")] = p["wte.weight"]  # the same memory
    folder = OUT / name
    folder.mkdir(exist_ok=True)
    torch.save({"model": model, "optimizer": optimiser.state_dict(), "model_args": arguments, "iter_num": 2000,
                "best_val_loss": torch.tensor(1.4697), "config": {"out_dir": "out-shakespeare-char", "device": "cpu", "lr_decay_iters": 5000,
                                                                   "learning_rate": 1e-3, "compile": compiled, "init_from": None}},
               folder / "ckpt.pt")
    tokens = torch.randint(0, arguments["vocab_size"], (BATCH, LENGTH), generator=generator)
    logits = forward({k: t.double() for k, t in p.items()}, arguments, tokens).float().contiguous()
    save_file({"tokens": tokens, "logits": logits}, folder / "expected.safetensors")
    size = sum(f.stat().st_size for f in folder.iterdir())
    print(f"{name}: {size} bytes, logits std {logits.std():.3f}")


def main():
    if not torch.__version__.startswith("2.13.0"):
        sys.exit(f"the oracle is torch 2.13.0, not {torch.__version__}")
    for seed, (name, case) in enumerate(CASES.items()):
        write_case(name, *case, seed)


if __name__ == "__main__":
    main()
