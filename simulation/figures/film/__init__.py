"""The animation of two policies side by side."""
