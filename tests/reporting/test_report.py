"""Tables and report of a real, small study: whole, honest, and sufficient in themselves."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest

from simulation.batch.running import run_batch
from simulation.data.template import write_template
from simulation.errors import ResultsError
from simulation.reporting.analysis import Analysis, analyse
from simulation.reporting.document import Picture, document
from simulation.reporting.page import html_page, write_report
from simulation.reporting.places_of_change import places
from simulation.reporting.table import with_minus
from simulation.reporting.tables import levels, tables, write_tables
from simulation.results.code_digest import together
from simulation.results.reader import Results
from simulation.scenario.loading import parse_scenario

PLAIN = """
name = "plain"
title = "Plain <script>alert(1)</script> | & *plain*"
description = "First paragraph.\\nSecond paragraph."
[time]
years = 8
[world]
scale = 0.05
[diffusion]
spontaneous = 0.03
[technologies]
release = "at_start"
"""
TRAINED = """
name = "trained"
title = "Trained"
[time]
years = 8
[world]
scale = 0.05
[diffusion]
spontaneous = 0.03
half_distance_km = 300.0
[technologies]
release = "at_start"
[[policies]]
instrument = "training"
budget = 200.0
[[platforms]]
name = "national"
vectors = ["B2B"]
[[policies]]
instrument = "platform_operation"
platform = "national"
budget = 149.0
"""


@pytest.fixture(scope="module")
def analysis(tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    specs = [parse_scenario(text) for text in (PLAIN, TRAINED)]
    return analyse(run_batch(specs, 3, out=tmp_path_factory.mktemp("study") / "out", executor="serial"))


@pytest.fixture(scope="module")
def report(analysis: Analysis) -> tuple[str, str]:
    """HTML and Markdown."""
    page, text = write_report(analysis)
    return page.read_text(encoding="utf-8"), text.read_text(encoding="utf-8")


class Page(HTMLParser):
    """Collects tags with their attributes, and text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_every_table_is_written_for_latex_and_markdown_beside_the_csv(analysis: Analysis):
    paths = write_tables(analysis)
    folder = analysis.results.path
    assert all(path.exists() for path in paths)
    assert {path.name for path in paths if path.suffix == ".csv"} == {
        *("comparison.csv", "additionality.csv", "decomposition.csv", "places.csv")
    }
    names = [table.name for table in tables(analysis)]
    assert names == [
        *("means", "differences", "levels", "directions", "money", "additionality"),
        *("places", "decomposition", "attribution"),
    ]
    for name in names:
        assert r"\toprule" in (folder / "tables" / f"{name}.tex").read_text(encoding="utf-8")
        assert "| ---" in (folder / "tables" / f"{name}.md").read_text(encoding="utf-8")


def test_tables_show_the_numbers_of_the_comparison(analysis: Analysis):
    by_name = {table.name: table for table in tables(analysis)}
    found = analysis.comparison.set_index("metric").loc["t50_years"]
    first = by_name["differences"].rows[0]
    assert first[0].startswith("Trained minus Plain")
    assert float(first[2]) == pytest.approx(found["difference"], abs=0.05)
    assert first[-2] == "3"
    (added,) = by_name["additionality"].rows
    extra = analysis.effects.additionality["difference"][0]
    assert float(added[1].replace(",", "")) == pytest.approx(extra, abs=0.5)
    *_, whole = by_name["decomposition"].rows
    phi = analysis.comparison.set_index("metric").loc["phi"]
    assert [float(cell) for cell in (whole[2], whole[3], whole[-1])] == pytest.approx(
        [phi["reference_mean"], phi["scenario_mean"], phi["difference"]], abs=5.1e-4
    )


def test_levels_and_directions_show_means_and_changes_of_their_metrics(analysis: Analysis):
    by_name = {table.name: table for table in tables(analysis)}
    titles = [*analysis.results.titles.values(), "Trained minus Plain <script>alert(1)</script> | & *plain*"]
    levels = by_name["levels"].rows
    assert [row[:2] for row in levels] == [(t, level) for t in titles for level in ("macro", "meso", "micro")]
    # The levels share the variance out: means add up to all of it, changes to nothing, within rounding.
    for first, whole in ((0, 100.0), (3, 100.0), (6, 0.0)):
        parts = [float(row[2].split()[0]) for row in levels[first : first + 3]]
        assert sum(parts) == pytest.approx(whole, abs=0.16)
    directions = by_name["directions"].rows
    assert [row[0] for row in directions] == titles
    found = analysis.comparison.set_index("metric").loc["environmental_share"]
    assert float(directions[2][1].split()[0]) == pytest.approx(100 * found["difference"], abs=0.051)


def test_a_change_that_some_pairs_lack_says_of_how_many_it_is(analysis: Analysis):
    fewer = analysis.comparison.copy()
    fewer.loc[fewer["metric"] == "variance_macro", "n"] = 2
    *_, macro, meso, _ = levels(replace(analysis, comparison=fewer)).rows
    assert macro[2].endswith("] (2)")
    assert meso[2].endswith("]")


