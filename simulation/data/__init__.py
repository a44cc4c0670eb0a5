"""Datasets: the shipped tables of worlds, their readers, and where things lie on a map."""
