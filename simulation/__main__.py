"""The command ``hypercluster``, also as ``python -m simulation``."""

from __future__ import annotations

import signal


def main() -> None:
    """Run the command; until it handles Ctrl-C itself, Ctrl-C ends the process silently."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from simulation.cli.main import main as run

    run()


if __name__ == "__main__":
    main()
