"""Datasets: the shipped tables of worlds, their readers, and positions on a map."""
