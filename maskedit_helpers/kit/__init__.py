"""Pocket or full: weights found, checked and loaded."""
