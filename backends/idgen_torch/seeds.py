"""Seeds split by name, so that adding an operation does not change the draws of another."""

from __future__ import annotations

import hashlib

import torch

__all__ = ["seed_for", "stream_for"]


def seed_for(seed: int, *names: str) -> int:
    """A seed of 63 bits for what these names stand for; different names give unrelated seeds."""
    text = "\x1f".join((str(seed), *names))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little") >> 1


def stream_for(seed: int, *names: str, device: torch.device | str = "cpu") -> torch.Generator:
    """The random stream of what these names stand for, on the device where its numbers are used."""
    return torch.Generator(device=device).manual_seed(seed_for(seed, *names))
