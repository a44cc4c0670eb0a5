"""From a scenario and a seed to a world."""
