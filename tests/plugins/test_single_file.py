"""An instrument, a metric and a figure of one file, from the scenario to the report."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from plugin_texts import FIGURE, INSTRUMENT, METRIC

from simulation.cli.main import cli
from simulation.errors import ResultsError
from simulation.plugins import VARIABLE
from simulation.results.reader import Results

WHOLE = "\n".join((INSTRUMENT, METRIC, FIGURE)) + '\nSCENARIOS = __file__.replace("mine.py", "scenarios")\n'
TINY = """
[time]
years = 1
[world]
scale = 0.02
"""
SITE = TINY + '[[policies]]\ninstrument = "site"\nbudget = 100\n'

STUDY = """
import json
from simulation import load_scenario, plugins, run_batch
from simulation.analysis.comparison import compare
from simulation.results.manifest import missing_plugins
from simulation.server.protocol.forms import forms

results = run_batch(["tiny.toml", "sited"], 2, out="study", executor="serial")
with_it = compare(results)
from simulation.optimize.study import SHAREABLE
from simulation.results.code_digest import used_parts
from simulation.figures import FIGURES
from simulation.reporting.document import document
from simulation.reporting.analysis import analyse
from simulation.reporting.tables import of_plugins
print(json.dumps({
    "code": {k: v for k, v in results.manifest["code"].items() if k.startswith("plugin")},
    "plugins": results.manifest["plugins"],
    "missing": missing_plugins(results.manifest),
    "ledger": sorted(set(results.ledger()["instrument"])),
    "compared": "one" in set(with_it["metric"]),
    "table": of_plugins(analyse(results)).markdown(),
    "recipe": document(analyse(results), [], left_out={}),
    "column": results.runs(["one"])["one"].tolist(),
    "columns": results.metrics[-1],
    "costs": load_scenario("sited").costs.of("site"),
    "effects": load_scenario("sited").effects.of("site"),
    "forms": json.dumps(forms()).count('"site"'),
    "shareable": "site" in SHAREABLE,
    "first figure": list(FIGURES)[0],
}))
"""


def command(folder: Path, *words: str, plugin: str = "") -> subprocess.CompletedProcess[str]:
    """Run Python in a folder, with the plugin of that name by the environment variable."""
    changes = {VARIABLE: str(folder / plugin)} if plugin else {}
    return subprocess.run(
        [sys.executable, *words], cwd=folder, env={**os.environ, **changes}, capture_output=True, text=True
    )


def hypercluster(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return command(folder, "-m", "simulation", *words)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plugin, its scenario, and a study of both scenarios."""
    found = tmp_path_factory.mktemp("plugin")
    (found / "mine.py").write_text(WHOLE)
    (found / "tiny.toml").write_text(TINY)
    (found / "scenarios").mkdir()
    (found / "scenarios" / "sited.toml").write_text(SITE)
    return found


@pytest.fixture(scope="module")
def facts(folder: Path) -> dict[str, Any]:
    done = command(folder, "-c", STUDY, plugin="mine.py")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_an_instrument_has_cost_effect_ledger_form_and_share(facts: dict[str, Any]):
    assert (facts["costs"], facts["effects"]) == (50.0, 0.3)
    assert facts["ledger"] == ["site"]
    assert facts["forms"] >= 3  # its entry, its cost and its effect
    assert facts["shareable"]


def test_a_metric_is_the_last_column_and_is_compared(facts: dict[str, Any]):
    assert facts["columns"] == "one"
    assert facts["column"] == [1.0] * 4
    assert facts["compared"]
    assert "| one" in facts["table"] and facts["table"] in facts["recipe"]
    assert "hypercluster report study --plugin " in facts["recipe"]


def test_a_figure_stands_at_its_place(facts: dict[str, Any]):
    assert facts["first figure"] == "mine"


def test_manifest_and_code_name_the_plugin_with_its_version(facts: dict[str, Any]):
    (entry,) = facts["plugins"].values()
    assert facts["code"] == {"plugin mine": f"0.3 {entry['sha256']}"}
    assert entry["version"] == "0.3"
    assert (entry["policies"], entry["metrics"]) == (["site"], ["one"])
    assert facts["missing"] == []


