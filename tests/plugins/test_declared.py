"""What is wrong with a plugin ends in a message with the plugin, its file, the line, what was found, what would do."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from plugin_texts import FIGURE, INSTRUMENT, MECHANISM, METRIC

from simulation import figures, mechanisms, metrics, policies
from simulation.data import layers
from simulation.errors import HyperclusterError, PluginError
from simulation.plugins import VARIABLE, Registry, adopt, use
from simulation.scenario import loading

FIND: dict[str, Callable[[], Iterator[Any]]] = {
    INSTRUMENT: policies._instruments,
    METRIC: metrics._metrics,
    FIGURE: figures._figures,
    MECHANISM: mechanisms._mechanisms,
}
Find = Callable[[str, Callable[[], Iterator[Any]]], dict[str, Any]]


@pytest.fixture
def find(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Find]:
    """What a registry finds if a plugin ``mine.py`` with this text is in use."""

    def found(text: str, finder: Callable[[], Iterator[Any]]) -> dict[str, Any]:
        (tmp_path / "mine.py").write_text(text, encoding="utf-8")
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv(VARIABLE, str(tmp_path / "mine.py"))
        return {name: value for name, value, plugin in finder() if plugin is not None}

    yield found
    sys.modules.pop("hypercluster_plugin_mine", None)


@pytest.mark.parametrize(
    ("text", "name"), [(INSTRUMENT, "site"), (METRIC, "one"), (FIGURE, "mine"), (MECHANISM, "season")]
)
def test_a_sound_plugin_adds_what_it_declares(find: Find, text: str, name: str):
    assert list(find(text, FIND[text])) == [name]


WRONG = [
    (INSTRUMENT, '"site"', '"training"', 'line 12  policies = "training": this name is taken by hypercluster'),
    (INSTRUMENT, 'Literal["site"]', "str", "line 12  Site.instrument: must name the instrument"),
    (INSTRUMENT, '"site"', '"My Site"', "line 12  Site.instrument: \"My Site\": must be lower-case letters"),
    (INSTRUMENT, "= 50.0", "= -1", "line 9  Site.unit_cost = -1: must be a number above 0"),
    (INSTRUMENT, 'cost_basis: ClassVar[str] = "region"', "", "line 7  Site.cost_basis: must say what"),
    (INSTRUMENT, 'Effect(0.3, "increase of something")', "0.3", "line 11  Site.effect = 0.3: must be None or an"),
    (INSTRUMENT, "def apply", "def applied", "line 7  Site: must define apply"),
    (INSTRUMENT, "coverage, endowment, *, effect", "coverage", "line 17  Site.apply = (self, levers, coverage): is"),
    (INSTRUMENT, "__version__", "import no_such #", "line 5  import no_such # = \"0.3\": ModuleNotFound"),
    (INSTRUMENT, "def apply(", "def apply(]", "line 17  def apply(]"),
    (METRIC, '"one"', '"t50_years"', 'line 5  metrics = "t50_years": this name is taken by hypercluster'),
    (METRIC, '"one"', '"seed"', "line 5  Metric seed: name = 'seed': must be a name"),
    (METRIC, '"higher"', '"more"', "line 5  Metric one: better = 'more': must be \"higher\", \"lower\" or None"),
    (METRIC, "lambda curves", "lambda", "line 5  Metric one: measure = (): is called as Metric one: measure(curves)"),
    (METRIC, '"share",', '"share", after="t5_years",', 'did you mean "t50_years"'),
    (METRIC, "Metric(name", "dict(name", "line 4  {'name': 'one'"),
    (FIGURE, "study, *, width_mm", "study", "line 4  StudyFigure mine: draw = (study): is called as"),
    (FIGURE, '"mine"', '"ledger"', 'line 7  figures = "ledger": this name is taken by hypercluster'),
    (FIGURE, "place=1", 'place="first"', "line 7  StudyFigure mine: place = 'first': must be a number"),
    (MECHANISM, "gain: float = 0.0", "gain: float = 1.0", "line 5  Season: must be off with the defaults"),
    (MECHANISM, "gain: float = 0.0", "gain: float", "line 5  Season: each key of its table needs a default"),
    (MECHANISM, "def factor(self, world)", "def factor(self)", "line 13  Season.factor = (self): is called as"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "old", "new", "said"), WRONG)
def test_a_fault_is_told_with_plugin_file_and_line(find: Find, text: str, old: str, new: str, said: str):
    assert old in text
    with pytest.raises(PluginError) as caught:
        find(text.replace(old, new), FIND[text])
    version = "" if "__version__ =" not in text.replace(old, new) or "(]" in new else " 0.3"
    head, told = str(caught.value).split("\n")
    assert head == f"plugin mine{version}, mine.py: 1 problem"
    assert said in told


@pytest.mark.parametrize(
    ("text", "finder", "said"),
    [
        ("x = 1\n", policies._instruments, "mine.py: 1 problem\n  adds nothing; expected a class derived"),
        (
            'DATASETS = {"nowhere": "."}\n',
            layers._datasets,
            'line 1  dataset "nowhere" = .: must be a folder',
        ),
        ('SCENARIOS = "none"\n', loading._scenarios, "line 1  'none': must be a scenario file"),
    ],
)
def test_what_adds_nothing_says_what_would(
    find: Find, text: str, finder: Callable[[], Iterator[Any]], said: str
):
    with pytest.raises(PluginError) as caught:
        find(text, finder)
    assert said in str(caught.value)


def test_a_plugin_cannot_come_once_the_schema_is_built(tmp_path: Path):
    import simulation.scenario.schema

    assert simulation.scenario.schema.Scenario
    (tmp_path / "late.py").write_text(METRIC)
    with pytest.raises(HyperclusterError, match="too late for a plugin"):
        use(tmp_path / "late.py")
    with pytest.raises(HyperclusterError, match="this worker began without the plugin late"):
        adopt([(str(tmp_path / "late.py"), METRIC.encode())])


@pytest.mark.parametrize(
    ("name", "said"),
    [("none.py", "cannot be read: No such file"), ("mine.txt", "must be the path of a Python file")],
)
def test_a_plugin_that_is_no_python_file_is_refused(tmp_path: Path, name: str, said: str):
    with pytest.raises(PluginError, match=said):
        use(tmp_path / name)


def test_an_unknown_name_points_to_plugins():
    registry = Registry("instrument", lambda: iter([("training", 1, None)]))
    assert registry["training"] == registry.get("training") == 1
    assert "site" not in registry and registry.get("site") is None
    with pytest.raises(HyperclusterError) as caught:
        registry["site"]
    assert str(caught.value) == 'no instrument "site"; if a plugin adds it, install it or give --plugin FILE'
