"""Pocket or full: which models on which device, and how they are loaded."""
