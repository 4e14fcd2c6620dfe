# SPDX-License-Identifier: GPL-3.0-or-later
"""What transformers and llama.cpp make of the same logits: the oracle of tst_sampler_golden and tst_beam_search.

Writes samplers/stages.json and samplers/beams.json beside this file.
- temperature, top-k, top-p, min-p, typical, repetition penalty, chains of them and beam search: transformers;
- top-n-sigma, mirostat v2, DRY, XTC: llama.cpp's own code, called in the library that the package xllamacpp brings (Linux).

    python3 -m venv oracle
    oracle/bin/pip install torch==2.13.0 transformers==4.57.6 safetensors numpy xllamacpp
    oracle/bin/python tests/golden/make_sampler_golden.py
"""
import ctypes
import json
import math
import pathlib

import numpy as np
import torch
import transformers
import xllamacpp
from transformers import AutoModelForCausalLM
from transformers.generation.logits_process import (MinPLogitsWarper, RepetitionPenaltyLogitsProcessor, TemperatureLogitsWarper,
                                                    TopKLogitsWarper, TopPLogitsWarper, TypicalLogitsWarper)

HERE = pathlib.Path(__file__).resolve().parent
OUT = HERE / "samplers"
LIBRARY = next(pathlib.Path(xllamacpp.__file__).parent.glob("*.so"))
V = 96


def logits_of(rng, spread=2.5):
    """Random, but with a few likely tokens, as a network's are; no two alike."""
    values = rng.normal(0, spread, V)
    values[rng.integers(0, V, 4)] += 3
    return np.round(values, 3).astype(np.float32) + np.arange(V, dtype=np.float32) * np.float32(1e-5)


def shares(logits):
    """Softmax in f64 of what is left, as {id: probability}."""
    left = {i: float(x) for i, x in logits if x > -math.inf}
    best = max(left.values())
    total = sum(math.exp(x - best) for x in left.values())
    return {str(i): round(math.exp(x - best) / total, 9) for i, x in sorted(left.items())}


def shortest(logits):
    """The fewest digits that give the same float32."""
    return [float(str(x)) for x in logits]


# --- transformers ---------------------------------------------------------------------------------------------------------------

WARPERS = {"repetitionPenalty": ("repetition-penalty", RepetitionPenaltyLogitsProcessor), "temperature": ("temperature", TemperatureLogitsWarper),
           "topK": ("top-k", lambda k: TopKLogitsWarper(int(k))), "topP": ("top-p", TopPLogitsWarper), "minP": ("min-p", MinPLogitsWarper),
           "typicalP": ("typical", TypicalLogitsWarper)}


def by_transformers(logits, settings, history):
    scores = torch.tensor(logits)[None]
    ids = torch.tensor([history], dtype=torch.int64)
    for key, value in settings.items():  # in the order in which they are written
        scores = WARPERS[key][1](value)(ids, scores)
    return shares(enumerate(scores[0].tolist()))


def transformers_cases(rng):
    chains = [{"temperature": t} for t in (0.3, 0.8, 1.7)] + [{"topK": k} for k in (1, 7, 50)]
    chains += [{"topP": p} for p in (0.1, 0.5, 0.9, 0.99)] + [{"minP": p} for p in (0.01, 0.1, 0.6)]
    chains += [{"typicalP": p} for p in (0.1, 0.4, 0.9, 0.98)] + [{"repetitionPenalty": p} for p in (0.8, 1.1, 1.6)]
    chains += [{"repetitionPenalty": 1.2, "temperature": 0.7, "topK": 40, "topP": 0.9, "minP": 0.05},
               {"topP": 0.8, "temperature": 1.5}, {"temperature": 1.5, "topP": 0.8},
               {"minP": 0.1, "typicalP": 0.7, "temperature": 0.6, "repetitionPenalty": 1.3},
               {"temperature": 2.0, "repetitionPenalty": 1.3, "topK": 12},
               {"topK": 20, "typicalP": 0.5, "topP": 0.9, "temperature": 0.9}]
    cases = []
    for settings in chains:
        for _ in range(3):
            logits = logits_of(rng)
            history = rng.integers(0, V, 30).tolist()
            cases.append({"by": "transformers", "settings": settings, "order": ",".join(WARPERS[k][0] for k in settings),
                          "history": history, "logits": shortest(logits), "after": by_transformers(logits, settings, history)})
    return cases


