"""Draw the gallery: a contact sheet of all figures, and a page that says what each shows.

    uv run python docs/gallery/make_gallery.py

runs five scenarios, ten replications each, in a folder that is removed afterwards, and takes about a minute.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

from simulation import load_scenario, run_batch
from simulation.figures import FIGURES, plot

HERE = Path(__file__).parent
SHEET = HERE / "contact_sheet.png"
PAGE = HERE / "README.md"
SCENARIOS = ("baseline", "regional_cluster", "hypercluster", "mixed", "fragmented_platforms")
REPLICATIONS = 10
WIDTH_MM = 140.0
COLUMNS = 3
COLUMN_PX = 800
GAP_PX = 30
COLOURS = 256
"""A palette keeps the sheet below a megabyte."""

HEAD = f"""# Gallery

Every figure that `hypercluster plot` draws, here of {len(SCENARIOS)} scenarios with {REPLICATIONS} replications each,
at {WIDTH_MM:g} mm. The sheet and this page are written by `uv run python docs/gallery/make_gallery.py`.

![All figures, small.](contact_sheet.png)

A figure of this name is drawn by `hypercluster plot DIR --figure NAME` into `DIR/figures`, with its numbers (CSV) and a
caption beside it, and by `figures.NAME("DIR", ax=ax)` into axes of your own:

```python
from simulation import figures

ax = figures.speed_synchrony("results/study")
ax.figure.savefig("plane.pdf")

# One scenario, one replication.
study = figures.study_curves("results/study", scenarios=["hypercluster"], seed=7)
figures.ledger(study)
```

| figure | what it shows |
|---|---|
"""


def contact_sheet(pictures: list[Path]) -> Image.Image:
    """The pictures in columns, each below the one that is shortest so far."""
    heights = [GAP_PX] * COLUMNS
    placed: list[tuple[Image.Image, tuple[int, int]]] = []
    for path in pictures:
        with Image.open(path) as image:
            size = (COLUMN_PX, round(image.height * COLUMN_PX / image.width))
            small = image.convert("RGB").resize(size, Image.Resampling.LANCZOS)
        column = heights.index(min(heights))
        placed.append((small, (GAP_PX + column * (COLUMN_PX + GAP_PX), heights[column])))
        heights[column] += small.height + GAP_PX
    sheet = Image.new("RGB", (GAP_PX + COLUMNS * (COLUMN_PX + GAP_PX), max(heights)), "#D9D9D9")
    for image, place in placed:
        sheet.paste(image, place)
    # Refining the palette keeps the colours of thin lines, which cover few pixels, apart.
    return sheet.quantize(COLOURS, method=Image.Quantize.MAXCOVERAGE, kmeans=1, dither=Image.Dither.NONE)


def page() -> str:
    """The page, a line a figure: what its module says that it shows."""
    lines = []
    for name, figure in FIGURES.items():
        words = sys.modules[figure.draw.__module__].__doc__
        assert words is not None, f"the module of {name} says what it shows"
        lines.append(f"| `{name}` | {' '.join(words.split('\n\n')[0].split())} |\n")
    return HEAD + "".join(lines)


def main() -> None:
    """Run the study, draw it, and write both files."""
    with TemporaryDirectory() as folder:
        specs = [load_scenario(name) for name in SCENARIOS]
        results = run_batch(specs, REPLICATIONS, out=Path(folder) / "study")
        plotted = plot(results, width_mm=WIDTH_MM, formats=["png"])
        assert not plotted.left_out, plotted.left_out
        pictures = [results.path / "figures" / f"{name}.png" for name in FIGURES]
        contact_sheet(pictures).save(SHEET, optimize=True)
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
