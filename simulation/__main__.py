"""``python -m simulation`` is the command ``hypercluster``."""

from simulation.cli import main

main()
