"""Mean field of spatial diffusion in discrete time, with the program's own exposure kernel: shares instead of firms."""

import numpy as np

from simulation.engine.kernels import exposure


def diffuse(proximity, enterprises, *, spontaneous, spatial, dt, years, start=None):
    """Return adoption shares, (months + 1, R): F' = F + (1 - F) (1 - exp(-(p + q S) dt)).

    ``enterprises`` (R,); ``spontaneous`` a number or (R,), 1/year; ``spatial`` 1/year; ``start`` (R,), shares at 0.
    """
    n = np.asarray(enterprises, dtype=float)
    steps = round(years / dt)
    shares = np.zeros((steps + 1, n.size))
    if start is not None:
        shares[0] = start
    weights, one = np.empty(proximity.shape), np.ones((1, 1))
    denominator, out = np.empty((1, n.size)), np.empty((1, n.size))
    exposure.contact_weights(proximity, np.ones(n.size), weights)
    exposure.spatial_denominator(weights, one, n[None], 1.0, denominator)
    for step in range(steps):
        exposure.spatial_exposure(weights, one, np.arange(1), (shares[step] * n)[None], denominator, out)
        hazard = spontaneous + spatial * out.ravel()
        shares[step + 1] = shares[step] + (1 - shares[step]) * -np.expm1(-hazard * dt)
    return shares
