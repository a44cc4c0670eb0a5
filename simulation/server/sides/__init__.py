"""One side of a session, simulated live or replayed from results."""
