"""A study as a small file: its factors and their levels, each combination measured once, kept, and never again."""
