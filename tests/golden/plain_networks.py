# SPDX-License-Identifier: GPL-3.0-or-later
"""The networks of every form in plain PyTorch, written from the formulas alone: config.json and named tensors in, logits out.

They compute in the type of the weights (f64 for the golden files) and are differentiable. Letters in shape comments: B batch,
T positions, D model width, H heads, G key/value heads, d head width, r latent rank, dN content width, dR rotary width, dV value width.
"""
import math

import torch
from torch.nn.functional import gelu, silu

LATENT_EPS = 1e-6  # kv_a_layernorm and q_a_layernorm, whatever rms_norm_eps says


def is_layer_norm(c):
    return c.get("norm") == "layer_norm"


def latent_kind(c):
    return "joint" if c["model_type"] == "deepseek_v3" else c.get("latent", "none")


def positions_kind(c):
    return c.get("positions", "rotary")


def head_width(c):
    return c.get("head_dim") or c["hidden_size"] // c["num_attention_heads"]


def tensor_shapes(c):
    """Names and shapes of everything that a configuration needs, in layer order. A Linear's weight is [out, in]."""
    D, H, F = c["hidden_size"], c["num_attention_heads"], c["intermediate_size"]
    shapes = {}

    def linear(name, rows, columns, bias=False):
        shapes[name + ".weight"] = (rows, columns)
        if bias:
            shapes[name + ".bias"] = (rows,)

    def norm(name, width, bias=False):
        shapes[name + ".weight"] = (width,)
        if bias:
            shapes[name + ".bias"] = (width,)

    shapes["model.embed_tokens.weight"] = (c["vocab_size"], D)
    if positions_kind(c) == "learned":
        shapes["model.embed_positions.weight"] = (c["max_position_embeddings"], D)
    for layer in range(c["num_hidden_layers"]):
        p = f"model.layers.{layer}."
        a = p + "self_attn."
        with_bias = c.get("attention_bias", False)
        norm(p + "input_layernorm", D, is_layer_norm(c))
        if latent_kind(c) == "joint":
            r, dN, dR, dV = (c[k] for k in ("kv_lora_rank", "qk_nope_head_dim", "qk_rope_head_dim", "v_head_dim"))
            linear(a + "q_proj", H * (dN + dR), D)
            linear(a + "kv_a_proj_with_mqa", r + dR, D, with_bias)
            norm(a + "kv_a_layernorm", r)
            linear(a + "kv_b_proj", H * (dN + dV), r)
            linear(a + "o_proj", D, H * dV, with_bias)
        else:
            d, G = head_width(c), c["num_key_value_heads"]
            linear(a + "q_proj", H * d, D, with_bias)
            if latent_kind(c) == "per_head":
                for side in "kv":
                    linear(a + side + "_down_proj", H * c[side + "_rank"], D)
                    linear(a + side + "_up_proj", H * d, c[side + "_rank"])
            else:
                linear(a + "k_proj", G * d, D, with_bias)
                linear(a + "v_proj", G * d, D, with_bias)
            linear(a + "o_proj", D, H * d, with_bias)
        norm(p + "post_attention_layernorm", D, is_layer_norm(c))
        if c.get("mlp", "swiglu") == "swiglu":
            linear(p + "mlp.gate_proj", F, D, c.get("mlp_bias", False))
        linear(p + "mlp.up_proj", F, D, c.get("mlp_bias", False))
        linear(p + "mlp.down_proj", D, F, c.get("mlp_bias", False))
    norm("model.norm", D, is_layer_norm(c))
    if not c["tie_word_embeddings"]:
        shapes["lm_head.weight"] = (c["vocab_size"], D)
    return shapes


def apply_linear(w, name, x):
    y = x @ w[name + ".weight"].T
    return y + w[name + ".bias"] if name + ".bias" in w else y


def rms_norm(x, weight, eps):
    return x / torch.sqrt((x * x).mean(-1, keepdim=True) + eps) * weight


def apply_norm(c, w, name, x):
    eps = c.get("rms_norm_eps", c.get("norm_eps"))
    if not is_layer_norm(c):
        return rms_norm(x, w[name + ".weight"], eps)
    centred = x - x.mean(-1, keepdim=True)
    return centred / torch.sqrt((centred * centred).mean(-1, keepdim=True) + eps) * w[name + ".weight"] + w[name + ".bias"]


