"""What Mesa offers works with the model, on every Mesa that pyproject.toml takes: its page, its sweeps.

``.ci/mesa`` runs this file on the oldest and on the newest.
"""

import json
import re
import subprocess
import sys
import threading
import time
import tomllib
import warnings
from contextlib import contextmanager
from pathlib import Path

import ipywidgets
import mesa
import mesa.visualization
import numpy as np
import pytest
import solara
from mesa.visualization import (
    CommandConsole,
    Slider,
    SolaraViz,
    SpaceRenderer,
    draw_space,
    make_plot_component,
    make_space_component,
)
from mesa.visualization.components import AgentPortrayalStyle
from packaging.requirements import Requirement

from simulation.mesa.agents import Enterprise
from simulation.mesa.model import HyperclusterModel
from simulation.replication import run
from simulation.scenario.loading import load_scenario

TO_COME = ("DeprecationWarning", "FutureWarning", "PendingDeprecationWarning")
"""Warnings of what Mesa is going to change."""

pytestmark = [pytest.mark.slow, *(pytest.mark.filterwarnings(f"error::{category}") for category in TO_COME)]

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
BACKENDS = ("matplotlib", "altair")
SMALL = ["world.scale=0.05", "time.years=2", "diffusion.spontaneous=0.02", "budget.per_year=1e6"]


@pytest.fixture(scope="module")
def spec():
    return load_scenario("hypercluster", overrides=SMALL)


@pytest.fixture
def model(spec):
    return HyperclusterModel(spec, rng=3)


def portrayal(agent):
    return AgentPortrayalStyle(color="tab:red" if isinstance(agent, Enterprise) else "tab:blue", size=9)


@contextmanager
def rendered(element):
    """Render it as a page would, and yield how to find its widgets; whatever its code raises is raised here."""
    box, context = solara.render(element, handle_error=False)
    try:
        yield lambda kind: [widget for widget in inside(box) if type(widget).__name__ == kind]
    finally:
        context.close()


def inside(widget):
    """A widget and all that it holds."""
    yield widget
    for held in (getattr(widget, "children", None), getattr(widget, "items", None)):
        for each in held or ():
            if isinstance(each, ipywidgets.Widget):
                yield from inside(each)


def everybody(model):
    """Coordinates of the cells of all agents."""
    return sorted(agent.cell.coordinate for agent in model.agents)


def drawn(figure_or_chart):
    """Coordinates of what was drawn of the agents, on Matplotlib's axes or in a chart of Altair's."""
    if hasattr(figure_or_chart, "collections"):
        points = [np.asarray(each.get_offsets()) for each in figure_or_chart.collections]
        return sorted(tuple(point) for point in np.concatenate(points).astype(int).tolist())
    return sorted((value["x"], value["y"]) for value in figure_or_chart.to_dict()["data"]["values"])


# The space


@pytest.mark.parametrize("backend", BACKENDS)
def test_mesas_page_draws_a_space_that_nobody_has_looked_at(model, backend):
    seen = []
    component = make_space_component(
        portrayal, backend=backend, post_process=lambda it: seen.append(it) or it
    )
    with rendered(component(model)) as widgets:
        assert drawn(seen[-1]) == everybody(model)
        assert len(everybody(model)) == model.world.enterprises.region_of.size + 83
        (picture,) = widgets("Image") if backend == "matplotlib" else widgets("VegaLite")
        assert backend == "altair" or bytes(picture.value).startswith(b"\x89PNG")


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_space_is_drawn_as_mesa_does_if_nobody_says_how(model, backend):
    seen = []
    component = make_space_component(backend=backend, post_process=lambda it: seen.append(it) or it)
    with warnings.catch_warnings():  # Mesa warns of a default of its own
        warnings.filterwarnings("ignore", "Returning a dict from agent_portrayal")
        with rendered(component(model)):
            assert drawn(seen[-1]) == everybody(model)


@pytest.mark.parametrize("backend", BACKENDS)
def test_mesas_renderer_draws_the_space(model, backend):
    renderer = SpaceRenderer(model, backend=backend).setup_agents(portrayal)
    renderer.draw_structure()
    at = renderer.draw_agents()
    points = drawn(at) if backend == "matplotlib" else sorted(zip(at.data["x"], at.data["y"], strict=True))
    assert points == everybody(model)


def test_mesas_page_draws_the_agents_that_are_there_now(spec):
    renewed = load_scenario("hypercluster", overrides=[*SMALL, "turnover.entry=0.3", "turnover.exit=0.1"])
    model = HyperclusterModel(renewed, rng=3)
    counts = []
    for _ in range(2):
        counts.append(len(everybody(model)))
        assert drawn(draw_space(model.space, portrayal)) == everybody(model)
        model.run_for(13)
    assert counts[0] != counts[1]


# The page


@contextmanager
def page(model, *components, renderer=None, **model_params):
    """Mesa's page of a model, in which the controls can be used; yields how to find widgets, and the model in it."""
    there = solara.reactive(model)

    @solara.component
    def Page():
        with solara.AppLayout():
            SolaraViz(
                there, renderer, list(components) or "default", play_interval=1, model_params=model_params
            )

    with rendered(Page()) as widgets:
        yield widgets, there


def press(widgets, label):
    (button,) = [button for button in widgets("Btn") if button.children == [label]]
    button.click()


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_page_steps_and_starts_again_with_what_its_sliders_say(spec, model, backend):
    components = [
        make_space_component(portrayal, backend=backend),
        make_plot_component("adoptions", backend=backend),
    ]
    renderer = SpaceRenderer(model, backend=backend).setup_agents(portrayal)
    renderer.draw_structure()
    renderer.draw_agents()
    sliders = {"spec": spec, "rng": Slider("Seed", 3, 1, 9, 1)}
    with page(model, *components, renderer=renderer, **sliders) as (widgets, there):
        press(widgets, "Step")
        assert (there.value.month, there.value.seed) == (1, 3)
        (slider,) = [slider for slider in widgets("Slider") if slider.label == "Seed"]
        slider.v_model = 5
        press(widgets, "Reset")
        assert (there.value.month, there.value.seed) == (0, 5)
        press(widgets, "Step")
        assert there.value.adoptions == run(spec, 5).record.adopters[1].sum()


