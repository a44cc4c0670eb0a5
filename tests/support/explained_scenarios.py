"""A small scenario with a platform that is paid for, each of whose parts can be explained."""

from __future__ import annotations


def small_world(title: str, *, years: float) -> str:
    """The text of a scenario without policy; tables and arrays of tables may follow."""
    return f"""
title = "{title}"
[time]
years = {years}
[world]
scale = 0.05
[diffusion]
spontaneous = 0.05
digital = 3.0
[technologies]
release = "at_start"
[budget]
per_year = 600
"""


def paid_platform(*vectors: str) -> str:
    """A platform with these interaction vectors, its operation, and its onboarding, to which keys may be added."""
    return f"""
[[platforms]]
name = "national"
vectors = {list(vectors)}
[[policies]]
instrument = "platform_operation"
platform = "national"
coverage = 1.0
[[policies]]
instrument = "platform_onboarding"
platform = "national"
share = 0.5
"""
