"""How fast, and how synchronized, new technology is adopted across resource-producing regions under different policies.

Names are loaded when they are first used, so that importing the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulation.analysis.any_results import AnyResults
    from simulation.analysis.comparison import compare
    from simulation.batch.run_any import run_any
    from simulation.batch.running import run_batch
    from simulation.mesa.model import HyperclusterModel
    from simulation.replication import run
    from simulation.results.reader import Results
    from simulation.scenario.loading import load_scenario
    from simulation.server.notebook import page

__all__ = [
    "AnyResults",
    "HyperclusterModel",
    "Results",
    "compare",
    "load_scenario",
    "page",
    "run",
    "run_any",
    "run_batch",
]

_MODULE_OF = {
    "AnyResults": "simulation.analysis.any_results",
    "HyperclusterModel": "simulation.mesa.model",
    "Results": "simulation.results.reader",
    "compare": "simulation.analysis.comparison",
    "load_scenario": "simulation.scenario.loading",
    "page": "simulation.server.notebook",
    "run": "simulation.replication",
    "run_any": "simulation.batch.run_any",
    "run_batch": "simulation.batch.running",
}


if not TYPE_CHECKING:  # for a checker, other names do not exist

    def __getattr__(name: str) -> Any:
        if name not in _MODULE_OF:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(_MODULE_OF[name]), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
