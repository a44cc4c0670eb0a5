"""The best use of one budget: a search for policies by several objectives at once, and where the best ones hold."""
