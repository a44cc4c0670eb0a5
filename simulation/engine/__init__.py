"""The engine: builds a world from a scenario and a seed, simulates its months and leaves a record."""
