"""The levers, quantities that policies change: one array per lever, set for each month."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulation.world import Array, Endowment


@dataclass(slots=True)
class Levers:
    """The quantities that policies change in one month; neutral without policies (section 4)."""

    local_contacts: Array  # float64 (R,), L_r, neutral 1
    capacity: Array  # float64 (R,), factor on Q_j, neutral 1
    training: Array  # float64 (R,), increment on the factor of alpha_i, neutral 0
    trained: Array  # float64 (R,), coverage of training, neutral 0
    incentive: Array  # float64 (R,), 1/year, neutral 0
    readiness: Array  # float64 (R,), delta_r with infrastructure
    subsidy: Array  # float64 (H, R), added to the utility of membership, neutral 0
    is_open: Array  # bool (H,), platform exists this month
    resident: Array  # bool (H, J), institutions on the platform
    interoperability: Array  # float64 (H, H), Omega, neutral identity
    chain_strength: Array  # float64 (G, R), neutral: the chain's own strength in its poles, 0 elsewhere

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
