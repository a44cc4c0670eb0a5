"""What does the work, for the report on a study: from explanations in the folder of the study."""

from __future__ import annotations

import re
from collections.abc import Iterator

from simulation.errors import HyperclusterError
from simulation.explain.contributions import COLUMNS, contributions
from simulation.explain.study import NUMBERS, explanation_from
from simulation.reporting.document import Explained, Picture, first_paragraph
from simulation.reporting.explanations import HTML, WATERFALL, by_role, sentences, tables_of_game
from simulation.results.derived import FIGURES
from simulation.results.manifest import MANIFEST
from simulation.results.own_files import on_record
from simulation.results.reader import Results

FOLDER = re.compile(r"explain[A-Za-z0-9_.-]*")
"""Names of folders in that of a study in which explanations are looked for: those of ``hypercluster explain --out``."""


def explained_in(results: Results) -> tuple[list[Explained], list[tuple[str, str]]]:
    """Return what the explanations say that a study's folder is or holds, and the digest of the runs of each by folder.

    One that cannot be read any more says why.
    """
    found, origins = [], []
    for place in _places(results):
        try:
            own = results if place == "." else Results(results.path / place)
            found.append(_explained(own, place))
            origins += [] if place == "." else [(place, own.digest())]
        except HyperclusterError as error:
            found.append(Explained([f"Not shown: {error}"], None, None, _inside(place, HTML)))
    return found, origins


def _places(results: Results) -> Iterator[str]:
    folders = sorted(
        path.name for path in results.path.iterdir() if FOLDER.fullmatch(path.name) and path.is_dir()
    )
    for name in (".", *folders):
        folder = results.path / name
        if (folder / MANIFEST).is_file() and NUMBERS in on_record(folder):
            yield name


def _explained(results: Results, place: str) -> Explained:
    explanation = explanation_from(results)
    found = contributions(explanation, results.runs(COLUMNS))
    game = explanation.games[0]
    table, *_ = tables_of_game(game, by_role(found))
    name = f"{FIGURES}/{WATERFALL}{game.name}.png"
    image = results.path / name
    there = {name, f"{name.removesuffix('.png')}.md"} <= set(on_record(results.path))
    picture = None
    if there and image.is_file() and image.with_suffix(".md").is_file():
        picture = Picture(_inside(place, name), first_paragraph(image.with_suffix(".md")))
    return Explained(sentences(explanation, found), table, picture, _inside(place, HTML))


def _inside(place: str, name: str) -> str:
    return name if place == "." else f"{place}/{name}"