@pytest.mark.slow
def test_a_study_is_not_resumed_with_another_version_of_the_plugin(facts: dict[str, Any], folder: Path):
    del facts
    (folder / "newer").mkdir()
    (folder / "newer" / "mine.py").write_text(WHOLE.replace('"0.3"', '"0.4"'))
    (folder / "newer" / "scenarios").mkdir()
    newer = ["run", "tiny.toml", "scenarios/sited.toml", "--out", "study", "--plugin", "newer/mine.py"]
    (folder / "newer" / "scenarios" / "sited.toml").write_text(SITE)
    other = hypercluster(folder, *newer)
    assert other.returncode == 2
    assert "plugin mine: version 0.3 there, 0.4 now" in other.stderr


LACKING = "plugin mine 0.3: it adds the instrument site, the metric one, and is not loaded now; add --plugin mine.py"


@pytest.mark.parametrize(
    "words",
    [
        "run scenarios/sited.toml --out study",
        "explain scenarios/sited.toml --out study",
        "factors scenarios/sited.toml --out study",
        "explore tiny.toml scenarios/sited.toml --out study",
        "plot study --figure mine",
        "plot study --figure ledger",
        "compare study",
        "report study",
    ],
)
def test_what_needs_the_plugin_names_it_where_it_is_not_loaded(
    facts: dict[str, Any], folder: Path, words: str, monkeypatch: pytest.MonkeyPatch
):
    del facts
    monkeypatch.chdir(folder)
    ended = CliRunner().invoke(cli, words.split())
    assert ended.exit_code == 2, ended.output
    assert f"study was made with the {LACKING}" in ended.stderr


def test_scenarios_of_a_study_are_not_read_again_without_their_plugin(facts: dict[str, Any], folder: Path):
    del facts
    with pytest.raises(ResultsError, match=re.escape(LACKING)):
        Results(folder / "study").specs()


@pytest.mark.slow
def test_an_import_that_comes_too_early_ends_in_a_message(folder: Path):
    early = WHOLE.replace("__version__", "from simulation import load_scenario #")
    (folder / "early.py").write_text(early)
    wrong = hypercluster(folder, "validate", "sited", "--plugin", "early.py")
    assert wrong.returncode == 2
    assert wrong.stderr.startswith("plugin early, early.py: 1 problem\n  line 5  from simulation import load")
    assert "move the import into the function that uses it" in wrong.stderr


@pytest.mark.slow
def test_the_file_and_the_fault_of_the_how_to_page_are_as_it_says(tmp_path: Path):
    page = (Path(__file__).parents[2] / "docs" / "plugins.md").read_text(encoding="utf-8")
    plugin, scenario = (
        re.findall(rf"```{kind}\n(.*?)```", page, re.DOTALL)[0] for kind in ("python", "toml")
    )
    fault = re.findall(r"```\n(plugin .*?)```", page, re.DOTALL)[0]
    (tmp_path / "my_policies.py").write_text(plugin)
    (tmp_path / "mentored.toml").write_text(scenario)
    words = re.findall(r"hypercluster (validate .*)", page)[0].split()
    right = hypercluster(tmp_path, *words)
    assert right.returncode == 0, right.stderr
    assert "[0] mentoring" in right.stdout
    (tmp_path / "my_policies.py").write_text(plugin.replace("= 2.0", "= -2.0"))
    wrong = hypercluster(tmp_path, *words)
    assert (wrong.returncode, wrong.stderr) == (2, fault)


@pytest.mark.slow
def test_worker_processes_and_those_of_a_cluster_load_the_plugin(folder: Path, facts: dict[str, Any]):
    script = """
import os
import sys

if __name__ == "__main__":  # the workers of the cluster import this file, and must not have begun
    from distributed import LocalCluster
    from simulation import Results, run_batch

    ours = run_batch(["tiny.toml", "sited"], 2, out="processes", workers=2)
    del os.environ["HYPERCLUSTER_PLUGINS"]  # which workers elsewhere do not have
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as cluster:
        os.environ["HYPERCLUSTER_PLUGINS"] = sys.argv[1]
        theirs = run_batch(
            ["tiny.toml", "sited"], 2, out="dask", executor=cluster.scheduler_address.replace("tcp", "dask")
        )
    print(ours.digest() == theirs.digest() == Results("study").digest())
"""
    (folder / "cluster.py").write_text(script)
    done = command(folder, "cluster.py", str(folder / "mine.py"), plugin="mine.py")
    assert done.stdout == "True\n", done.stderr
