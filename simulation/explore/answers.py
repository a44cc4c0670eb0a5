"""The answers of an ensemble: tables, and the sentences that claim no more than their intervals."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from simulation.explore.ensemble import design_of
from simulation.explore.given_data import correlations, moved_inputs, what_matters
from simulation.explore.indices import differences, indices_of
from simulation.explore.outcomes import (
    AHEAD,
    ALIKE,
    BEHIND,
    MEASURES,
    METRIC,
    SEED,
    Ensemble,
    acceptance,
    holding,
    outcome_of,
    pairs_of,
    read_ensemble,
    shares,
)
from simulation.explore.parameters import Parameter
from simulation.explore.points import NOT_AFFORDABLE
from simulation.explore.regimes import regime_map
from simulation.explore.rules import Phrase, find_rules, sentence, where
from simulation.explore.shares import shares_of_pairs
from simulation.explore.study import SPEED, SYNCHRONIZATION
from simulation.markdown import markdown_text
from simulation.results.derived import Outputs
from simulation.results.reader import Results
from simulation.results.tables import RAN
from simulation.world import Array

FEWEST = 20
"""Fewest kept points about which anything is said in words."""

ALL, NONE = "all patterns", "no pattern"

MOST_POINTS_TOLD = 24
"""Points whose differences are told in words; of more, the table has them."""

_HOW_TO_READ = (
    "Worlds are drawn evenly from the ranges in section 10 of the model. These ranges are judgements, and so are the "
    "patterns: a share of such worlds is not a probability. "
)
_HOW_TO_READ_GIVEN = (
    "Worlds are the rows of the file of the design, such as draws from the posterior of a fit; all that it does not "
    "name is as in the scenarios. A share of such worlds is at best a probability given the data and model of the fit. "
)
_SHARES = (
    "Shares of worlds refer to the expected difference of a world, with the chance of its few seeds removed; "
    "`outcomes.csv` also has the shares of single pairs of runs, and those under other patterns."
)

_SIZES = {
    SPEED: ("sooner", "later", " years", 2),
    SYNCHRONIZATION: ("more in step", "less in step", "", 3),
}
"""Words for a difference that is positive or negative, its unit and decimals."""

_WORDS = {
    "speed": {AHEAD: "adoption is sooner", ALIKE: "alike", BEHIND: "later"},
    "synchronization": {AHEAD: "regions are more in step", ALIKE: "alike", BEHIND: "less in step"},
}


@dataclass(frozen=True)
class Answers:
    """The answers of an ensemble as far as it has gone."""

    ensemble: Ensemble
    kept: int  # points at which the baseline shows all patterns
    shares: pd.DataFrame
    acceptance: pd.DataFrame
    decides: pd.DataFrame  # of kept worlds: scenario, policies, measure, and the columns of what_matters
    moved: pd.DataFrame  # which inputs the patterns moved
    correlations: pd.DataFrame  # of the inputs of kept worlds
    rule_table: pd.DataFrame  # where a scenario is behind: scenario, measure, sentence and its numbers
    halved: (
        pd.DataFrame
    )  # shares ahead in kept worlds of the middle half of one range; empty without a sample
    indices: pd.DataFrame  # of a design made to tell what decides; else empty
    differences: pd.DataFrame  # point by point, of a grid or of one parameter at a time; else empty
    provisional: bool  # not as many points as were asked for
    maps: tuple[str, ...] = ()  # what the regime map of a grid of two parameters shows, in words

    @property
    def rules(self) -> tuple[str, ...]:
        """Where a scenario is behind, in words."""
        return tuple(self.rule_table["rule"]) if len(self.rule_table) else ()

    @property
    def leading_filter(self) -> str:
        """The filter of the leading row: all patterns, where there are any."""
        return ALL if self.ensemble.checks else NONE

    @property
    def how_to_read(self) -> str:
        """What a reader of the answers must know of the method."""
        return (_HOW_TO_READ_GIVEN if self.ensemble.is_given else _HOW_TO_READ) + _SHARES

    def sentences(self) -> list[str]:
        """Return the answers in words, the leading one first."""
        e = self.ensemble
        begin = "Provisional: " if self.provisional else ""
        looked = len(e.baseline)
        if not e.is_sample:
            what = f"{begin}{looked:,} points of a design that is no sample of worlds, so that there are no shares."
            return [what, *self.maps, *self._point_by_point()]
        told = [
            f"{begin}Of {looked:,} worlds {origin(e)}, {self.kept:,} show the patterns without policy; the "
            "shares are of these."
            if e.checks
            else f"{begin}{looked:,} worlds {origin(e)}; no pattern was asked for."
        ]
        if self.kept < FEWEST:
            return [
                *told,
                f"With fewer than {FEWEST} such worlds, nothing is said about them; compute more points.",
            ]
        for scenario in e.scenarios:
            kinds = ("uncertain", "as designed") if e.has_designed else ("uncertain",)
            told += [self._sentence(scenario, policies) for policies in kinds]
        return told

    def _point_by_point(self) -> list[str]:
        """Return the differences of a small design in words, one point each."""
        rows = self.differences.to_dict("records")
        if len(rows) > MOST_POINTS_TOLD:
            return ["The differences at every point are in differences.csv."]
        return [self._at_point(row) for row in rows]

    def _at_point(self, row: dict[Any, Any]) -> str:
        names = self.ensemble.titles[row["scenario"]], self.ensemble.titles[self.ensemble.reference]
        values = [(p.name, _value(row[p.name])) for p in self.ensemble.parameters]
        moved = ", ".join(
            f"{name} = {value:g}" if isinstance(value, float | int) else f"{name} = {value}"
            for name, value in values
            if value is not None and value == value
        )
        begin = f"{moved or 'As in the scenarios'}: {names[0]} against {names[1]}"
        if row["ending"] != RAN:
            return f"{begin}: {row['ending']}."
        clauses = []
        for metric, (more, less, unit, decimals) in _SIZES.items():
            mean, low, high = (row[f"{metric}{end}"] for end in ("", "_low", "_high"))
            interval = f"{low:+.{decimals}f} to {high:+.{decimals}f}{unit}"
            if math.isnan(low):
                clauses.append(f"whether {more} or {less} is not known")
            elif low <= 0 <= high:
                clauses.append(f"neither {more} nor {less} as far as can be told ({interval})")
            else:
                word = more if mean > 0 else less
                clauses.append(f"{word} by {abs(mean):.{decimals}f}{unit} ({interval})")
        return f"{begin}: {'; '.join(clauses)}."

    def _sentence(self, scenario: str, policies: str) -> str:
        names = self.ensemble.titles[scenario], self.ensemble.titles[self.ensemble.reference]
        e = self.ensemble
        varied = e.has_designed or any(parameter.of_policies for parameter in e.parameters)
        drawn = "as in the file" if e.is_given else "drawn from their ranges"
        with_what = (
            f"with what policies cost and do {drawn} too"
            if policies == "uncertain" and varied
            else "with policies that cost and do what their scenarios say"
        )
        table = self.shares.query(
            "scenario == @scenario and policies == @policies and filter == @self.leading_filter"
        )
        worlds = {
            measure: table.query("kind == 'worlds' and measure == @measure").set_index("outcome")
            for measure in ("speed", "synchronization")
        }
        affordable = worlds["speed"].loc["both affordable"]
        parts = [f"{names[0]} against {names[1]}, {with_what}:"]
        if affordable["share"] < 1:
            pairs = table.query("kind == 'pairs' and measure == 'speed'").set_index("outcome")["share"]
            parts.append(
                f"both plans can be paid for in {_percent(affordable)} of 100 worlds (not that of {names[0]} in "
                f"{100 * pairs[NOT_AFFORDABLE]:.0f}, not that of {names[1]} in "
                f"{100 * pairs[f'reference {NOT_AFFORDABLE}']:.0f}); of those,"
            )
        clauses = []
        for measure, rows in worlds.items():
            if AHEAD not in rows.index:
                clauses.append(f"nothing can be said about {measure}")
                continue
            words = _WORDS[measure]
            clauses.append(
                f"{words[AHEAD]} in {_percent(rows.loc[AHEAD], interval=True)}, {words[BEHIND]} in "
                f"{_percent(rows.loc[BEHIND])}, {words[ALIKE]} in {_percent(rows.loc[ALIKE])} of 100"
            )
        return f"{' '.join(parts)} {'; '.join(clauses)}."


def _percent(row: Any, *, interval: bool = False) -> str:
    """Return a share as a number of 100, if wanted with its interval."""
    if not interval:
        return of_100(row["share"])
    return f"{of_100(row['share'])} (95 % interval {of_100(row['low'])} to {of_100(row['high'])})"


def origin(ensemble: Ensemble) -> str:
    """Return where the worlds of an ensemble come from, in words."""
    return "of the design's file" if ensemble.is_given else "drawn from our ranges"


def with_interval(row: Any) -> str:
    """Return a share for a cell of a table: as a number of 100, with its interval in brackets."""
    if math.isnan(row["share"]):
        return "-"
    return f"{of_100(row['share'])} ({of_100(row['low'])} to {of_100(row['high'])})"


def of_100(share: float) -> str:
    """Return a share as a whole number of 100, which claims no certainty that only rounding makes."""
    number = round(100 * share, 6)  # an end of an interval may lack 1 by a rounding error
    return "over 99" if 99.5 <= number < 100 else "under 1" if 0 < number < 0.5 else f"{number:.0f}"


def answers_of(results: Results) -> Answers:
    """Return the answers of an ensemble, finished or not; errors as :func:`read_ensemble`."""
    ensemble = read_ensemble(results)
    answers = answers_from(ensemble, indices=indices_of(results, ensemble))
    ordered = [parameter for parameter in ensemble.parameters if not parameter.is_choice]
    if design_of(results).kind != "grid" or len(ordered) != 2 or len(ensemble.parameters) != 2:
        return answers
    maps = (
        regime_map(results, scenario, metric=metric).sentence()
        for scenario in ensemble.scenarios
        for metric in METRIC.values()
    )
    return replace(answers, maps=tuple(maps))


def answers_from(ensemble: Ensemble, *, indices: pd.DataFrame | None = None) -> Answers:
    """Return the answers of an ensemble that was read; ``indices`` are those of a design made to tell what decides."""
    kept = holding(ensemble, tuple(ensemble.checks))
    points = ensemble.baseline.index.to_numpy()[kept]
    places = _places(ensemble, points)
    names = list(places.columns)
    return Answers(
        ensemble=ensemble,
        kept=int(kept.sum()),
        shares=shares(ensemble) if ensemble.is_sample else pd.DataFrame(),
        acceptance=acceptance(ensemble),
        decides=_decides(ensemble, places) if ensemble.is_sample else pd.DataFrame(),
        moved=moved_inputs(places.to_numpy(), names=names)
        if ensemble.filtered and len(points) > 1
        else pd.DataFrame(),
        correlations=correlations(places.to_numpy(), names=names) if len(points) > 2 else pd.DataFrame(),
        rule_table=_rules(ensemble) if ensemble.is_sample else pd.DataFrame(),
        halved=_halved(ensemble, places) if ensemble.is_sample else pd.DataFrame(),
        indices=pd.DataFrame() if indices is None else indices,
        differences=pd.DataFrame()
        if ensemble.is_sample or indices is None or len(indices)
        else differences(ensemble),
        provisional=not ensemble.finished,
    )


def is_known_well(results: Results, halfwidth: float) -> bool:
    """Whether the 95 % intervals of all leading shares are within plus or minus this."""
    ensemble = read_ensemble(results)
    table = shares(ensemble)
    leading = table[(table["filter"] == (ALL if ensemble.checks else NONE)) & (table["kind"] == "worlds")]
    return bool(((leading["high"] - leading["low"]) / 2 <= halfwidth).all())


def _places(ensemble: Ensemble, points: Array) -> pd.DataFrame:
    """Return the places of the parameters, a column each, at some points."""
    values = ensemble.design.loc[points]
    return pd.DataFrame(
        {
            parameter.name: [parameter.place_of(_value(value)) for value in values[parameter.name]]
            for parameter in ensemble.parameters
        },
        index=points,
    )


def _value(value: object) -> object:
    return value.item() if isinstance(value, np.generic) else value


def _means(ensemble: Ensemble, scenario: str, *, designed: bool) -> pd.DataFrame:
    """Return the mean advantage at each kept point by metric, and the shares of its seeds that are behind."""
    pairs = pairs_of(ensemble, scenario, tuple(ensemble.checks), designed=designed)
    table = pd.DataFrame({"point": pairs.point, **pairs.advantage})
    for measure in METRIC:
        outcome = outcome_of(pairs, measure, ensemble.margin)  # type: ignore[arg-type]
        table[f"behind in {measure}"] = np.where(pairs.ending == RAN, outcome == BEHIND, np.nan)
    return table.groupby("point").mean()


def _decides(ensemble: Ensemble, places: pd.DataFrame) -> pd.DataFrame:
    """Return what decides in kept worlds, one row per scenario, policies, measure and input."""
    found = []
    for scenario in ensemble.scenarios:
        for designed in (False, True) if ensemble.has_designed else (False,):
            means = _means(ensemble, scenario, designed=designed)
            if len(means) < FEWEST:
                continue
            moving = [p for p in ensemble.parameters if not (designed and p.of_policies)]
            inputs = places.loc[means.index, [p.name for p in moving]].to_numpy()
            for measure, metric in METRIC.items():
                table = what_matters(
                    inputs,
                    means[metric].to_numpy(),
                    names=[parameter.name for parameter in moving],
                    rng=np.random.default_rng(SEED),
                    categorical=[parameter.name for parameter in moving if parameter.values],
                )
                policies = "as designed" if designed else "uncertain"
                found.append(
                    table.sort_values("share", ascending=False).assign(
                        scenario=scenario, policies=policies, measure=measure
                    )
                )
    if not found:
        return pd.DataFrame()
    table = pd.concat(found, ignore_index=True)
    front = ["scenario", "policies", "measure", "input"]
    return table[[*front, *(name for name in table if name not in front)]]


def _halved(ensemble: Ensemble, places: pd.DataFrame) -> pd.DataFrame:
    """Return the shares of pairs that are ahead in kept worlds if one range were only its middle half, one row each.

    A place of the middle half has its weight, and the others none, as if they had never been drawn.
    """
    rows = []
    for scenario in ensemble.scenarios:
        for designed in (False, True) if ensemble.has_designed else (False,):
            pairs = pairs_of(ensemble, scenario, tuple(ensemble.checks), designed=designed)
            for parameter in ensemble.parameters:
                if parameter.values or (designed and parameter.of_policies):
                    continue
                is_inside = (places[parameter.name] - 0.5).abs() <= 0.25
                inside = pairs.chosen(is_inside.loc[pairs.point].to_numpy())
                ahead = [outcome_of(inside, measure, ensemble.margin) == AHEAD for measure in MEASURES]
                found = shares_of_pairs(
                    np.stack(ahead, axis=1),
                    inside.point,
                    weights=inside.weight,
                    rng=np.random.default_rng(SEED),
                    resamples=200,
                )
                for measure, share in zip(MEASURES, found, strict=True):
                    rows.append(
                        {
                            "scenario": scenario,
                            "policies": "as designed" if designed else "uncertain",
                            "input": parameter.name,
                            "measure": measure,
                            "share": share.estimate,
                            "low": share.low,
                            "high": share.high,
                            "points": share.n,
                        }
                    )
    return pd.DataFrame(rows)


def _rules(ensemble: Ensemble) -> pd.DataFrame:
    """Return the rules of where a scenario is behind, one a row."""
    found = []
    phrases = {parameter.name: phrase_of(parameter) for parameter in ensemble.parameters}
    for scenario in ensemble.scenarios:
        means = _means(ensemble, scenario, designed=False)
        points = means.index.to_numpy()
        inputs = _inputs(ensemble, points)
        for measure in METRIC:
            behind = means[f"behind in {measure}"].to_numpy()
            rules = find_rules(inputs, behind, point=points, rng=np.random.default_rng(SEED))
            words = f"{ensemble.titles[scenario]} is behind in {measure}"
            found += [
                {
                    "scenario": scenario,
                    "measure": measure,
                    "where": where(rule, phrases),
                    "rule": sentence(rule, phrases, outcome=words),
                    "density": rule.density.estimate,
                    "density_low": rule.density.low,
                    "density_high": rule.density.high,
                    "coverage": rule.coverage,
                    "lift": rule.lift,
                    "base_rate": rule.base,
                    "points": rule.density.n,
                }
                for rule in rules
            ]
    return pd.DataFrame(found)


def _inputs(ensemble: Ensemble, points: Array) -> dict[str, Array]:
    values = ensemble.design.loc[points]
    return {
        parameter.name: values[parameter.name].astype(str).to_numpy()
        if parameter.is_choice
        else values[parameter.name].to_numpy(dtype=np.float64)
        for parameter in ensemble.parameters
    }


def phrase_of(parameter: Parameter) -> Phrase:
    """Return how sentences name a parameter: its key, which a reader can set, and its unit."""
    return Phrase(parameter.name, "" if parameter.unit in ("", "times") else parameter.unit)


def write_answers(answers: Answers, outputs: Outputs) -> list[str]:
    """Write the tables and the sentences beside the runs, and return the names of the files."""
    tables = {
        "outcomes.csv": answers.shares,
        "acceptance.csv": answers.acceptance,
        "what_decides.csv": answers.decides,
        "moved_inputs.csv": answers.moved,
        "halved_ranges.csv": answers.halved,
        "rules.csv": answers.rule_table,
        "indices.csv": answers.indices,
        "differences.csv": answers.differences,
        "correlations.csv": answers.correlations.rename_axis("input").reset_index(),
    }
    files = {
        name: table.to_csv(index=False, lineterminator="\n", float_format="%.6g").encode()
        for name, table in tables.items()
        if len(table)
    }
    files["answers.md"] = as_markdown(answers).encode()
    outputs.write(files)
    return sorted(files)


def as_markdown(answers: Answers) -> str:
    """Return the answers as a page: a paragraph to paste, rules, and what a reader must know of the method."""
    lines = [
        "# The verdict under uncertainty",
        "",
        *(f"{markdown_text(line)}\n" for line in answers.sentences()),
    ]
    lists = {
        "What decides": leading_indices(answers),
        "Where it is behind": answers.rules,
        "What decides in the kept worlds": leading_inputs(answers),
    }
    for heading, items in lists.items():
        if items:
            lines += [f"## {heading}", "", *(f"- {markdown_text(item)}" for item in items), ""]
    lines += [
        "## How to read this",
        "",
        answers.how_to_read,
        "",
    ]
    return "\n".join(lines)


def leading_indices(answers: Answers, *, at_most: int = 5) -> list[str]:
    """Return the inputs with the largest indices or effects, in words; nothing for one parameter at a time."""
    table, told = answers.indices, []
    by, words = (
        ("total", "total Sobol' indices before filtering")
        if "total" in table
        else ("mu_star", "mean size of an elementary effect, before filtering")
    )
    if by not in table:
        return []
    for (scenario, measure), rows in table.groupby(["scenario", "measure"], sort=False):
        first = rows.nlargest(at_most, by)
        inputs = ", ".join(
            f"{name} {value:.2g}" for name, value in zip(first["input"], first[by], strict=True)
        )
        told.append(f"{answers.ensemble.titles[str(scenario)]}, {measure}, {words}: {inputs}")
    return told


def leading_inputs(answers: Answers, *, at_most: int = 5) -> list[str]:
    """Return which inputs explain most of the difference in kept worlds beyond what chance would, in words."""
    table, told = answers.decides, []
    if not len(table):
        return []
    for (scenario, policies, measure), rows in table.groupby(["scenario", "policies", "measure"], sort=False):
        clear = rows[rows["share"] > rows["share_dummy"]].nlargest(at_most, "share")
        if not len(clear) or math.isnan(clear["share"].iloc[0]):
            continue
        inputs = ", ".join(
            f"{name} {100 * share:.0f} %" for name, share in zip(clear["input"], clear["share"], strict=True)
        )
        title = answers.ensemble.titles[str(scenario)]
        told.append(f"{title}, {measure}, policies {policies}: {inputs}")
    return told
