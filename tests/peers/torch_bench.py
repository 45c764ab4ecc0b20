#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A yardstick, not part of the build: the same network in PyTorch, as one would write it with plain modules.

    torch_bench.py SHAPE.json prefill|train [--math bf16|f32] [--sequences 8] [--length 256] [--compile]

Prints one JSON object with tokens a second, the median of --repetitions after one that is not counted. Prefill runs the
whole network in bfloat16 (or fp32), one sequence of 512, scores of the last token only; training runs under autocast
with fp32 weights, AdamW (fused) and gradient clipping.
"""
import argparse
import json
import resource
import statistics
import sys
import time

try:
    import torch
    from torch import nn
    from torch.nn import functional as F
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)


class Expert(nn.Module):
    def __init__(self, d, ff):
        super().__init__()
        self.w1 = nn.Linear(d, ff, bias=False)
        self.w2 = nn.Linear(d, ff, bias=False)
        self.c_proj = nn.Linear(ff, d, bias=False)

    def forward(self, x):
        return self.c_proj(F.silu(self.w1(x)) * self.w2(x))


class Experts(nn.Module):
    def __init__(self, s):
        super().__init__()
        self.top_k = s["top_k"]
        self.router = nn.Linear(s["n_embd"], s["num_experts"], bias=False)
        self.experts = nn.ModuleList(Expert(s["n_embd"], s["expert_intermediate_size"]) for _ in range(s["num_experts"]))
        self.shared = Expert(s["n_embd"], s["shared_expert_intermediate_size"])

    def forward(self, x):
        flat = x.reshape(-1, x.shape[-1])
        probs = F.softmax(self.router(flat).float(), dim=-1)
        weight, chosen = probs.topk(self.top_k, dim=-1)
        weight = weight / weight.sum(-1, keepdim=True)
        out = self.shared(flat)
        for e, expert in enumerate(self.experts):
            token, slot = torch.where(chosen == e)
            if token.numel():
                out = out.index_add(0, token, (expert(flat[token]) * weight[token, slot, None]).to(out.dtype))
        return out.view_as(x), len(self.experts) * (probs.mean(0) ** 2).sum()


def rotate(x, cos, sin):
    even, odd = x[..., 0::2], x[..., 1::2]
    return torch.stack((even * cos - odd * sin, even * sin + odd * cos), -1).flatten(-2)


class Layer(nn.Module):
    def __init__(self, s):
        super().__init__()
        self.heads, self.dim = s["n_head"], s["head_dim"]
        self.ln_1 = nn.RMSNorm(s["n_embd"], eps=1e-5)
        self.ln_2 = nn.RMSNorm(s["n_embd"], eps=1e-5)
        self.c_attn = nn.Linear(s["n_embd"], 3 * self.heads * self.dim, bias=False)
        self.c_proj = nn.Linear(self.heads * self.dim, s["n_embd"], bias=False)
        self.mlp = Experts(s)

    def forward(self, x, cos, sin):
        b, t, _ = x.shape
        q, k, v = self.c_attn(self.ln_1(x)).view(b, t, 3, self.heads, self.dim).permute(2, 0, 3, 1, 4)
        cos, sin = cos.to(q.dtype), sin.to(q.dtype)
        y = F.scaled_dot_product_attention(rotate(q, cos, sin), rotate(k, cos, sin), v, is_causal=True)
        x = x + self.c_proj(y.transpose(1, 2).reshape(b, t, -1))
        y, aux = self.mlp(self.ln_2(x))
        return x + y, aux


class Network(nn.Module):
    def __init__(self, s):
        super().__init__()
        self.wte = nn.Embedding(s["vocab_size"], s["n_embd"])
        self.layers = nn.ModuleList(Layer(s) for _ in range(s["n_layer"]))
        self.ln_f = nn.RMSNorm(s["n_embd"], eps=1e-5)
        frequency = 1 / (10000 ** (torch.arange(0, s["head_dim"], 2) / s["head_dim"]))
        angle = torch.outer(torch.arange(s["block_size"]).float(), frequency)
        self.register_buffer("cos", angle.cos())
        self.register_buffer("sin", angle.sin())

    def forward(self, tokens, last_only=False):
        x, aux, t = self.wte(tokens), 0, tokens.shape[1]
        for layer in self.layers:
            x, a = layer(x, self.cos[:t], self.sin[:t])
            aux = aux + a
        x = self.ln_f(x)
        return F.linear(x[:, -1:] if last_only else x, self.wte.weight), aux


def timed(work, repetitions):
    work()
    samples = []
    for _ in range(repetitions):
        start = time.perf_counter()
        work()
        samples.append(time.perf_counter() - start)
    return statistics.median(samples), min(samples)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("shape")
    parser.add_argument("what", choices=["prefill", "train"])
    parser.add_argument("--math", choices=["bf16", "f32"], default="bf16")
    parser.add_argument("--sequences", type=int, default=8)
    parser.add_argument("--length", type=int, default=256)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--compile", action="store_true")
    options = parser.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(options.threads)
    with open(options.shape) as file:
        shape = json.load(file)
    net = Network(shape)
    for parameter in net.parameters():
        if parameter.dim() > 1:
            nn.init.normal_(parameter, std=0.02)
    run = torch.compile(net) if options.compile else net
    if options.what == "prefill":
        net.eval()
        if options.math == "bf16":
            net.bfloat16()
        tokens, count = torch.randint(0, shape["vocab_size"], (1, 512)), 512
        with torch.inference_mode():
            median, best = timed(lambda: run(tokens, True), options.repetitions)
    else:
        tokens = torch.randint(0, shape["vocab_size"], (options.sequences, options.length + 1))
        count = options.sequences * options.length
        optimizer = torch.optim.AdamW(net.parameters(), lr=5e-5, betas=(0.9, 0.95), weight_decay=0.1, fused=True)

        def step():
            with torch.autocast("cpu", torch.bfloat16, enabled=options.math == "bf16"):
                scores, aux = run(tokens[:, :-1])
                loss = F.cross_entropy(scores.flatten(0, 1).float(), tokens[:, 1:].flatten()) + 0.01 * aux
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)

        median, best = timed(step, options.repetitions)
    print(json.dumps({"tokens_per_second": count / median, "best": count / best,
                      "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}))


main()
