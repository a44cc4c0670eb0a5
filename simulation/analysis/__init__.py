"""What a study shows: differences of pairs, their intervals, where they come from, and a verdict in words."""
