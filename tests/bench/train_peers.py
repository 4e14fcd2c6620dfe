# SPDX-License-Identifier: GPL-3.0-or-later
"""Training throughput beside PyTorch's, in one run: bench_train, eager and torch.compile take turns on the same shape.

Each of them is a process of its own. In every round all three run one after the other, beginning with another one each time; the ratio
is taken within a round (ours over the faster peer of that round) and the median of the rounds' ratios is printed.

    python3 -m venv peers
    peers/bin/pip install torch==2.13.0 numpy
    peers/bin/python tests/bench/train_peers.py --program build/release/bin/bench_train [--shape P50 S15] [--precision f32 bf16] [--json]
"""
import argparse
import contextlib
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time

PEERS = ("eager", "compile")


# ---- The peers' process. What it measures is nanoGPT's training step; torch is imported only here.

def gpt(nn, F, torch, V, D, L, H, ffn, context):
    """The paper's model: LayerNorm and GELU feed-forward with biases, attention without, learned positions, tied head."""

    class Attention(nn.Module):
        def __init__(self):
            super().__init__()
            self.qkv, self.out = nn.Linear(D, 3 * D, bias=False), nn.Linear(D, D, bias=False)

        def forward(self, x):
            B, T, _ = x.shape
            q, k, v = (t.view(B, T, H, D // H).transpose(1, 2) for t in self.qkv(x).split(D, dim=2))
            return self.out(F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).reshape(B, T, D))

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm1, self.norm2, self.attention = nn.LayerNorm(D), nn.LayerNorm(D), Attention()
            self.up, self.down = nn.Linear(D, ffn), nn.Linear(ffn, D)

        def forward(self, x):
            x = x + self.attention(self.norm1(x))
            return x + self.down(F.gelu(self.up(self.norm2(x))))

    class Gpt(nn.Module):
        def __init__(self):
            super().__init__()
            self.words, self.places = nn.Embedding(V, D), nn.Embedding(context, D)
            self.blocks, self.norm, self.head = nn.ModuleList(Block() for _ in range(L)), nn.LayerNorm(D), nn.Linear(D, V, bias=False)
            self.head.weight = self.words.weight

        def forward(self, inputs, targets):
            x = self.words(inputs) + self.places(torch.arange(inputs.shape[1]))
            for block in self.blocks:
                x = block(x)
            return F.cross_entropy(self.head(self.norm(x)).flatten(0, 1), targets.flatten())

    return Gpt()


def llama(nn, F, torch, V, D, L, H, ffn, context):
    """RMSNorm, SwiGLU, rotary positions (half layout), no biases, tied head."""
    d = D // H
    angle = torch.outer(torch.arange(context).float(), 10000.0 ** (-torch.arange(0, d, 2).float() / d))

    class Attention(nn.Module):
        def __init__(self):
            super().__init__()
            self.qkv, self.out = nn.Linear(D, 3 * D, bias=False), nn.Linear(D, D, bias=False)

        def forward(self, x, cos, sin):
            B, T, _ = x.shape
            q, k, v = (t.view(B, T, H, d).transpose(1, 2) for t in self.qkv(x).split(D, dim=2))

            def turn(t):
                u, w = t.chunk(2, dim=-1)
                return torch.cat((u * cos - w * sin, w * cos + u * sin), dim=-1).to(v.dtype)

            return self.out(F.scaled_dot_product_attention(turn(q), turn(k), v, is_causal=True).transpose(1, 2).reshape(B, T, D))

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm1, self.norm2, self.attention = nn.RMSNorm(D, eps=1e-5), nn.RMSNorm(D, eps=1e-5), Attention()
            self.gate, self.up, self.down = nn.Linear(D, ffn, bias=False), nn.Linear(D, ffn, bias=False), nn.Linear(ffn, D, bias=False)

        def forward(self, x, cos, sin):
            x = x + self.attention(self.norm1(x), cos, sin)
            h = self.norm2(x)
            return x + self.down(F.silu(self.gate(h)) * self.up(h))

    class Llama(nn.Module):
        def __init__(self):
            super().__init__()
            self.words, self.norm, self.head = nn.Embedding(V, D), nn.RMSNorm(D, eps=1e-5), nn.Linear(D, V, bias=False)
            self.blocks = nn.ModuleList(Block() for _ in range(L))
            self.head.weight = self.words.weight
            self.register_buffer("cos", angle.cos())
            self.register_buffer("sin", angle.sin())

        def forward(self, inputs, targets):
            x, T = self.words(inputs), inputs.shape[1]
            for block in self.blocks:
                x = block(x, self.cos[:T], self.sin[:T])
            return F.cross_entropy(self.head(self.norm(x)).flatten(0, 1), targets.flatten())

    return Llama()


SHAPES = {  # as in core/data/bench_shapes.cpp, P50 with a vocabulary of 4,096
    "P50": (gpt, dict(V=4096, D=512, L=9, H=8, ffn=2048, context=512)),
    "S15": (llama, dict(V=32000, D=288, L=6, H=6, ffn=768, context=256)),
}


def worker(options):
    import torch
    from torch import nn
    from torch.nn import functional as F

    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    make, sizes = SHAPES[options.shape[0]]
    model = make(nn, F, torch, **sizes)
    for parameter in model.parameters():
        if parameter.dim() == 2:
            nn.init.normal_(parameter, std=0.02)
    parameters = list(model.parameters())
    groups = [{"params": [p for p in parameters if p.dim() == 2], "weight_decay": 0.1},
              {"params": [p for p in parameters if p.dim() == 1], "weight_decay": 0.0}]
    try:
        optimiser = torch.optim.AdamW(groups, lr=1e-4, betas=(0.9, 0.95), eps=1e-8, fused=True)
    except (RuntimeError, TypeError):  # this torch has none for the CPU
        optimiser = torch.optim.AdamW(groups, lr=1e-4, betas=(0.9, 0.95), eps=1e-8)
    bf16 = options.precision[0] == "bf16"
    network = torch.compile(model) if options.worker == "compile" else model

    def step():
        inputs, targets = (torch.randint(0, sizes["V"], (options.rows, options.length)) for _ in range(2))
        start = time.perf_counter()
        with torch.amp.autocast("cpu", torch.bfloat16) if bf16 else contextlib.nullcontext():
            loss = network(inputs, targets)
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        return time.perf_counter() - start, loss.item()

    for _ in range(3 if options.worker == "compile" else 1):  # warms up; the first ones compile
        step()
    measured = [step() for _ in range(options.steps)]
    loss = measured[-1][1]
    if not abs(loss - math.log(sizes["V"])) < 1.0:  # random tokens: nothing can be learnt
        sys.exit(f"{options.worker}: a loss of {loss} on random tokens is wrong")
    print(json.dumps({"tokens_per_second": options.rows * options.length / statistics.median_high(t for t, _ in measured),
                      "parameters": sum(p.numel() for p in parameters), "last_loss": loss, "torch": torch.__version__}))


# ---- The run around them.

def run_json(command, environment=None):
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"{os.path.basename(command[0])} failed:\n{done.stderr}{done.stdout}")
    return json.loads(done.stdout)


