"""Hypercluster itself: an ordinary scenario of one region, one industry and one technology."""

import common

from simulation.engine.month import Engine
from simulation.scenario.loading import load_scenario


def start(task, seed):
    return Engine(load_scenario(task.folder / "common_task.toml"), seed)


def months(engine):
    engine.run_for(engine.world.months)
    return curve(engine)  # made when it is read, so that it is not among the months


def curve(engine):
    yield from engine.record().adopters[1:].sum(axis=(1, 2, 3))


if __name__ == "__main__":
    common.main(start, months)
