"""The levers, quantities that policies change: one array per lever, set for each month."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulation.world import Array, Endowment


@dataclass(slots=True)
class Levers:
    """The quantities that policies change in one month; neutral without policies (section 4).

    An instrument changes them in place, by adding its effect times its coverage, so that the order of policies does not
    matter. Letters as in section 1: R regions, H platforms, J institutions, G chains of industries.
    """

    local_contacts: Array
    """float64 (R,), a factor, neutral 1: the weight of contacts within each region, L_r."""
    capacity: Array
    """float64 (R,), a factor, neutral 1: the capacity Q_j of the institutions of each region."""
    training: Array
    """float64 (R,), an increment, neutral 0: enterprises absorb 1 + this times as much, alpha_i."""
    trained: Array
    """float64 (R,), 0-1, neutral 0: the share of each region that is trained, for vectors with the best training."""
    incentive: Array
    """float64 (R,), 1/year, neutral 0: the hazard that is added for every enterprise of each region."""
    readiness: Array
    """float64 (R,), 0-1, neutral that of the region: digital readiness delta_r, with infrastructure."""
    subsidy: Array
    """float64 (H, R), neutral 0: what is added to the utility of membership, by platform and region."""
    is_open: Array
    """bool (H,), neutral False: whether each platform exists in this month; its calendar may open it too."""
    resident: Array
    """bool (H, J), neutral as the scenario says: whether an institution is on a platform that is elsewhere."""
    interoperability: Array
    """float64 (H, H), 0-1, neutral the identity: the share Omega of one platform's members that another one sees."""
    chain_strength: Array
    """float64 (G, R), neutral the chain's own strength in its poles, else 0: the demand pull of each chain."""

    @staticmethod
    def neutral(endowment: Endowment) -> Levers:
        """Return the levers without any policy; every platform is closed until its calendar or a policy opens it."""
        r, h = len(endowment.regions.ids), len(endowment.platforms.names)
        return Levers(
            local_contacts=np.ones(r),
            capacity=np.ones(r),
            training=np.zeros(r),
            trained=np.zeros(r),
            incentive=np.zeros(r),
            readiness=endowment.regions.readiness.copy(),
            subsidy=np.zeros((h, r)),
            is_open=np.zeros(h, dtype=bool),
            resident=endowment.platforms.resident.copy(),
            interoperability=np.eye(h),
            chain_strength=endowment.chains.strength[:, None] * endowment.chains.poles,
        )