# --- llama.cpp ------------------------------------------------------------------------------------------------------------------

class Token(ctypes.Structure):
    _fields_ = [("id", ctypes.c_int32), ("logit", ctypes.c_float), ("p", ctypes.c_float)]


class Tokens(ctypes.Structure):
    _fields_ = [("data", ctypes.POINTER(Token)), ("size", ctypes.c_size_t), ("selected", ctypes.c_int64), ("sorted", ctypes.c_bool)]


class Vector(ctypes.Structure):
    """std::vector as the library sees it."""
    _fields_ = [("begin", ctypes.c_void_p), ("end", ctypes.c_void_p), ("room", ctypes.c_void_p)]


F, I, U, N = ctypes.c_float, ctypes.c_int32, ctypes.c_uint32, ctypes.c_size_t


class Llama:
    def __init__(self):
        self.lib = ctypes.CDLL(str(LIBRARY))
        self.keep = []

    def make(self, name, kinds, *values):
        function = getattr(self.lib, name)
        function.restype, function.argtypes = ctypes.c_void_p, kinds
        return ctypes.c_void_p(function(*values))

    def vector(self, items, kind):
        array = (kind * len(items))(*items)
        begin = ctypes.addressof(array)
        end = begin + ctypes.sizeof(array)
        vector = Vector(begin, end, end)
        self.keep += [array, vector]
        return vector

    def dry(self, multiplier, base, allowed, last, breakers):
        sequences = self.vector([self.vector([b], ctypes.c_int32) for b in breakers], Vector)
        return self.make("_Z30llama_sampler_init_dry_testingffiiRKSt6vectorIS_IiSaIiEESaIS1_EE", [F, F, I, I, ctypes.c_void_p],
                         multiplier, base, allowed, last, ctypes.addressof(sequences))

    def accept(self, sampler, tokens):
        for token in tokens:
            self.lib.llama_sampler_accept(sampler, I(token))

    def apply(self, sampler, logits):
        """(id, logit) of what is left, and the token that was chosen, if any was."""
        data = (Token * len(logits))(*[Token(i, float(x), 0) for i, x in enumerate(logits)])
        tokens = Tokens(data, len(logits), -1, False)
        self.lib.llama_sampler_apply(sampler, ctypes.byref(tokens))
        left = [(tokens.data[i].id, tokens.data[i].logit) for i in range(tokens.size)]
        return left, left[tokens.selected][0] if tokens.selected >= 0 else None


def llama_cases(rng, llama):
    cases = []

    def add(stage, settings, sampler, logits, history=(), breakers=()):
        llama.accept(sampler, history)
        left, _ = llama.apply(sampler, logits)
        cases.append({"by": "llama.cpp", "settings": settings, "order": stage, "history": list(history), "breakers": list(breakers),
                      "logits": shortest(logits), "after": shares(left)})

    for n in (0.5, 1.0, 2.0, 3.5):
        for spread in (1.0, 2.5):
            add("top-n-sigma", {"topNSigma": n}, llama.make("llama_sampler_init_top_n_sigma", [F], n), logits_of(rng, spread))
    for threshold in (0.02, 0.05, 0.1, 0.2, 0.3):
        for _ in range(3):
            add("xtc", {"xtcProbability": 1.0, "xtcThreshold": threshold},
                llama.make("llama_sampler_init_xtc", [F, F, N, U], 1.0, threshold, 1, 7), logits_of(rng))
    for multiplier, base, allowed, last in ((0.8, 1.75, 2, 0), (0.5, 1.2, 1, 0), (1.3, 2.5, 3, 0), (0.8, 1.75, 2, 20), (2.0, 1.0, 2, 0)):
        for breakers in ((), (5,), (5, 2)):
            for kind in range(3):
                if kind == 0:
                    history = rng.integers(0, 7, 40).tolist()
                elif kind == 1:
                    history = (rng.integers(0, V, 9).tolist() * 5)[:40]
                else:
                    history = [3] * 12 + rng.integers(0, 3, 30).tolist() + [3, 3, 3]
                sampler = llama.dry(multiplier, base, allowed, last if last else len(history), breakers)
                add("dry", {"dryMultiplier": multiplier, "dryBase": base, "dryAllowed": allowed, "dryRange": last}, sampler,
                    logits_of(rng), history, breakers)
    return cases


