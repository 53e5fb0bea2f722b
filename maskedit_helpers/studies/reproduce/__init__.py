"""Figures of the papers this kit builds on, measured with their definitions, and every deviation said."""
