"""Compile a model with all patches armed and compare with eager: `python models.py MODEL SHAPES...`."""

# ruff: noqa: T201
from __future__ import annotations

import re
import sys

import backportkit

backportkit.apply_all()

import believe_the_cpu  # noqa: E402, F401 -- as a program does: apply_all comes first
import torch  # noqa: E402
from torch import nn  # noqa: E402


class InterleavedRotary(nn.Module):
    """Rotary embedding with three rows of positions, whose frequencies take turns (Qwen3-VL's MRoPE).

    Rows of a cache are looked up by positions of shape (3, tokens); every third column comes from another row.
    """

    def __init__(self, width, longest=64):
        super().__init__()
        angles = torch.outer(torch.arange(longest).float(), 10000 ** -torch.linspace(0, 1, width // 2))
        self.register_buffer("cache", torch.cat((angles.cos(), angles.sin()), dim=-1))

    @staticmethod
    def interleave(rows):
        taken = rows[0].clone()
        taken[..., 1::3] = rows[1, ..., 1::3]
        taken[..., 2::3] = rows[2, ..., 2::3]
        return taken

    def forward(self, positions, x):
        cos, sin = self.cache[positions].chunk(2, dim=-1)
        cos, sin = self.interleave(cos).unsqueeze(-2), self.interleave(sin).unsqueeze(-2)
        left, right = x.chunk(2, dim=-1)
        return torch.cat((left * cos - right * sin, right * cos + left * sin), dim=-1)


class Block(nn.Module):
    """One block of a transformer."""

    def __init__(self, width=64, heads=2):
        super().__init__()
        self.heads = heads
        self.first, self.second = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.feed = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))
        self.rotary = InterleavedRotary(width // heads)

    def forward(self, positions, x):
        q, k, v = self.qkv(self.first(x)).unflatten(-1, (3, self.heads, -1)).unbind(-3)
        q, k, v = (one.transpose(0, 1) for one in (self.rotary(positions, q), self.rotary(positions, k), v))
        mixed = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(mixed.transpose(0, 1).flatten(-2))
        return x + self.feed(self.second(x))


def transformer(tokens):
    """The block and inputs of that many tokens."""
    torch.manual_seed(0)
    return Block(), lambda: (torch.randint(0, 64, (3, tokens)), torch.randn(tokens, 64))


def cnn(size):
    """A small convolutional network and images of that size."""
    torch.manual_seed(0)
    layers = nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 4, 3), nn.Flatten()
    return nn.Sequential(*layers), lambda: (torch.randn(2, 3, size, size),)


def compare(name, shapes):
    """Compile a model and compare it with eager; with dynamic shapes for two sizes, by the same code."""
    torch._dynamo.reset()
    compiled = None
    for size in (16, 24) if shapes == "dynamic" else (16,):
        model, inputs = {"transformer": transformer, "cnn": cnn}[name](size)
        model.eval()
        if compiled is None:  # a compiled module asks the module for its length to know whether it is true
            compiled = torch.compile(model, dynamic=shapes == "dynamic", fullgraph=True)
        arguments = inputs()
        with torch.no_grad():
            torch.testing.assert_close(compiled(*arguments), model(*arguments))


def main(name, *all_shapes):
    """Say of each kind of shapes how it ended, and then where each patch stands."""
    for shapes in all_shapes:
        try:
            compare(name, shapes)
        except Exception as error:  # noqa: BLE001 -- what a compiler says has no type of its own
            found = re.search(r"no matching (function|conversion) for .*VecMask", str(error))
            print(shapes, found[1] if found else error)
        else:
            print(shapes, "equal")
    print(*(f"{one.id}:{one.state}" for one in backportkit.status()))


if __name__ == "__main__":
    main(*sys.argv[1:])
