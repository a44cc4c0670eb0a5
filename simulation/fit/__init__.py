"""The model against observed adoption: the likelihood of who adopted when, and what it says about the rates."""
