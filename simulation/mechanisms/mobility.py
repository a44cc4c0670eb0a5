"""Labour mobility: people change places, and business ties go with them."""

from __future__ import annotations

from simulation.schema import Rate, Settings, Share


class Mobility(Settings):
    """How many business ties are drawn anew each year, and where their new partners are found."""

    rate: Rate = 0.0
    """nu: share of the drawn ties that are given up and drawn anew, 1/year."""
    across_platforms: Share = 0.0
    """Share of new partners taken from those who share a platform with the enterprise, of any region, 0-1."""
