"""Running scenarios x replications into a results folder, by whoever computes."""