def test_places_are_shown_where_adoption_changes_by_a_point_and_are_there_in_full_beside_it(
    analysis: Analysis,
):
    changes = analysis.effects.places
    small = changes.copy()
    in_komi = small["name"] == "komi"
    small.loc[in_komi, "difference"] = 0.009
    small.loc[small["name"] == "coal", "difference"] = -0.011
    shown = {row[1]: row for row in places(small, analysis.results, "plain").rows}
    assert "Komi Republic" not in shown
    assert shown["coal"][3].startswith("-1.1")
    assert len(changes[in_komi]) == 2
    (nowhere,) = places(changes.assign(difference=0.0), analysis.results, "plain").rows
    assert nowhere == (shown["coal"][0], "none by a point or more", "-", "-", "-", "-")
    *regions, _, _, _, _, last = places(changes.assign(difference=0.5), analysis.results, "plain").rows
    assert (regions[0][1], regions[-1][1], last[1]) == (
        "Arkhangelsk Region and Nenets Autonomous Okrug",
        "Sakhalin Region",
        "other minerals",
    )


def test_budgets_stand_side_by_side_with_what_was_not_spent(analysis: Analysis):
    (money,) = [table for table in tables(analysis) if table.name == "money"]
    assert money.head[1:] == tuple(analysis.results.titles.values())
    rows = {row[0]: row[1:] for row in money.rows}
    assert rows["platform operation: national"] == ("-", "1,192, spent 0")  # 149 a year for 8 years
    assert rows["training"] == ("-", "1,600")


def test_the_page_needs_nothing_beside_it(report: tuple[str, str]):
    page = Page(report[0])
    assert not {tag for tag, _ in page.tags} & {"script", "link", "iframe", "object"}
    sources = [attributes["src"] or "" for tag, attributes in page.tags if tag == "img"]
    assert sources and all(source.startswith("data:image/png;base64,") for source in sources)
    assert all("style" not in tag or "url(" not in (attrs.get("style") or "") for tag, attrs in page.tags)
    assert not re.search(r"url\(|@import|https?://", report[0].split("<main>")[0])
    assert [tag for tag, _ in page.tags].count("h1") == 1
    # Neither marks of Markdown nor tags: the title as it was given.
    assert (
        "<title>Plain &lt;script&gt;alert(1)&lt;/script&gt; | &amp; *plain* and Trained</title>" in report[0]
    )
    assert all(attrs.get("alt") for tag, attrs in page.tags if tag == "img")


def test_tables_scroll_on_a_phone_and_captions_stay_with_their_figures(report: tuple[str, str]):
    page = report[0]
    pictures, pages = page.count("<img"), page.count("<table>")
    assert page.count("<figure>") == page.count("</figure>") == page.count('<p class="caption">') == pictures
    assert page.count('<div class="wide"') == pages
    # Each table has a title but that of scenarios' digests and unit costs no note.
    assert page.count('<p class="title">') == pages
    assert page.count('<p class="note">') == pages - 2
    for frame in re.findall(r"<figure>(.*?)</figure>", page, flags=re.DOTALL):
        assert frame.count("<img") == frame.count('<p class="caption">') == 1


def test_a_label_reaches_down_over_the_rows_that_it_names(analysis: Analysis, report: tuple[str, str]):
    """Every row has as many cells as its table has columns, those that reach down into it counted."""
    (differences,) = [table for table in tables(analysis) if table.name == "differences"]
    found = re.findall(r"<table>(.*?)</table>", report[0], flags=re.DOTALL)
    assert any(f'rowspan="{len(differences.rows)}"' in table for table in found)
    for table in found:
        columns = table.count("</th>")
        reaching = 0
        for row in re.findall(r"<tr>(.*?)</tr>", table.split("<tbody>")[1], flags=re.DOTALL):
            spans = [int(span) for span in re.findall(r'rowspan="(\d+)"', row)]
            assert len(spans) == (0 if reaching else 1)
            assert row.count("<td") + (1 if reaching else 0) == columns
            reaching = (reaching or spans[0]) - 1
        assert reaching == 0


def test_the_report_tells_all_that_a_reader_must_know(analysis: Analysis, report: tuple[str, str]):
    text = " ".join(Page(report[0]).text.split())
    manifest = analysis.results.manifest
    for words in (
        "Digital readiness of regions is an assumption in three tiers (0.2, 0.5, 0.8), not data",
        "Unit costs are assumptions",
        "nothing is calibrated",
        with_minus(analysis.verdicts[0]),
        "Unspent money",
        'platform "national" costs 150 a year and never opens for less',
        "diffusion.half_distance_km = 300.0 in Trained",
        "diffusion.spontaneous = 0.03 in all scenarios",
        "platforms: name = national, vectors = ['B2B']",
        "First paragraph.",
        "No description was given.",
        "Seeds: 1 to 3",
        manifest["command"],
        together(manifest["code"]),
        manifest["scenarios"][0]["digest"][:16],
        f"hypercluster {manifest['version']}",
        "numpy",
    ):
        assert words in text, words