def mirostat_cases(rng, llama):
    """Texts of 12 tokens: what was left at each, and which of them llama.cpp drew."""
    texts = []
    for tau, eta in ((2.0, 0.1), (3.0, 0.5), (5.0, 0.1), (0.7, 1.0)):
        sampler = llama.make("llama_sampler_init_mirostat_v2", [U, F, F], 42, tau, eta)
        steps = []
        for _ in range(12):
            logits = logits_of(rng, 1.8)
            left, chosen = llama.apply(sampler, logits)
            llama.accept(sampler, [chosen])
            steps.append({"logits": shortest(logits), "after": shares(left), "token": chosen})
        texts.append({"by": "llama.cpp", "tau": tau, "eta": eta, "steps": steps})
    return texts


# --- beam search ----------------------------------------------------------------------------------------------------------------

def beam_cases(rng):
    cases = []
    for name in ("llama-gqa-bias-untied", "deepseek-bias", "gpt2"):
        model = AutoModelForCausalLM.from_pretrained(HERE / "models" / name, dtype=torch.float32).eval()
        for width, penalty, early, ending in ((5, 1.0, False, False), (5, 1.0, False, True), (5, 1.0, True, True), (2, 0.0, False, True),
                                              (3, 2.0, False, True), (4, -0.5, False, True), (5, 0.0, True, True)):
            prompt = rng.integers(3, model.config.vocab_size, 6).tolist()

            def search(ends):
                out = model.generate(torch.tensor([prompt]), attention_mask=torch.ones(1, len(prompt)), num_beams=width,
                                     length_penalty=penalty, early_stopping=early, do_sample=False, max_new_tokens=14, eos_token_id=ends,
                                     pad_token_id=0, return_dict_in_generate=True, output_scores=True)
                tokens = out.sequences[0][len(prompt):].tolist()
                for at, token in enumerate(tokens):
                    if token in (ends or []):
                        tokens = tokens[:at + 1]
                        break
                return tokens, float(out.sequences_scores[0])

            ends = None
            tokens, score = search(ends)
            if ending:  # a token that the search likes ends a text
                ends = sorted({tokens[3], tokens[7]})
                tokens, score = search(ends)
            cases.append({"by": "transformers", "model": name, "width": width, "length_penalty": penalty, "early_stopping": early,
                          "ends": ends or [], "max_tokens": 14, "prompt": prompt, "tokens": tokens, "score": score})
    return cases


def main():
    OUT.mkdir(exist_ok=True)
    rng = np.random.default_rng(20260117)
    llama = Llama()
    stages = {"transformers": transformers.__version__, "cases": transformers_cases(rng) + llama_cases(rng, llama),
              "mirostat": mirostat_cases(rng, llama)}
    (OUT / "stages.json").write_text(json.dumps(stages, separators=(",", ":")) + "\n")
    beams = {"transformers": transformers.__version__, "cases": beam_cases(rng)}
    (OUT / "beams.json").write_text(json.dumps(beams, indent=1) + "\n")
    print(len(stages["cases"]), "cases,", len(stages["mirostat"]), "texts with mirostat,", len(beams["cases"]), "beam searches")


if __name__ == "__main__":
    main()
