"""Building a world from a scenario and a seed."""
