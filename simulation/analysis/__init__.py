"""The analysis of a study: paired differences, their intervals and sources, and a verdict in words."""
