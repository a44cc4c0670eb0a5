"""Add a channel to the program for a moment, and print as JSON where it is seen.

    NUMBA_DISABLE_JIT=1 python tests/support/added_channel.py FOLDER

The channel is added as one adds it: a line in the enum, and a term of the hazard. The program runs without its
compiler, because compiled code holds the places of the channels as constants.
"""

from __future__ import annotations

import json
import re
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

CHANNELS = Path(__file__).parents[2] / "simulation" / "channels.py"
LINE = re.compile(r"    [A-Z]+ = ")
WORLD = """
name = "tiny"
[world]
scale = 0.005
[time]
years = 1
[diffusion]
spontaneous = 0.5
[technologies]
release = "at_start"
[membership]
base = 3.0
rate = 10.0
[[platforms]]
name = "national"
vectors = ["B2B"]
[[policies]]
instrument = "adoption_incentive"
budget = 50.0
"""


def add_channel(place: int, *, term: float) -> None:
    """Import the program anew with a channel ADDED at a place, whose term of every hazard is ``term``, 1/year."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "simulation"]:
        del sys.modules[name]
    import_module("simulation")
    lines = CHANNELS.read_text(encoding="utf-8").splitlines()
    channels = [number for number, line in enumerate(lines) if LINE.match(line)]
    lines.insert([*channels, channels[-1] + 1][place], '    ADDED = "what was added"')
    module = sys.modules["simulation.channels"] = ModuleType("simulation.channels")
    exec(compile("\n".join(lines), CHANNELS, "exec"), module.__dict__)
    hazard = import_module("simulation.engine.kernels.hazard")
    without = hazard.steady_terms

    def with_added(strata: Any, *others: Any) -> None:
        without(strata, *others)
        terms = others[-1]
        terms[strata, ..., module.Channel.ADDED] = term

    hazard.steady_terms = with_added


def by_channel(values: Any) -> dict[str, float]:
    """Values, a channel each in the last axis, summed over all others."""
    from simulation.channels import Channel

    values = np.asarray(values).reshape(-1, np.shape(values)[-1]).sum(axis=0)
    return {channel.name: float(value) for channel, value in zip(Channel, values, strict=True)}


def replication() -> dict[str, Any]:
    """What a replication leaves."""
    from simulation.engine.simulate import simulate
    from simulation.scenario.loading import parse_scenario

    record = simulate(parse_scenario(WORLD), 1)
    return {"adopters": record.adopters.tolist(), "owed": by_channel(record.attribution)}


def everywhere(folder: Path) -> dict[str, Any]:
    """The channels in all that shows them."""
    from page import blocks_of

    from simulation.batch.running import run_batch
    from simulation.engine.month import Engine
    from simulation.figures.channel_attribution import FIGURE
    from simulation.figures.drawing.inputs import study_curves
    from simulation.mesa.model import HyperclusterModel
    from simulation.reporting.analysis import analyse
    from simulation.reporting.tables import attribution
    from simulation.scenario.loading import parse_scenario
    from simulation.server.protocol.frames import frame
    from simulation.server.sides.live_side import LiveSide

    spec = parse_scenario(WORLD)
    engine = Engine(spec, 1)
    at_the_start = by_channel(engine.hazard_of(0, 0))
    while not engine.finished:
        engine.step()
    adopted = engine.state.adopted_month >= 0
    side = LiveSide(spec, 1)
    block = blocks_of(frame(1, [side.frames(0, 0, 13, until=np.inf)]))[1]["a"]
    model = HyperclusterModel(spec, rng=1)
    model.run_for(12)
    pair = int(np.flatnonzero(adopted)[0])
    agent = int(engine.world.pairs.enterprise[pair])
    technology = engine.world.technologies.names[
        int(np.searchsorted(engine.world.pairs.start, pair, "right")) - 1
    ]
    with ThreadPoolExecutor(1) as executor:
        results = run_batch([spec], 2, out=folder, executor=executor)
    drawn = FIGURE.draw(study_curves(results), width_mm=190)
    texts = [text.get_text() for text in drawn.figure.findobj(match=lambda part: hasattr(part, "get_text"))]
    table = attribution(analyse(results))
    runs = results.runs()
    numbers = drawn.numbers["channel_attribution"]
    return {
        "hazard": at_the_start,
        "sums": engine.state.attribution[adopted].sum(axis=1).tolist(),
        "adoptions": int(adopted.sum()),
        "record": by_channel(engine.record().attribution),
        "frames": by_channel(block.attribution[-1]),
        "adoptions in frames": int(block.adopters[-1].sum()),
        "inspector": by_channel(
            [
                side.inspect("region", row, 12, until=np.inf)["attribution"]
                for row in range(len(engine.world.regions.ids))
            ]
        ),
        "agent": model.enterprise(agent).attribution(technology),
        "rows": {
            name.removeprefix("attributed_"): float(runs[name].iloc[0])
            for name in runs
            if "attributed_" in name
        },
        "figure": dict(zip(numbers["channel"], numbers["mean_share"], strict=True)),
        "words of the figure": texts,
        "table": dict(zip(table.head[1:], map(float, table.rows[0][1:]), strict=True)),
    }


def main() -> None:
    """Try the first and the last place, without a term, and the first with one: it moves all other channels."""
    warnings.simplefilter(
        "ignore", RuntimeWarning
    )  # without a compiler NumPy tells of hashes that wrap round
    folder = Path(sys.argv[1])
    found: dict[str, Any] = {"as it is": replication()}
    for name, place in (("first", 0), ("last", -1)):
        add_channel(place, term=0.0)
        found[name] = replication()
    add_channel(0, term=0.5)
    found["everywhere"] = everywhere(folder)
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