def rotate(x, theta, interleaved):
    """Turns pair i of position p by p · theta^(−2i/width): (u, v) → (u cos − v sin, v cos + u sin). x [B, T, heads, width]."""
    T, width = x.shape[1], x.shape[3]
    frequency = theta ** (-torch.arange(0, width, 2, dtype=torch.float64) / width)
    angle = torch.arange(T, dtype=torch.float64)[:, None, None] * frequency  # [T, 1, width/2]
    cos, sin = angle.cos().to(x.dtype), angle.sin().to(x.dtype)
    if interleaved:
        u, v = x[..., 0::2], x[..., 1::2]
        return torch.stack([u * cos - v * sin, v * cos + u * sin], -1).flatten(-2)
    u, v = x[..., : width // 2], x[..., width // 2 :]
    return torch.cat([u * cos - v * sin, v * cos + u * sin], -1)


def attend(q, k, v):
    """Causal softmax(q·kᵀ/√width)·v. q, k [B, T, H, width], v [B, T, H, dV] → [B, T, H·dV]."""
    T = q.shape[1]
    scores = torch.einsum("bthd,bshd->bhts", q, k) / math.sqrt(q.shape[-1])
    later = torch.ones(T, T, dtype=torch.bool).triu(1)
    weights = scores.masked_fill(later, -math.inf).softmax(-1)
    return torch.einsum("bhts,bshd->bthd", weights, v).flatten(2)


def joint_attention(c, w, a, x):
    """DeepSeek-V2/V3 (arXiv 2405.04434) without a query rank: one latent and one rotary key for all heads."""
    H, r, dN, dR, dV = (c[k] for k in ("num_attention_heads", "kv_lora_rank", "qk_nope_head_dim", "qk_rope_head_dim", "v_head_dim"))
    turn = lambda t: rotate(t, c["rope_theta"], c["rope_interleave"])
    q = apply_linear(w, a + "q_proj", x).unflatten(-1, (H, dN + dR))
    q = torch.cat([q[..., :dN], turn(q[..., dN:])], -1)
    down = apply_linear(w, a + "kv_a_proj_with_mqa", x)  # [B, T, r + dR]
    latent = rms_norm(down[..., :r], w[a + "kv_a_layernorm.weight"], LATENT_EPS)
    rotary_key = turn(down[..., r:].unsqueeze(2)).expand(-1, -1, H, -1)
    up = apply_linear(w, a + "kv_b_proj", latent).unflatten(-1, (H, dN + dV))
    k = torch.cat([up[..., :dN], rotary_key], -1)
    return apply_linear(w, a + "o_proj", attend(q, k, up[..., dN:]))


def attention(c, w, a, x):
    if latent_kind(c) == "joint":
        return joint_attention(c, w, a, x)
    H, G, d = c["num_attention_heads"], c["num_key_value_heads"], head_width(c)
    q = apply_linear(w, a + "q_proj", x).unflatten(-1, (H, d))
    if latent_kind(c) == "per_head":  # K_h = (X W↓_h) W↑_h (arXiv 2506.09342)
        def rebuilt(side):
            latents = apply_linear(w, a + side + "_down_proj", x).unflatten(-1, (H, -1))  # [B, T, H, r]
            up = w[a + side + "_up_proj.weight"].unflatten(0, (H, d))                     # [H, d, r], a head below the other
            return torch.einsum("bthr,hdr->bthd", latents, up)
        k, v = rebuilt("k"), rebuilt("v")
    else:  # head i reads key/value head ⌊i / (H/G)⌋
        k = apply_linear(w, a + "k_proj", x).unflatten(-1, (G, d)).repeat_interleave(H // G, 2)
        v = apply_linear(w, a + "v_proj", x).unflatten(-1, (G, d)).repeat_interleave(H // G, 2)
    if positions_kind(c) == "rotary":
        interleaved = c.get("rope_layout") == "interleaved"
        q, k = rotate(q, c["rope_theta"], interleaved), rotate(k, c["rope_theta"], interleaved)
    return apply_linear(w, a + "o_proj", attend(q, k, v))


def feed_forward(c, w, m, x):
    up = apply_linear(w, m + "up_proj", x)
    if c.get("mlp", "swiglu") == "swiglu":
        return apply_linear(w, m + "down_proj", silu(apply_linear(w, m + "gate_proj", x)) * up)
    return apply_linear(w, m + "down_proj", gelu(up))  # exact, by erf


def logits(c, w, ids):
    """ids [B, T] → [B, T, V]. Pre-norm blocks, final norm, head (the embedding again where it is tied)."""
    x = w["model.embed_tokens.weight"][ids]
    if positions_kind(c) == "learned":
        x = x + w["model.embed_positions.weight"][: ids.shape[1]]
    for layer in range(c["num_hidden_layers"]):
        p = f"model.layers.{layer}."
        x = x + attention(c, w, p + "self_attn.", apply_norm(c, w, p + "input_layernorm", x))
        x = x + feed_forward(c, w, p + "mlp.", apply_norm(c, w, p + "post_attention_layernorm", x))
    x = apply_norm(c, w, "model.norm", x)
    return x @ w["model.embed_tokens.weight" if c["tie_word_embeddings"] else "lm_head.weight"].T
