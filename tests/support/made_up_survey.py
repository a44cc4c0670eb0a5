"""A survey of the form of the classic ones, made up: two tables, or a file of R."""

import numpy as np


def made_up(villages=3, size=12, last=9, seed=1):
    """Return rows (village, agent, toa) and (village, agent, named); the last time is that of a third, not yet."""
    draw = np.random.default_rng(seed)
    agents, ties = [], []
    for v in range(1, villages + 1):
        numbers = np.sort(draw.choice(np.arange(1, 99), size=size, replace=False))
        for agent in numbers:
            toa = last if draw.random() < 1 / 3 else int(draw.integers(1, last))
            agents.append((v, int(agent), toa))
            named = draw.choice(numbers[numbers != agent], size=2, replace=False)
            ties += [(v, int(agent), int(other)) for other in named]
    return agents, ties


def write_tables(folder, agents, ties):
    """Write the two tables of a survey."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, header, rows in (("agents", "toa", agents), ("ties", "named", ties)):
        lines = [f"village,agent,{header}", *(",".join(map(str, row)) for row in rows)]
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder
