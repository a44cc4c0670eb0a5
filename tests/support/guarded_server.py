"""``hypercluster serve --host 0.0.0.0`` as a test may run it: only this machine can reach what it listens at.

python guarded_server.py OPTION...
"""

from __future__ import annotations

import sys

from simulation.cli.main import main
from simulation.server.web import serve

EVERYWHERE = "0.0.0.0"

if __name__ == "__main__":
    listen = serve._listen
    serve._listen = lambda host, port: listen("127.0.0.1" if host == EVERYWHERE else host, port)
    sys.argv[1:] = ["serve", "--host", EVERYWHERE, *sys.argv[1:]]
    main()
