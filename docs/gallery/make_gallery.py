"""Draw the gallery: a contact sheet of all figures, and a page that says what each shows.

    uv run python docs/gallery/make_gallery.py

runs five scenarios, ten replications each, in a folder that is removed afterwards, and takes about a minute. What was
found by looking at the figures is written here, to be kept with them.
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
GREY_SHEET = HERE / "contact_sheet_grey.png"
PAGE = HERE / "README.md"
SCENARIOS = ("baseline", "regional_cluster", "hypercluster", "mixed", "fragmented_platforms")
REPLICATIONS = 10
WIDTH_MM = 140.0
COLUMNS = 3
COLUMN_PX = 800
GAP_PX = 30
COLOURS = 256
"""A palette keeps the sheet below a megabyte."""
GREYS = 64

HEAD = f"""# Gallery

Every figure that `hypercluster plot` draws, here of {len(SCENARIOS)} scenarios with {REPLICATIONS} replications each,
at {WIDTH_MM:g} mm. The sheets and this page are written by `uv run python docs/gallery/make_gallery.py`.

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

FOUND = """
## Looked at

Every figure was drawn at 90, 140 and 190 mm, with three scenarios and with ten, and looked at; those that ten scenarios
make higher than a page not closely. With three scenarios each was also seen [in grey](contact_sheet_grey.png), and as
people with protanopia and deuteranopia see it (simulated after Machado, Oliveira & Fernandes 2009, in linear light). So
were studies of one replication, of one scenario, in which nobody adopts, and in which all adopt in the first month, and
at 90 and 190 mm those of `tests/support/made_up_countries.py`: 40 regions from north to south in two countries, and six
islands around the antimeridian with names in Cyrillic, Chinese and the signs `$ & _ %`.

| figure | what was wrong | now |
|---|---|---|
| `region_map` | macroregions alike in grey | a mark at each seat and in the key tells them too |
| `region_map` | at 140 mm a line crossed another name | of several orders of placing names the best is kept |
| `region_map` | 244 mm high at 90 mm; first line of the key not flush | no higher than a page, 240 mm; flush |
| `paired_differences` | intervals narrower than their mark could not be seen | the numbers stand above the marks |
| `paired_differences` | "n = 30" where a metric is defined in 23 pairs only | the note says where pairs are missing |
| `paired_differences` | all adopt at once: axes in millionths, labels over each other | a least scale for each metric |
| `regional_curves` | no years under tiles with an empty cell below | every tile with room has its numbers |
| `platform_membership` | numbers of two panels in two sizes | one size |
| `phi_over_time`, `speed_synchrony` | Phi slightly below zero left the axes | axes reach below zero where needed |
| rasters, `t50_by_region` | names of many low rows covered each other | none where there is no room |
| all | ten scenarios at 90 mm: a raster 703 mm high | `plot` says what no page holds; `--scenario` draws some |
| `region_map` | two seats on one meridian: 5.4 m high; bubbles at the edge cut | proportions in bounds, with room |
| `region_map` | neighbours at 179 E and 179 W at far ends | an azimuthal projection centred on the seats |
| `region_map` | links of 40 regions a tangle | the strongest are drawn, and the note says how many |
| rasters, `t50_by_region`, tiles | 40 regions higher than a page | further pages, `NAME_page2`, of readable rows |
| all with regions | west to east broke a long country to pieces | the order of the dataset, or along the longer axis |
| `region_map` | names stood on the disks of regions without outlines | they keep clear of marks of any size |
| `region_map` | the smaller bubble of the key alone at the end of a line | both stand together |
| all | Chinese and Arabic letters were boxes | a font of the machine that has them, or one sentence names a package |
| rasters, maps, keys | entries for what is not there | left out |
| `adoption_raster` | colours up to 100 % where no share is above 40 % | they end where shares do, as the note says |
| `paired_differences` | long numbers ran into the next panel | panels are as wide as their numbers |
| `t50_ecdf` | its steps leaned | they are steps |

Known and left:

- `adoption_difference`: in grey both ends of the scale look alike. The number in each row has a sign, that of the
  largest difference; where a row has both signs, grey shows only this one.
- With more than four scenarios bands are left out, and ten in the tiles of `regional_curves` are crowded; the numbers
  are in the table beside the figure.
- Parts too narrow for their number (`channel_attribution`) or hatching (`ledger`) are told by their order and the
  table.
"""


def contact_sheet(pictures: list[Path]) -> Image.Image:
    """The pictures in columns, each in the column that is shortest so far."""
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
    return sheet.quantize(COLOURS, method=Image.Quantize.MEDIANCUT, kmeans=1, dither=Image.Dither.NONE)


def page() -> str:
    """The page, a line a figure: what its module says that it shows."""
    lines = []
    for name, figure in FIGURES.items():
        words = sys.modules[figure.draw.__module__].__doc__
        assert words is not None, f"the module of {name} says what it shows"
        lines.append(f"| `{name}` | {' '.join(words.split('\n\n')[0].split())} |\n")
    return HEAD + "".join(lines) + FOUND


def main() -> None:
    """Run the study, draw it, and write both files."""
    with TemporaryDirectory() as folder:
        specs = [load_scenario(name) for name in SCENARIOS]
        results = run_batch(specs, REPLICATIONS, out=Path(folder) / "study")
        plotted = plot(results, width_mm=WIDTH_MM, formats=["png"])
        assert not plotted.left_out, plotted.left_out
        pictures = [results.path / "figures" / f"{name}.png" for name in FIGURES]
        sheet = contact_sheet(pictures)
        sheet.save(SHEET, optimize=True)
        sheet.convert("L").quantize(GREYS, dither=Image.Dither.NONE).save(GREY_SHEET, optimize=True)
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
