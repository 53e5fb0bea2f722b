"""Pairs with masks, to train editors that are told where: source -> mask -> post-processing -> filter -> shards."""

from .build import build_pairs
from .reading import read_pairs

__all__ = ["build_pairs", "read_pairs"]
