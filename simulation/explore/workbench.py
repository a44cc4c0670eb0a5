"""Scenarios as a model of the EMA Workbench, and ensembles in the form that its analyses read.

The EMA Workbench (Kwakkel 2017, Environmental Modelling & Software 96: 239-250) has samplers, evaluators and analyses,
such as PRIM and feature scoring. It comes with the extra ``ema``.
"""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import loguniform

from simulation.analysis.priors import load_priors
from simulation.arguments import seed_of, whole_number
from simulation.engine.simulate import simulate
from simulation.errors import HyperclusterError, listed, suggestion
from simulation.explore.parameters import Parameter, changed, shipped_parameters
from simulation.metrics import METRICS, compute
from simulation.policies.plan import NotAffordable
from simulation.results.reader import Results
from simulation.results.tables import ENDING, RAN
from simulation.scenario.loading import load_scenario
from simulation.scenario.schema import Scenario
from simulation.world import Array

try:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about evaluators that are not installed
        from ema_workbench import CategoricalParameter, Constant, RealParameter, ScalarOutcome
        from ema_workbench.em_framework.model import Replicator
except ImportError:
    raise HyperclusterError(
        'the EMA Workbench is not installed; pip install "hypercluster-abm[ema]"'
    ) from None

OUTCOMES = ("restricted_time_years", "synchronization")
"""Metrics that are outcomes unless others are named: speed and synchronization."""

SCENARIO = "scenario_name"
"""The lever that chooses among the scenarios, or a constant if there is one only. The workbench has its own meanings of
the words scenario and policy."""

_KIND = {
    "lower": ScalarOutcome.MINIMIZE,
    "higher": ScalarOutcome.MAXIMIZE,
    None: ScalarOutcome.INFO,
}


class WorkbenchModel(Replicator):
    """Scenarios that the workbench can run: uncertainties are assumptions, the lever is the scenario.

    The uncertainties are the plausible ranges of all assumptions that these scenarios use, those of
    ``hypercluster explore``; samplers draw evenly between the ends, on a logarithmic scale where the range has one.
    Outcomes are means over the replications, whose seeds are the same in every experiment; an outcome
    is nan if it is undefined in a replication, or if the plan costs more than the budget.

    Parameters
    ----------
    name : of the model, an identifier.
    scenarios : scenarios, or their files or shipped names.
    replications : of each experiment.
    seed : of the first replication; the others follow.
    outcomes : names of metrics.
    fixed : keys of a scenario that do not vary.

    Raises
    ------
    ScenarioError, DataError
        If a scenario cannot be loaded.
    HyperclusterError
        If a metric is unknown, or a number out of range.

    Examples
    --------
    >>> model = WorkbenchModel("regions", ["baseline", "hypercluster"])
    >>> experiments, outcomes = perform_experiments(model, scenarios=100, policies=2)
    """

    def __init__(
        self,
        name: str,
        scenarios: Sequence[Scenario | str | Path],
        *,
        replications: int = 3,
        seed: int = 1,
        outcomes: Sequence[str] = OUTCOMES,
        fixed: Iterable[str] = (),
    ) -> None:
        super().__init__(name)
        specs = [spec if isinstance(spec, Scenario) else load_scenario(spec) for spec in scenarios]
        if not specs:
            raise HyperclusterError("a model of the workbench needs at least one scenario")
        _require_metrics(outcomes)
        count = whole_number("replications", replications, least=1)
        first = seed_of(seed, replications=count)
        self.specs: Mapping[str, Scenario] = {spec.name: spec for spec in specs}
        found = shipped_parameters(load_priors(), specs, replaced=(), fixed=fixed)
        self.parameters: Mapping[str, Parameter] = {_identifier(each.name): each for each in found}
        self.uncertainties = [_uncertainty(name, each) for name, each in self.parameters.items()]
        if len(self.specs) > 1:
            self.levers = [CategoricalParameter(SCENARIO, list(self.specs))]
        else:
            self.constants = [Constant(SCENARIO, specs[0].name)]
        self.outcomes = [
            ScalarOutcome(metric, kind=_KIND[METRICS[metric].better], function=np.mean) for metric in outcomes
        ]
        self.replications = [{"seed": first + number} for number in range(count)]

    def run_experiment(self, experiment: Mapping[str, Any]) -> dict[str, float]:
        """Return the outcomes of one replication; the workbench calls this."""
        values = [(each, experiment[name]) for name, each in self.parameters.items() if name in experiment]
        try:
            scenario, _ = changed(self.specs[experiment[SCENARIO]], values)
        except NotAffordable:
            return dict.fromkeys(self.output_variables, math.nan)
        found = compute(simulate(scenario, experiment["seed"]))
        return {name: found[name] for name in self.output_variables}


def experiments_and_outcomes(
    results: Results | str | Path, outcomes: Sequence[str] = OUTCOMES
) -> tuple[pd.DataFrame, dict[str, Array]]:
    """Return an ensemble in the form that ``perform_experiments`` returns and that the analyses read.

    Parameters
    ----------
    results : an ensemble that ``hypercluster explore`` has run, or its folder.
    outcomes : names of metrics.

    Returns
    -------
    DataFrame
        One row per point and scenario: the parameters, choices as categories; ``scenario`` (the point), ``policy`` (our
        scenario) and ``model``. Rows of points that did not run, or in which an outcome is undefined, are left out,
        because the analyses take no gaps.
    dict
        By outcome float64 (rows,): means over the replications of the point.

    Raises
    ------
    ResultsError
        If there is no ensemble.
    HyperclusterError
        If a metric is unknown.
    """
    _require_metrics(outcomes)
    study = results if isinstance(results, Results) else Results(results)
    design = study.design()
    parameters = [name for name in design.columns if name != "point"]
    runs = study.runs_by_point(["scenario", ENDING, *outcomes])
    ran = runs[ENDING] == RAN
    runs.loc[~ran, list(outcomes)] = math.nan
    means = runs.groupby(["scenario", "point"], sort=False, observed=True)[list(outcomes)].agg(_mean).dropna()
    rows = means.reset_index().rename(columns={"scenario": "policy"}).merge(design, on="point")
    experiments = rows[parameters].copy()
    for name in parameters:
        if not pd.api.types.is_numeric_dtype(experiments[name]):
            experiments[name] = experiments[name].astype("category")
    experiments["scenario"] = rows["point"]
    experiments["policy"] = rows["policy"].astype(str).astype("category")
    experiments["model"] = pd.Categorical(["hypercluster"] * len(rows))
    return experiments, {name: rows[name].to_numpy(dtype=float) for name in outcomes}


def _mean(values: pd.Series) -> float:
    return float(values.mean(skipna=False))


def _require_metrics(names: Sequence[str]) -> None:
    if unknown := [name for name in names if name not in METRICS]:
        hint = suggestion(unknown[0], METRICS)
        raise HyperclusterError(f"outcomes: no metric {listed(unknown)}{hint}")


def _identifier(key: str) -> str:
    """Return a name that the workbench accepts for a key such as ``commodities[*].elasticity``."""
    return re.sub(r"\W+", "_", key).strip("_")


def _uncertainty(name: str, parameter: Parameter) -> Any:
    if parameter.scale == "values":
        return CategoricalParameter(name, list(parameter.values))
    if parameter.scale == "log":
        return RealParameter.from_dist(name, loguniform(parameter.low, parameter.high))
    return RealParameter(name, parameter.low, parameter.high)