def test_the_markdown_names_figures_that_exist_and_says_what_is_not_drawn(
    analysis: Analysis, report: tuple[str, str]
):
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", report[1])
    assert pictures
    assert all((analysis.results.path / picture).exists() for picture in pictures)


def test_one_scenario_is_described_and_not_compared(tmp_path: Path):
    results = run_batch([parse_scenario(PLAIN)], 1, out=tmp_path / "out", executor="serial")
    alone = analyse(results)
    write_tables(alone)
    text = document(alone, [], {"region_map": "no outlines"})
    assert "there is nothing to compare" in text
    assert "## Money" in text
    assert "Not drawn: region map (no outlines)." in text


def test_what_is_made_up_in_the_tables_stands_among_the_assumptions_and_defaults_do_not(tmp_path: Path):
    coal = """
[[commodities]]
name = "coal"
industries = ["coal"]
elasticity = 1.5
export_dependence = 0.4
reference = 100.0
path = [[0, 90]]
"""
    text = f'name = "mine"\n[world]\ndataset = "kuzbass"\n{PLAIN.split("[world]")[1]}{coal}'
    spec = parse_scenario(text)
    results = run_batch([spec], 1, out=tmp_path / "out", executor="serial")
    assert results.assumptions == list(spec.dataset.assumptions) != []
    analysis = analyse(results)
    write_tables(analysis)
    written = document(analysis, [], {})
    assert all(sentence in written for sentence in results.assumptions)
    assert "`world.dataset = kuzbass` in all scenarios" in written
    assert "`commodities: name = coal, industries = ['coal'], elasticity = 1.5, " in written
    assert "transfer" not in written.split("Settings that differ")[1].split("## ")[0]


def test_a_dataset_of_ones_own_is_not_told_what_is_assumed_in_the_shipped_one(tmp_path: Path):
    write_template(tmp_path / "own")
    spec = parse_scenario(
        f'name = "mine"\n[world]\ndataset = "{tmp_path / "own"}"\n{PLAIN.split("[world]")[1]}'
    )
    results = run_batch([spec], 1, out=tmp_path / "out", executor="serial")
    analysis = analyse(results)
    write_tables(analysis)
    assert "three tiers" not in document(analysis, [], {})
    assert "three tiers" in " ".join(parse_scenario(PLAIN).dataset.assumptions)


def test_many_scenarios_show_the_pairs_with_the_reference(analysis: Analysis, tmp_path: Path):
    texts = [PLAIN.replace('"plain"', f'"s{number}"') for number in range(5)]
    many = run_batch([parse_scenario(text) for text in texts], 1, out=tmp_path / "out", executor="serial")
    assert len(list(analyse(many, "s2").pairs())) == 4  # of 10
    assert len(list(analysis.pairs())) == 1


def test_failed_replications_are_told(analysis: Analysis, report: tuple[str, str]):
    assert "failed" not in report[1]
    results = Results(analysis.results.path)
    results.manifest["failures"] = [{"scenario": "plain"}]
    assert "**1 replication failed**" in document(analyse(results), [], {})


def test_an_unknown_reference_is_refused(analysis: Analysis):
    with pytest.raises(ResultsError, match='did you mean "plain"'):
        analyse(analysis.results, "plane")


def test_csv_of_the_comparison_holds_the_new_columns(analysis: Analysis):
    write_tables(analysis)
    read = pd.read_csv(analysis.results.path / "comparison.csv")
    assert {"only_scenario", "only_reference", "neither", "effect", "needed", "p", "p_holm"} <= set(read)


def test_the_report_begins_with_the_answer_in_two_sentences_the_picture_and_the_contents(analysis: Analysis):
    picture = Picture("figures/adoption_raster.png", "**Raster.** Words.")
    text = document(analysis, [Picture("figures/ledger.png", "Money."), picture], {})
    head = text.split("## The question")[0]
    assert analysis.answer is not None
    places = [head.index(words) for words in ("**", "figures/adoption_raster.png", "**Contents**")]
    assert places == sorted(places)
    sections = re.findall(r"^## (.+)$", text, re.MULTILINE)
    links = re.findall(r"^- \[(.+)\]\(#(.+)\)$", head, re.MULTILINE)
    assert [words for words, _ in links] == sections
    assert text.count("adoption_raster.png") == 1, "the first picture is not repeated"
    page = html_page(document(analysis, [], {}), analysis.results.path)
    for _, name in links:
        assert f'id="{name}"' in page


def test_the_style_knows_dark_mode_and_lets_no_picture_fill_a_printed_page(report: tuple[str, str]):
    style = report[0].split("<style>")[1].split("</style>")[0]
    assert "prefers-color-scheme: dark" in style
    assert re.search(r"@media print .*max-height: 1?\d\dmm", style, re.DOTALL)
