"""Versions of a scenario that each lack one thing: a channel of contact, an interaction vector, a policy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from simulation.errors import HyperclusterError
from simulation.explain.channels import FACTORS, without_factors
from simulation.scenario.loading import parse_scenario
from simulation.scenario.schema import Scenario
from simulation.server.protocol.forms import titled

MOST_POLICIES = 24
"""Policies up to which each is left out once; of longer plans, each instrument is."""


@dataclass(frozen=True, slots=True)
class Version:
    """A scenario without one thing."""

    kind: str  # "channel", "vector" or "policy"
    name: str
    text: str  # the whole scenario; empty if it cannot run without it
    problem: str = ""
    note: str = ""


def versions_without(text: str) -> list[Version]:
    """Return the versions of a scenario that each lack one thing that it uses."""
    spec = parse_scenario(text)
    return [_checked(*found) for found in _versions(spec)]


def _versions(spec: Scenario) -> Iterator[tuple[str, str, Scenario, str]]:
    for factor, words in FACTORS.items():
        if getattr(spec.diffusion, factor) > 0 and (factor != "digital" or spec.platforms):
            yield "channel", words, without_factors(spec, [factor]), ""
    carried = [row.vectors for row in spec.platforms]
    for vector in sorted({name for names in carried for name in names}):
        platforms = tuple(
            row.model_copy(update={"vectors": tuple(name for name in row.vectors if name != vector)})
            for row in spec.platforms
        )
        yield "vector", vector, spec.model_copy(update={"platforms": platforms}), ""
    policies = spec.policies
    each = len(policies) <= MOST_POLICIES
    for instrument in dict.fromkeys(policy.instrument for policy in policies):
        mine = [place for place, policy in enumerate(policies) if policy.instrument == instrument]
        for number, left_out in enumerate([[place] for place in mine] if each else [mine]):
            rest = tuple(policy for place, policy in enumerate(policies) if place not in left_out)
            name = titled(instrument) + (f" {number + 1}" if each and len(mine) > 1 else "")
            takes = sorted({titled(policy.instrument) for policy in rest if policy.share is not None})
            note = f"its money goes to: {', '.join(takes)}" if takes else ""
            yield "policy", name, spec.model_copy(update={"policies": rest}), note


def _checked(kind: str, name: str, spec: Scenario, note: str) -> Version:
    text = spec.to_toml()
    try:
        parse_scenario(text)
    except HyperclusterError as error:
        return Version(kind, name, "", problem=_last_line(error))
    return Version(kind, name, text, note=note)


def _last_line(error: Any) -> str:
    return str(error).strip().splitlines()[-1].strip()
