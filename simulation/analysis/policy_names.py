"""What people call the policies of a scenario: by instrument and target, and by years where that is not enough."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

LABEL = "policies[{}]"
"""What the ledger calls an entry of policy, by its place in the scenario file."""
MOST_REGIONS = 2  # named one by one


def policy_names(text: Mapping[str, Any]) -> dict[str, str]:
    """Return the name of each policy, such as "platform onboarding: national", by its label in the ledger.

    Parameters
    ----------
    text : the whole scenario, in the form of its file.
    """
    policies = text.get("policies", ())
    names = [_by_target(policy) for policy in policies]
    names = _distinct(names, [_years(policy) for policy in policies])
    names = _distinct(names, [f" (entry {place})" for place in range(1, len(names) + 1)])
    return {LABEL.format(place): name for place, name in enumerate(names)}


def _by_target(policy: Mapping[str, Any]) -> str:
    targets = [policy[key] for key in ("platform", "chain") if key in policy] or list(
        policy.get("platforms", ())
    )
    regions = policy.get("regions", "all")
    if not targets and not isinstance(regions, str):
        several = len(regions) > MOST_REGIONS
        targets = [f"{len(regions)} regions"] if several else list(regions)
    elif not targets and regions != "all":
        targets = [regions]
    name = str(policy["instrument"]).replace("_", " ")
    return f"{name}: {' and '.join(map(str, targets))}" if targets else name


def _years(policy: Mapping[str, Any]) -> str:
    first = policy.get("from_year", 0.0)
    last = policy.get("to_year")
    return f" (from year {first:g})" if last is None else f" (years {first:g} to {last:g})"


def _distinct(names: Sequence[str], more: Sequence[str]) -> list[str]:
    """Return the names, with more words where several are the same."""
    times = Counter(names)
    return [name + (words if times[name] > 1 else "") for name, words in zip(names, more, strict=True)]
