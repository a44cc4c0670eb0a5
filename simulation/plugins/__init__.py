"""What is added from outside of the package: instruments, metrics, figures, mechanisms, datasets and scenarios.

A plugin is an installed distribution with entry points in groups such as ``hypercluster.policies``, or a single file
that ``--plugin``, :func:`use` or the environment variable ``HYPERCLUSTER_PLUGINS`` names.
"""

from simulation.plugins.declared import Contribution, Plugin
from simulation.plugins.loading import (
    VARIABLE,
    adopt,
    carried,
    carrying,
    contributions,
    known,
    options,
    parts,
    use,
)
from simulation.plugins.registry import Registry, UnknownNameError, with_added

__all__ = [
    "VARIABLE",
    "Contribution",
    "Plugin",
    "Registry",
    "UnknownNameError",
    "adopt",
    "carried",
    "carrying",
    "contributions",
    "known",
    "options",
    "parts",
    "use",
    "with_added",
]