def measure(options, shape, precision, compiled):
    common = ["--shape", shape, "--precision", precision, "--threads", str(options.threads), "--rows", str(options.rows),
              "--length", str(options.length), "--steps", str(options.steps)]
    environment = os.environ | {"TORCHINDUCTOR_CACHE_DIR": compiled}  # later rounds find what the first one compiled
    commands = {"ours": [options.program, *common, "--vocab", str(SHAPES[shape][1]["V"])]}
    commands |= {peer: [sys.executable, os.path.abspath(__file__), "--worker", peer, *common] for peer in options.peer}
    rounds, torch_version = [], None
    for number in range(options.rounds):
        order = list(commands)
        order = order[number % len(order):] + order[:number % len(order)]
        result = {}
        for who in order:
            document = run_json(commands[who], None if who == "ours" else environment)
            result[who] = document["tokens_per_second"]
            if who == "ours":
                result["share_of_peak"] = document["share_of_peak"]
            else:
                torch_version = document["torch"]
            print(f"{shape} {precision}, round {number + 1} of {options.rounds}: {who} {result[who]:.0f} tokens/s", file=sys.stderr)
        result["ratio"] = result["ours"] / max(result[peer] for peer in options.peer)
        rounds.append(result)
    medians = {key: statistics.median(r[key] for r in rounds) for key in rounds[0]}
    return {"shape": shape, "precision": precision, **medians, "rounds": rounds}, torch_version


def print_table(results, peers):
    row = "{:<6} {:<9} {:>8} " + "{:>8} " * len(peers) + "{:>6} {:>14}"
    print(row.format("shape", "precision", "ours", *peers, "ratio", "share of peak"))
    for r in results:
        print(row.format(r["shape"], r["precision"], *(f"{r[k]:.0f}" for k in ("ours", *peers)), f"{r['ratio']:.2f}",
                         f"{100 * r['share_of_peak']:.0f} %"))


def main():
    parser = argparse.ArgumentParser(description="Training throughput of bench_train beside PyTorch eager and torch.compile.")
    parser.add_argument("--program", help="the built bench_train")
    parser.add_argument("--shape", nargs="+", choices=list(SHAPES), default=list(SHAPES))
    parser.add_argument("--precision", nargs="+", choices=["f32", "bf16"], default=["f32", "bf16"])
    parser.add_argument("--peer", nargs="+", choices=PEERS, default=list(PEERS))
    parser.add_argument("--threads", type=int, default=0, help="0 = all cores")
    parser.add_argument("--rows", type=int, default=8)
    parser.add_argument("--length", type=int, default=256)
    parser.add_argument("--steps", type=int, default=8, help="measured steps of each process in each round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout instead of the table")
    parser.add_argument("--worker", choices=PEERS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.threads = options.threads or os.cpu_count()
    if options.worker:
        return worker(options)
    if not options.program:
        parser.error("--program says where bench_train lies")
    results = []
    with tempfile.TemporaryDirectory() as compiled:
        for shape in options.shape:
            for precision in options.precision:
                result, torch_version = measure(options, shape, precision, compiled)
                results.append(result)
    if options.json:
        print(json.dumps({"torch": torch_version, "threads": options.threads, "rows": options.rows, "length": options.length,
                          "steps": options.steps, "rounds": options.rounds, "results": results}, indent=2))
    else:
        print_table(results, options.peer)


if __name__ == "__main__":
    main()
