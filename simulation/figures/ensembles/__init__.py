"""Figures of ensembles: one figure per file."""
