"""Texts of plugins in one file: an instrument, a metric, a figure, a mechanism."""

INSTRUMENT = '''
from typing import ClassVar, Literal
from simulation.policies import Effect, RegionalPolicy

__version__ = "0.3"

class Site(RegionalPolicy):
    """A demonstration site."""
    unit_cost: ClassVar[float] = 50.0
    cost_basis: ClassVar[str] = "region"
    effect: ClassVar[Effect | None] = Effect(0.3, "increase of something")
    instrument: Literal["site"] = "site"

    def full_cost(self, endowment, *, unit_cost):
        return self.cost_by_region(endowment, unit_cost)

    def apply(self, levers, coverage, endowment, *, effect):
        levers.local_contacts += effect * coverage[:-1]
'''
METRIC = """
from simulation.metrics import Metric

METRICS = (
    Metric(name="one", unit="share", reading="Always 1.", better="higher", measure=lambda curves: 1.0),
)
"""
FIGURE = """
from simulation.figures.drawing.study import StudyFigure

def draw(study, *, width_mm):
    raise NotImplementedError

FIGURE = StudyFigure("mine", place=1, draw=draw)
"""
MECHANISM = """
from typing import ClassVar
from simulation.mechanisms import Mechanism

class Season(Mechanism):
    key: ClassVar[str] = "season"
    gain: float = 0.0

    @property
    def is_on(self):
        return self.gain > 0

    def factor(self, world):
        return lambda state, levers: 1.0 + self.gain
"""