def test_the_page_plays_to_the_horizon(model):
    with page(model, make_plot_component("member_share")) as (widgets, _):
        others = set(threading.enumerate())
        press(widgets, "▶")
        until = time.monotonic() + 60
        while (model.running or set(threading.enumerate()) - others) and time.monotonic() < until:
            time.sleep(0.05)  # the page plays, and draws for the last time, in threads of its own
        assert model.month == 24
        assert not set(threading.enumerate()) - others


def test_the_page_of_mesas_own_choice_can_be_drawn(model):
    with page(model) as (widgets, _):
        (chart,) = widgets("VegaLite")
        assert len(chart.spec["data"]["values"]) == len(model.agents)


def test_the_console_of_the_page_speaks_with_the_model(model):
    with page(model, CommandConsole) as (widgets, _):
        (line,) = widgets("TextField")
        line.v_model = "print('month', model.month, 'agents', len(model.agents))"
        line.fire_event("keypress.enter")
        answer = f"month&nbsp;0&nbsp;agents&nbsp;{len(model.agents)}"
        assert any(answer in str(widget) for widget in widgets("Html"))


@pytest.mark.parametrize("backend", BACKENDS)
def test_mesas_page_plots_what_the_model_collects(model, backend):
    seen = []
    measures = ["adoption_share", "member_share"]
    component, _ = make_plot_component(
        measures, backend=backend, post_process=lambda it: seen.append(it) or it
    )
    model.run_for(20)
    with rendered(component(model)):
        (plot,) = seen
        for measure in measures:
            if backend == "matplotlib":
                (values,) = [line.get_ydata() for line in plot.lines if line.get_label() == measure]
            else:
                values = plot.data[plot.data["Measure"] == measure]["Value"]
            assert len(values) == 21
            assert list(values)[-1] == getattr(model, measure) > 0


def test_each_component_of_mesas_page_is_tested_here():
    tested = {"CommandConsole", "Slider", "SolaraViz", "SpaceRenderer", "draw_space"}
    tested |= {"make_plot_component", "make_space_component"}
    other_names = {"JupyterViz", "make_space_altair"}  # old ones, of SolaraViz and make_space_component
    assert set(mesa.visualization.__all__) == tested | other_names


# Sweeps

SWEEP = re.search(r"```python\n(import mesa\n.*?)```", PAGE, flags=re.DOTALL)[1]
"""The example of docs/python.md: its model for Mesa 3.5, and what calls ``mesa.batch_run``."""

SWEEP_OF_SCENARIOS = """
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from mesa.experimental.scenarios import Scenario
from pandas import DataFrame

from simulation import HyperclusterModel, load_scenario


class Reach(HyperclusterModel):
    def __init__(self, scenario) -> None:
        super().__init__(load_scenario("baseline", overrides=[KEY]), rng=scenario.seed)


def one(scenario):
    model = Reach(scenario=scenario)
    model.run_until(240)
    return dict(scenario) | {"adoptions": model.adoptions}


if __name__ == "__main__":
    scenarios = Scenario.from_dataframe(DataFrame({"km": [300, 500] * 2, "seed": [1, 1, 2, 2]}))
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as processes:
        rows = list(processes.map(one, scenarios))
"""
"""The same in the words of Mesa 4, which makes a model of each of its scenarios."""


def test_keys_of_a_scenario_can_be_swept_in_processes_of_mesas(tmp_path):
    text, key = SWEEP, 'f"diffusion.half_distance_km={km}"'
    if not hasattr(mesa, "batch_run"):
        key = key.replace("{km}", "{scenario.km}")
        text = SWEEP_OF_SCENARIOS.replace("KEY", key)
        assert f'super().__init__(load_scenario("baseline", overrides=[{key}]), rng=scenario.seed)' in PAGE
    small = '"world.scale=0.05", "time.years=2"'
    script = tmp_path / "sweep.py"
    script.write_text(
        f"{text.replace(key, f'{small}, {key}')}    import json\n\n    print(json.dumps(rows))\n",
        encoding="utf-8",
    )
    done = subprocess.run(
        [sys.executable, *(f"-Werror::{category}" for category in TO_COME), script],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    swept = {(row["km"], row["seed"]): row["adoptions"] for row in json.loads(done.stdout.splitlines()[-1])}
    assert swept == {
        (km, seed): run(
            load_scenario(
                "baseline", overrides=["world.scale=0.05", "time.years=2", f"diffusion.half_distance_km={km}"]
            ),
            seed,
        )
        .record.adopters[-1]
        .sum()
        for km in (300, 500)
        for seed in (1, 2)
    }
    assert len(set(swept.values())) > 1


# The versions


def test_the_bounds_take_each_mesa_that_is_tested_and_no_pre_release_by_themselves():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (bounds,) = [Requirement(line).specifier for line in project["dependencies"] if line.startswith("mesa")]
    (tested,) = re.findall(r"^versions=\((.*)\)$", (ROOT / ".ci" / "mesa").read_text(encoding="utf-8"), re.M)
    assert all(bounds.contains(version, prereleases=True) for version in tested.split())
    assert bounds.contains(mesa.__version__, prereleases=True)
    assert list(bounds.filter(["3.4.2", *tested.split(), "5.0"])) == [tested.split()[0]]
