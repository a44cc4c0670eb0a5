"""What figures share: the visual language, panels, maps, rasters, and the arrays that they draw."""
