# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading and writing speed beside other programs, in one run: latentloom-cli bench and the peers take turns on the same weights.

Each measurement is a process of its own. In every round all run one after the other, beginning with another one each time; the ratio is
taken within a round (ours over the fastest peer of that round) and the median of the rounds' ratios is printed.

    python3 -m venv peers
    peers/bin/pip install torch==2.13.0
    peers/bin/pip install transformers==4.57.6 gguf xllamacpp ctranslate2
    peers/bin/python tests/bench/decode_peers.py --program build/release/bin/latentloom-cli [--shape S15 P50 P200] [--precision f32 bf16 int8 int4]

Peers that are not installed are left out. Weights are random (a seed), the same for all: a Hugging Face folder that the script writes, and
GGUF files made of it. llama.cpp (in the wheel of xllamacpp): F32, BF16, Q8_0, Q4_0. transformers: eager, f32 and bf16. torch: the same with dynamic int8 linear maps.
CTranslate2: float32, int8.
"""
import argparse
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

SHAPES = {  # as in core/data/bench_shapes.cpp
    "S15": dict(kind="llama", V=32000, D=288, L=6, H=6, ffn=768, context=512),
    "P50": dict(kind="gpt2", V=50257, D=512, L=9, H=8, ffn=2048, context=512),
    "P200": dict(kind="gpt2", V=50257, D=1024, L=12, H=16, ffn=4096, context=512),
}
GGUF_TYPES = {"f32": "F32", "bf16": "BF16", "int8": "Q8_0", "int4": "Q4_0"}
PEERS = {  # precision → who can do it
    "f32": ["llama.cpp", "transformers", "ctranslate2"],
    "bf16": ["llama.cpp", "transformers"],
    "int8": ["llama.cpp", "torch-dynamic", "ctranslate2"],
    "int4": ["llama.cpp"],
}
NEEDS = {"llama.cpp": "xllamacpp", "transformers": "transformers", "torch-dynamic": "transformers", "ctranslate2": "ctranslate2"}


# ---- Weights: a Hugging Face folder, and GGUF files of the same tensors.

def hf_model(shape):
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM
    s = SHAPES[shape]
    torch.manual_seed(1)
    if s["kind"] == "llama":
        return LlamaForCausalLM(LlamaConfig(
            vocab_size=s["V"], hidden_size=s["D"], num_hidden_layers=s["L"], num_attention_heads=s["H"], num_key_value_heads=s["H"],
            intermediate_size=s["ffn"], max_position_embeddings=s["context"], rms_norm_eps=1e-5, tie_word_embeddings=True,
            bos_token_id=0, eos_token_id=0))
    return GPT2LMHeadModel(GPT2Config(
        vocab_size=s["V"], n_embd=s["D"], n_layer=s["L"], n_head=s["H"], n_inner=s["ffn"], n_positions=s["context"],
        bos_token_id=0, eos_token_id=0))


def write_tokenizer(folder, V):
    """Words w0, w1, …: CTranslate2's converter wants a vocabulary of the right size."""
    from tokenizers import Tokenizer, models
    from transformers import PreTrainedTokenizerFast
    words = Tokenizer(models.WordLevel({f"w{i}": i for i in range(V)}, unk_token="w0"))
    PreTrainedTokenizerFast(tokenizer_object=words, bos_token="w0", eos_token="w0", unk_token="w0").save_pretrained(folder)


