"""The engine as a Mesa model."""
