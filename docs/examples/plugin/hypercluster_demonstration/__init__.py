"""Demonstration sites, and how far the slowest region is behind."""

from pathlib import Path

SCENARIOS = Path(__file__).parent / "demonstration.toml"
