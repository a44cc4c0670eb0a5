"""Running scenarios x replications into a results folder, on processes, a cluster or any executor."""