def write_gguf(model, shape, kind, path):
    import gguf
    import numpy
    s = SHAPES[shape]
    llama = s["kind"] == "llama"
    writer = gguf.GGUFWriter(path, s["kind"])
    writer.add_context_length(s["context"])
    writer.add_embedding_length(s["D"])
    writer.add_block_count(s["L"])
    writer.add_feed_forward_length(s["ffn"])
    writer.add_head_count(s["H"])
    if llama:
        writer.add_head_count_kv(s["H"])
        writer.add_rope_dimension_count(s["D"] // s["H"])
        writer.add_layer_norm_rms_eps(1e-5)
        writer.add_vocab_size(s["V"])
    else:
        writer.add_layer_norm_eps(1e-5)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list([f"w{i}" for i in range(s["V"])])
    writer.add_token_types([1] * s["V"])
    writer.add_token_merges(["w 0"])  # llama.cpp wants one at least
    writer.add_bos_token_id(0)
    writer.add_eos_token_id(0)
    target = getattr(gguf.GGMLQuantizationType, GGUF_TYPES[kind])

    def add(name, tensor):
        data = tensor.detach().float().numpy()
        matrix = data.ndim == 2 and not name.startswith("position") and data.shape[1] % 32 == 0
        use = target if matrix else gguf.GGMLQuantizationType.F32
        if use == gguf.GGMLQuantizationType.F32:
            writer.add_tensor(name, numpy.ascontiguousarray(data))
        else:
            writer.add_tensor(name, gguf.quants.quantize(numpy.ascontiguousarray(data), use), raw_dtype=use)

    w = model.state_dict()
    if llama:
        def permuted(t):  # the order in which llama.cpp turns pairs
            return t.reshape(s["H"], 2, t.shape[0] // s["H"] // 2, t.shape[1]).swapaxes(1, 2).reshape(t.shape)
        add("token_embd.weight", w["model.embed_tokens.weight"])
        add("output_norm.weight", w["model.norm.weight"])
        for i in range(s["L"]):
            a, b = f"model.layers.{i}.", f"blk.{i}."
            add(b + "attn_norm.weight", w[a + "input_layernorm.weight"])
            add(b + "ffn_norm.weight", w[a + "post_attention_layernorm.weight"])
            add(b + "attn_q.weight", permuted(w[a + "self_attn.q_proj.weight"]))
            add(b + "attn_k.weight", permuted(w[a + "self_attn.k_proj.weight"]))
            add(b + "attn_v.weight", w[a + "self_attn.v_proj.weight"])
            add(b + "attn_output.weight", w[a + "self_attn.o_proj.weight"])
            add(b + "ffn_gate.weight", w[a + "mlp.gate_proj.weight"])
            add(b + "ffn_up.weight", w[a + "mlp.up_proj.weight"])
            add(b + "ffn_down.weight", w[a + "mlp.down_proj.weight"])
    else:
        add("token_embd.weight", w["transformer.wte.weight"])
        add("position_embd.weight", w["transformer.wpe.weight"])
        add("output_norm.weight", w["transformer.ln_f.weight"])
        add("output_norm.bias", w["transformer.ln_f.bias"])
        add("output.weight", w["transformer.wte.weight"])
        names = {"ln_1": "attn_norm", "ln_2": "ffn_norm", "attn.c_attn": "attn_qkv", "attn.c_proj": "attn_output",
                 "mlp.c_fc": "ffn_up", "mlp.c_proj": "ffn_down"}
        for i in range(s["L"]):
            for theirs, ours in names.items():
                for end in ("weight", "bias"):
                    tensor = w[f"transformer.h.{i}.{theirs}.{end}"]
                    add(f"blk.{i}.{ours}.{end}", tensor.T if tensor.dim() == 2 else tensor)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def prepare(shape, precisions, folder):
    """Writes what the processes of this shape read; returns {precision: GGUF file} and whether CTranslate2's folder is there."""
    model = hf_model(shape)
    model.save_pretrained(os.path.join(folder, "hf"))
    write_tokenizer(os.path.join(folder, "hf"), SHAPES[shape]["V"])
    if importlib.util.find_spec("xllamacpp"):
        for precision in precisions:
            write_gguf(model, shape, precision, os.path.join(folder, precision + ".gguf"))
    if importlib.util.find_spec("ctranslate2"):
        import ctranslate2
        ctranslate2.converters.TransformersConverter(os.path.join(folder, "hf")).convert(os.path.join(folder, "ct2"))


# ---- A peer's process.

def median_rate(count, step, repeats):
    """Tokens per second of `step`, which makes `count` of them: the median, after one that warms up."""
    times = []
    for _ in range(repeats + 1):
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    return count / statistics.median(times[1:])


def run_llama(options, folder):
    """Through llama.cpp's C functions, which the wheel exports: its Python interface is a server, whose queue costs milliseconds a token.
    Structures are passed as they were handed out, so that their size need not be known."""
    import ctypes
    import xllamacpp

    class Opaque(ctypes.Structure):
        _fields_ = [("bytes", ctypes.c_char * 1024)]

    lib = ctypes.CDLL(xllamacpp.xllamacpp.__file__)
    for name, result, arguments in (
            ("llama_model_default_params", Opaque, []), ("llama_context_default_params", Opaque, []),
            ("llama_model_load_from_file", ctypes.c_void_p, [ctypes.c_char_p, Opaque]),
            ("llama_init_from_model", ctypes.c_void_p, [ctypes.c_void_p, Opaque]),
            ("llama_set_n_threads", None, [ctypes.c_void_p, ctypes.c_int32, ctypes.c_int32]),
            ("llama_get_memory", ctypes.c_void_p, [ctypes.c_void_p]), ("llama_memory_clear", None, [ctypes.c_void_p, ctypes.c_bool]),
            ("llama_batch_get_one", Opaque, [ctypes.c_void_p, ctypes.c_int32]),
            ("llama_decode", ctypes.c_int32, [ctypes.c_void_p, Opaque])):
        function = getattr(lib, name)
        function.restype, function.argtypes = result, arguments
    model = lib.llama_model_load_from_file(os.path.join(folder, options.precision[0] + ".gguf").encode(), lib.llama_model_default_params())
    wishes = lib.llama_context_default_params()
    (ctypes.c_uint32 * 3).from_buffer(wishes)[:] = [512, 512, 512]  # n_ctx, n_batch, n_ubatch
    context = lib.llama_init_from_model(model, wishes)
    lib.llama_set_n_threads(context, options.threads, options.threads)

    def evaluate(tokens):
        ids = (ctypes.c_int32 * len(tokens))(*tokens)
        if lib.llama_decode(context, lib.llama_batch_get_one(ids, len(tokens))) != 0:
            raise RuntimeError("llama_decode failed")

    def read():
        lib.llama_memory_clear(lib.llama_get_memory(context), True)
        evaluate([(7 * i + 1) % 1000 for i in range(options.prefill)])

    def write():
        lib.llama_memory_clear(lib.llama_get_memory(context), True)
        for i in range(options.decode):
            evaluate([(11 * i + 1) % 1000])

    return {"prefill": median_rate(options.prefill, read, options.repeats), "decode": median_rate(options.decode, write, options.repeats)}


def run_transformers(options, folder):
    import torch
    from transformers import AutoModelForCausalLM
    torch.set_num_threads(options.threads)
    dtype = torch.bfloat16 if options.precision[0] == "bf16" else torch.float32
    model = AutoModelForCausalLM.from_pretrained(os.path.join(folder, "hf"), dtype=dtype).eval()
    if options.worker == "torch-dynamic":
        from transformers.pytorch_utils import Conv1D
        for module in list(model.modules()):  # GPT-2's transposed maps as linear ones, which is what can be quantised
            for name, child in list(module.named_children()):
                if isinstance(child, Conv1D):
                    linear = torch.nn.Linear(child.weight.shape[0], child.weight.shape[1])
                    linear.weight.data, linear.bias.data = child.weight.data.T.contiguous(), child.bias.data
                    setattr(module, name, linear)
        model = torch.ao.quantization.quantize_dynamic(model, {torch.nn.Linear}, dtype=torch.qint8)

    @torch.inference_mode()
    def read():
        model(torch.arange(options.prefill)[None] % 1000, use_cache=True, logits_to_keep=1)

    @torch.inference_mode()
    def write():
        past = None
        for i in range(options.decode):
            past = model(torch.tensor([[(11 * i + 1) % 1000]]), past_key_values=past, use_cache=True).past_key_values

    return {"prefill": median_rate(options.prefill, read, options.repeats), "decode": median_rate(options.decode, write, options.repeats)}


def run_ctranslate2(options, folder):
    import ctranslate2
    kind = {"f32": "float32", "int8": "int8"}[options.precision[0]]
    generator = ctranslate2.Generator(os.path.join(folder, "ct2"), device="cpu", compute_type=kind, intra_threads=options.threads)
    prompt = [[f"w{(7 * i + 1) % 1000}" for i in range(options.prefill)]]

    def read():
        generator.forward_batch(prompt)  # with the head at every position: it has no other way

    def write():
        generator.generate_batch([["w1"]], max_length=options.decode, min_length=options.decode, include_prompt_in_result=False)

    return {"prefill": median_rate(options.prefill, read, options.repeats), "decode": median_rate(options.decode, write, options.repeats)}


# ---- The run around them.

def run_json(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        print(f"{' '.join(command[:4])} failed:\n{done.stderr[-2000:]}", file=sys.stderr)
        return None
    return json.loads(done.stdout.strip().splitlines()[-1] if not done.stdout.startswith("{\n") else done.stdout)


def measure(options, shape, precision, folder):
    amounts = ["--prefill", str(options.prefill), "--decode", str(options.decode), "--repeats", str(options.repeats)]
    threads = ["--threads", str(options.threads)]
    commands = {"ours": [options.program, "bench", os.path.join(folder, "hf"), "--precision", precision, "--json", *threads, *amounts]}
    for peer in PEERS[precision]:
        if importlib.util.find_spec(NEEDS[peer]):
            commands[peer] = [sys.executable, os.path.abspath(__file__), "--worker", peer, "--folder", folder, "--precision", precision,
                              *threads, *amounts]
    rounds = []
    for number in range(options.rounds):
        order = list(commands)
        order = order[number % len(order):] + order[:number % len(order)]
        result = {}
        for who in order:
            document = run_json(commands[who])
            if document is None:
                commands.pop(who)  # a peer that cannot do this one
                continue
            if who == "ours":
                document = {"prefill": document["prefill_tokens_per_second"]["median"],
                            "decode": document["decode_tokens_per_second"]["median"],
                            "share": document["share_of_bandwidth_limit"]}
            result[who] = document
            print(f"{shape} {precision}, round {number + 1} of {options.rounds}: {who} writes {document['decode']:.0f}, reads "
                  f"{document['prefill']:.0f} tokens/s", file=sys.stderr)
        rounds.append(result)
    rows = []
    peers = [who for who in commands if who != "ours"]
    for what in ("decode", "prefill"):
        row = {"shape": shape, "precision": precision, "what": what,
               "ours": statistics.median(r["ours"][what] for r in rounds)}
        for peer in peers:
            row[peer] = statistics.median(r[peer][what] for r in rounds if peer in r)
        if peers:
            row["ratio"] = statistics.median(r["ours"][what] / max(r[p][what] for p in peers if p in r) for r in rounds)
        if what == "decode":
            row["share"] = statistics.median(r["ours"]["share"] for r in rounds)
        rows.append(row)
    return rows


def main():
    parser = argparse.ArgumentParser(description="latentloom-cli bench beside llama.cpp, transformers, torch and CTranslate2.")
    parser.add_argument("--program", help="the built latentloom-cli")
    parser.add_argument("--shape", nargs="+", choices=list(SHAPES), default=list(SHAPES))
    parser.add_argument("--precision", nargs="+", choices=list(GGUF_TYPES), default=list(GGUF_TYPES))
    parser.add_argument("--threads", type=int, default=0, help="0 = all cores")
    parser.add_argument("--prefill", type=int, default=256)
    parser.add_argument("--decode", type=int, default=64)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout instead of the table")
    parser.add_argument("--worker", choices=list(NEEDS), help=argparse.SUPPRESS)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.threads = options.threads or os.cpu_count()
    if options.worker:
        run = {"llama.cpp": run_llama, "ctranslate2": run_ctranslate2}.get(options.worker, run_transformers)
        print(json.dumps(run(options, options.folder)))
        return
    if not options.program:
        parser.error("--program says where latentloom-cli lies")
    rows = []
    for shape in options.shape:
        with tempfile.TemporaryDirectory() as folder:
            prepare(shape, options.precision, folder)
            for precision in options.precision:
                rows += measure(options, shape, precision, folder)
    if options.json:
        print(json.dumps({"threads": options.threads, "rows": rows}, indent=2))
        return
    peers = [p for p in NEEDS if any(p in row for row in rows)]
    line = "{:<6} {:<5} {:<8} {:>8} " + "{:>14} " * len(peers) + "{:>6} {:>6}"
    print(line.format("shape", "", "", "ours", *peers, "ratio", "limit"))
    for row in rows:
        cells = [f"{row[p]:.0f}" if p in row else "–" for p in peers]
        share = f"{100 * row['share']:.0f} %" if "share" in row else ""
        print(line.format(row["shape"], row["precision"], row["what"], f"{row['ours']:.0f}", *cells, f"{row.get('ratio', 0):.2f}", share))


if __name__ == "__main__":
    main()
