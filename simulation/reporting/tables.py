"""The tables of a study: results, money, and the sources of the differences."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from simulation.analysis.between_folders import Across
from simulation.analysis.comparison import by_pair, needed_decimals, write_comparison
from simulation.analysis.effects import BETWEEN, REGION, WITHIN, write_effects
from simulation.analysis.paired import Difference
from simulation.analysis.policy_names import policy_names
from simulation.analysis.verdict import is_equal_money
from simulation.channels import CHANNELS
from simulation.metrics import METRICS
from simulation.reporting.analysis import Analysis
from simulation.reporting.numbers import as_difference, or_dash, records, signed, with_interval
from simulation.reporting.places_of_change import places
from simulation.reporting.table import Table
from simulation.results.derived import Outputs

TABLES = "tables"


@dataclass(frozen=True, slots=True)
class _Shown:
    """The display of a metric: heading, factor, minimum number of decimals."""

    heading: str
    scale: float
    decimals: int


SHOWN = {
    "t50_years": _Shown("t50, years", 1, 1),
    "synchronization": _Shown("1 - Phi", 1, 3),
    "phi_half": _Shown("Phi at the half", 1, 3),
    "w1_years": _Shown("W1, years", 1, 2),
    "theil_50": _Shown("Theil at half", 1, 3),
    "final_share": _Shown("final share, %", 100, 1),
}
"""Metrics of the table of differences; all others are in comparison.csv."""

MEANS = SHOWN | {"member_share": _Shown("members, %", 100, 1)}
LEVELS = {
    "macro": ("variance_macro", "theil_50_between", "t50_macro_sd_years"),
    "meso": ("variance_meso", "theil_50_within", "t50_sd_years"),
    "micro": ("variance_micro", "theil_50_micro", "t50_micro_years"),
}
"""Metrics at each level, in the order of the columns."""
OF_LEVELS = (
    _Shown("variance, %", 100, 1),
    _Shown("Theil at half", 1, 3),
    _Shown("spread of t50, years", 1, 2),
)
DIRECTIONS = {
    "environmental_share": _Shown("green, %", 100, 1),
    "environmental_t50_years": _Shown("green t50, years", 1, 1),
    "extraction_share": _Shown("extractors, %", 100, 1),
    "extraction_t50_years": _Shown("extractors' t50, years", 1, 1),
    "profile_entropy": _Shown("entropy", 1, 3),
    "profile_density": _Shown("density", 1, 3),
}
DIFFERENCE = ("pair", "metric", "difference", "95 % interval", "better in", "d", "p", "Holm", "n", "needed")
"""The columns of a table of paired differences."""
MONEY = (
    "Money in units: 1 gives one enterprise a year of full cluster service. All unit costs are assumptions."
)


def write_tables(analysis: Analysis) -> list[Path]:
    """Write comparison.csv and the CSV tables of effects, and all tables as LaTeX and Markdown into ``tables``."""
    outputs = analysis.outputs
    paths = [write_comparison(analysis.comparison, outputs)]
    if analysis.effects is not None:
        paths += write_effects(analysis.effects, outputs)
    return paths + [path for table in tables(analysis) for path in write_table(table, outputs)]


def write_table(table: Table, outputs: Outputs) -> list[Path]:
    """Write a table as LaTeX and Markdown into ``tables`` of a results folder and return the paths."""
    texts = {"tex": table.latex(), "md": table.markdown()}
    return outputs.write({f"{TABLES}/{table.name}.{suffix}": text.encode() for suffix, text in texts.items()})


def tables(analysis: Analysis) -> list[Table]:
    """Return all tables of a study in reading order."""
    if analysis.comparison.empty:
        return [means(analysis), levels(analysis), directions(analysis), money(analysis)]
    found = [
        means(analysis),
        differences(analysis.pairs(), precision=analysis.precision),
        levels(analysis),
        directions(analysis),
    ]
    if (added := of_plugins(analysis)) is not None:
        found.append(added)
    found.append(money(analysis))
    if analysis.effects is not None:
        found += [
            additionality(analysis),
            places(analysis.effects.places, analysis.results, analysis.reference),
            decomposition(analysis),
        ]
    return [*found, attribution(analysis)]


def means(analysis: Analysis) -> Table:
    """Return the means over the replications of each scenario."""
    runs = analysis.results.runs(["scenario", *MEANS])
    rows = []
    for name in analysis.results.scenarios:
        own = runs[runs["scenario"] == name]
        cells = [_mean(own[metric].to_numpy(dtype=float), shown) for metric, shown in MEANS.items()]
        rows.append((analysis.results.titles[name], str(len(own)), *cells))
    return Table(
        name="means",
        title="Speed and synchronization by scenario",
        head=("scenario", "n", *(shown.heading for shown in MEANS.values())),
        rows=tuple(rows),
        note="Means over n replications ± their standard deviation. In brackets the number with a value, if some "
        "have none. t50: years from release until half of those who can use a technology have adopted it. Phi: share "
        "of the variance of adoption that lies between regions; 1 - Phi is 1 if all regions adopt at the "
        "same time. W1: mean area between the curves of two regions. Final share: adopters among the eligible at the "
        "horizon. Members: enterprises on a platform at the horizon.",
    )


def differences(
    pairs: Iterable[tuple[str, str, Mapping[str, Difference]]], *, precision: float, name: str = "differences"
) -> Table:
    """Return the paired differences in the headline metrics.

    Parameters
    ----------
    pairs : titles of scenario and reference, and the difference in each metric.
    precision : as in :func:`simulation.analysis.comparison.compare`.
    name : name of the files of the table, without suffix.
    """
    rows = [
        (f"{scenario} minus {reference}", shown.heading, *_difference(found[metric], shown))
        for scenario, reference, found in pairs
        for metric, shown in SHOWN.items()
    ]
    return Table(
        name=name,
        title="Paired differences between scenarios",
        head=DIFFERENCE,
        rows=tuple(rows),
        labels=2,
        note="Replications with the same seed are pairs. Intervals: Student's t with Hall's correction for skewness, "
        "each at 95 %, not adjusted. Better in: share of pairs in which the first scenario is better; ties count "
        "half. d: mean over standard deviation of the paired differences; it grows with the random draws that "
        "scenarios share. Holm: p corrected for the three metrics of the verdict. Needed: pairs for an interval "
        "of half-width "
        f"{100 * precision:.0f} % of the difference.",
    )


def differences_across(across: Across) -> Table:
    """Return the paired differences between the scenarios of two folders; the table is named after both."""
    titles = across.titles
    pairs = (
        (titles[scenario], titles[other], found) for scenario, other, found in by_pair(across.comparison)
    )
    return differences(pairs, precision=across.precision, name=across.stem)


def levels(analysis: Analysis) -> Table:
    """Return variance, inequality and t50 between macroregions, regions and enterprises."""
    rows = [
        (label, level, *cells)
        for level, metrics in LEVELS.items()
        for label, cells in _means_and_changes(analysis, list(zip(metrics, OF_LEVELS, strict=True)))
    ]
    order = list(dict.fromkeys(label for label, *_ in rows))
    return Table(
        name="levels",
        title="Three levels: macroregions, regions and enterprises",
        head=("scenario", "level", *(shown.heading for shown in OF_LEVELS)),
        rows=tuple(sorted(rows, key=lambda row: order.index(row[0]))),
        labels=2,
        note="Macro: between macroregions; meso: between the regions of a macroregion, for t50 between all regions; "
        "micro: between the enterprises of a region. Variance: of adoption, uncorrected; the three add "
        "up to 100 %. Spread of t50: standard deviation, for micro the time from a quarter to half in a region; "
        "undefined if one never reaches half. Means ± standard deviation, and paired "
        "differences with 95 % intervals; in brackets the number with a value, if some have none.",
    )


def directions(analysis: Analysis) -> Table:
    """Return the table of green adoption, adoption by extractors, and the technological profile of regions."""
    rows = _means_and_changes(analysis, list(DIRECTIONS.items()))
    return Table(
        name="directions",
        title="Greening, extractors, and the technological profile of regions",
        head=("scenario", *(shown.heading for shown in DIRECTIONS.values())),
        rows=tuple((label, *cells) for label, cells in rows),
        note="Green: adopters of environmental technologies among the eligible at the horizon, and "
        "years from release until half have adopted; extractors: the same for all industries except mining services. "
        "Profile of a region when half have adopted, means over regions: entropy, 1 where its adoptions are spread "
        "evenly over technologies; density, the adopted share of the technologies "
        "related to those that it lacks. Means ± standard deviation, and paired differences with 95 % intervals.",
    )


def of_plugins(analysis: Analysis) -> Table | None:
    """Return the paired differences in the metrics that plugins add; None if there are none."""
    shown = {
        name: _Shown(f"{name}, {METRICS[name].unit}" if METRICS[name].unit else name, 1, 3)
        for name in analysis.results.metrics
        if METRICS.plugin_of(name)
    }
    rows = [
        (f"{scenario} minus {reference}", heading.heading, *_difference(found[metric], heading))
        for scenario, reference, found in analysis.pairs()
        for metric, heading in shown.items()
        if metric in found
    ]
    if not rows:
        return None
    return Table(
        name="plugins",
        title="Paired differences in the metrics of plugins",
        head=DIFFERENCE,
        rows=tuple(rows),
        labels=2,
        note="As in the table of paired differences; these metrics are no part of the verdict.",
    )


def _means_and_changes(
    analysis: Analysis, metrics: Sequence[tuple[str, _Shown]]
) -> list[tuple[str, list[str]]]:
    """Return title and means of each scenario, then the differences of each pair."""
    results = analysis.results
    runs = results.runs(["scenario", *(name for name, _ in metrics)])
    rows = []
    for scenario in results.scenarios:
        own = runs[runs["scenario"] == scenario]
        cells = [_mean(own[name].to_numpy(dtype=float), shown) for name, shown in metrics]
        rows.append((results.titles[scenario], cells))
    for title, reference, found in analysis.pairs():
        cells = [_scaled_change(found[name], shown) for name, shown in metrics]
        rows.append((f"{title} minus {reference}", cells))
    return rows


def money(analysis: Analysis) -> Table:
    """Return the budgets side by side: planned and spent by policy, and present values."""
    results = analysis.results
    runs = results.runs(["scenario", "planned_pv", "spent_pv"])
    replications = runs["scenario"].value_counts().to_dict()
    spending: dict[tuple[str, str], _Spending] = {}
    sums: list[dict[str, Any]] = []
    if not results.lacking("ledger"):
        ledger = results.ledger(["scenario", "policy", "planned", "spent"])
        sums = records(ledger.groupby(["scenario", "policy"], observed=True, as_index=False).sum())
    named = {
        entry["name"]: policy_names(tomllib.loads(entry["text"])) for entry in results.manifest["scenarios"]
    }
    for row in sums:
        policy = named[row["scenario"]].get(row["policy"], row["policy"])
        here = spending.setdefault((row["scenario"], policy), _Spending())
        here.add(row["planned"], row["spent"], replications=replications[row["scenario"]])
    present = {name: _Spending() for name in results.scenarios if name in replications}
    for row in records(runs):
        here = present[row["scenario"]]
        here.add(row["planned_pv"], row["spent_pv"], replications=replications[row["scenario"]])
    rows = [
        (
            policy,
            *(str(spending.get((name, policy), "-")) for name in present),
        )
        for policy in sorted({policy for _, policy in spending})
    ]
    rows.append(("present value", *map(str, present.values())))
    return Table(
        name="money",
        title="Planned money, and spent where that differs",
        head=("units over the horizon", *(results.titles[name] for name in present)),
        rows=tuple(rows),
        note=f"{MONEY} {_equality([here.planned for here in present.values()])}".strip(),
    )


@dataclass(slots=True)
class _Spending:
    """Return the money per replication, the mean over several."""

    planned: float = 0.0
    spent: float = 0.0

    def add(self, planned: float, spent: float, *, replications: int) -> None:
        self.planned += planned / replications
        self.spent += spent / replications

    def __str__(self) -> str:
        if math.isclose(self.planned, self.spent, rel_tol=1e-9, abs_tol=0.5):
            return f"{self.planned:,.0f}"
        return f"{self.planned:,.0f}, spent {self.spent:,.0f}"


def additionality(analysis: Analysis) -> Table:
    """Return the adoptions that each policy adds, and the cost of one; the study keeps its curves."""
    assert analysis.effects is not None, "without curves no effects are measured"
    titles = analysis.results.titles
    rows = []
    for row in records(analysis.effects.additionality):
        if row["reference"] != analysis.reference:
            continue
        found = as_difference(row)
        cost = "-"
        if not math.isnan(row["cost_per_adoption"]):
            cost = f"{row['cost_per_adoption']:,.1f} [{row['cost_low']:,.1f}, {row['cost_high']:,.1f}]"
        rows.append(
            (
                titles[row["scenario"]],
                signed(found.difference, 0),
                f"[{signed(found.low, 0)}, {signed(found.high, 0)}]" if found.n > 1 else "-",
                signed(row["extra_spent_pv"], 0),
                cost,
                str(found.n),
            )
        )
    return Table(
        name="additionality",
        title=f"Additional adoptions: those beyond {titles[analysis.reference]}, at the horizon",
        head=("scenario", "adoptions", "95 % interval", "spent more", "cost of one", "n"),
        rows=tuple(rows),
        note="An adoption is one enterprise that has adopted one technology. Money: present value, units. The cost of "
        "one is omitted if no more was spent, or if the interval contains zero. Adoptions that only come earlier, and "
        "would have come by the horizon in any case, do not count.",
    )


def decomposition(analysis: Analysis) -> Table:
    """Return the change in Phi by macroregion: between macroregions, and between the regions of each.

    The study keeps its curves.
    """
    assert analysis.effects is not None, "without curves no effects are measured"
    titles = analysis.results.titles
    parts: dict[str, dict[tuple[str, str], Difference]] = {}
    for row in records(analysis.effects.decomposition):
        if row["reference"] == analysis.reference and row["level"] != REGION:
            parts.setdefault(row["scenario"], {})[row["level"], row["name"]] = as_difference(row)
    rows: list[tuple[str, ...]] = []
    for scenario, own in parts.items():
        changes = {BETWEEN: 0.0, WITHIN: 0.0}
        whole = [0.0, 0.0]
        for name in dict.fromkeys(name for _, name in own):
            between, within = own[BETWEEN, name], own[WITHIN, name]
            before = between.reference_mean + within.reference_mean
            after = between.scenario_mean + within.scenario_mean
            cells = (_phi(before), _phi(after), _change(between), _change(within), signed(after - before, 3))
            rows.append((titles[scenario], name, *cells))
            whole = [whole[0] + before, whole[1] + after]
            changes[BETWEEN] += between.difference
            changes[WITHIN] += within.difference
        totals = [signed(change, 3) for change in (*changes.values(), whole[1] - whole[0])]
        rows.append((titles[scenario], "all: Phi", *map(_phi, whole), *totals))
    return Table(
        name="decomposition",
        title=f"Where the change in Phi comes from, against {titles[analysis.reference]}",
        head=("scenario", "macroregion", "Phi before", "after", "change between", "change within", "change"),
        rows=tuple(rows),
        labels=2,
        note="Each macroregion's part of Phi; parts sum to Phi in every replication. Between: its own share of "
        "adopters against the country's. Within: its regions against its own share; exactly 0 with a single region. "
        "In brackets 95 % intervals of paired differences. Regions one by one are in decomposition.csv.",
    )


def attribution(analysis: Analysis) -> Table:
    """Return the shares of adoptions by the channel of the last step."""
    results = analysis.results
    columns = [f"attributed_{channel}" for channel in CHANNELS]
    runs = results.runs(["scenario", *columns])
    rows: list[tuple[str, ...]] = []
    for name in results.scenarios:
        shares = runs.loc[runs["scenario"] == name, columns].to_numpy(dtype=float)
        defined = shares[~np.isnan(shares).any(axis=1)]
        if defined.size:
            rows.append((results.titles[name], *(f"{100 * share:.1f}" for share in defined.mean(axis=0))))
    for scenario, reference, found in analysis.pairs():
        changes = (found[column] for column in columns)
        points = (signed(100 * change.difference, 1) for change in changes)
        rows.append((f"{scenario} minus {reference}", *points))
    return Table(
        name="attribution",
        title="Attribution of adoptions by channel, % of all adoptions, and changes in percentage points",
        head=("scenario", *CHANNELS),
        rows=tuple(rows),
        note="Descriptive, not causal: each adoption is split over the terms of the hazard in its month, and a contact "
        "that starts a cascade is not credited with the adoptions that follow. Intervals of the changes are "
        "in comparison.csv.",
    )


def _mean(values: np.ndarray, shown: _Shown) -> str:
    defined = shown.scale * values[~np.isnan(values)]
    if not defined.size:
        return "-"
    spread = f" ± {defined.std(ddof=1):.{shown.decimals}f}" if defined.size > 1 else ""
    count = f" ({defined.size})" if defined.size < values.size else ""
    return f"{defined.mean():.{shown.decimals}f}{spread}{count}"


def _difference(found: Difference, shown: _Shown) -> tuple[str, ...]:
    count = f"{found.n}" if found.n == found.pairs else f"{found.n} of {found.pairs}"
    if found.n == 0:
        return ("-",) * 6 + (count, "-")
    difference, low, high = (shown.scale * value for value in (found.difference, found.low, found.high))
    decimals = needed_decimals(low, high, at_least=shown.decimals) if low or high else shown.decimals
    return (
        signed(difference, decimals),
        f"[{signed(low, decimals)}, {signed(high, decimals)}]" if found.n > 1 else "-",
        or_dash(100 * found.superiority, "{:.0f} %"),
        or_dash(found.effect, "{:+.1f}"),
        _probability(found.p),
        _probability(found.p_holm),
        count,
        or_dash(found.needed, "{:,.0f}"),
    )


def _probability(p: float) -> str:
    return "-" if math.isnan(p) else "<.001" if p < 0.001 else f"{p:.3f}".lstrip("0") if p < 1 else "1"


def _equality(planned: Sequence[float]) -> str:
    """Return a sentence on whether all scenarios that plan money plan the same present value."""
    policies = [value for value in planned if value > 0]
    if not policies:
        return "No scenario plans any money."
    if len(policies) == 1:
        return "One scenario plans money."
    if is_equal_money(max(policies), min(policies)):
        without = len(planned) - len(policies)
        free = f"; {without} {'plans' if without == 1 else 'plan'} none" if without else ""
        return f"All scenarios that plan money plan the same present value, within 0.1 %{free}."
    return "The plans do not have the same present value: differences between scenarios are also differences in money."


def _change(part: Difference) -> str:
    return with_interval(part.difference, part.low, part.high, decimals=3)


def _scaled_change(found: Difference, shown: _Shown) -> str:
    difference, low, high = (shown.scale * value for value in (found.difference, found.low, found.high))
    decimals = (
        needed_decimals(low, high, at_least=shown.decimals, at_most=4) if low or high else shown.decimals
    )
    count = "" if found.n == found.pairs else f" ({found.n})"
    return with_interval(difference, low, high, decimals=decimals) + count


def _phi(value: float) -> str:
    return or_dash(value, "{:.3f}")
