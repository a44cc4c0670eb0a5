"""Shared parts of figures: style, panels, maps, rasters, and the arrays that they draw."""
