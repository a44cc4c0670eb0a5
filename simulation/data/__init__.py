"""The tables of a world: a shipped dataset or a folder of the user's own, read with every fault reported at once.

A dataset is a folder of five UTF-8 tables with a header: ``regions.csv``, ``enterprises.csv`` (counts by region and
industry), ``institutions.csv``, ``technologies.csv`` and ``relevance.csv`` (direction by industry). Columns that are
not read may stand there too, except in ``enterprises.csv`` and ``relevance.csv``, whose other columns are industries.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from simulation.data.tables import Table, raise_problems, read_table
from simulation.errors import DataError, Problem, listed, suggestion
from simulation.world import INSTITUTION_KINDS, Array

__all__ = [
    "FAMILIES",
    "Dataset",
    "InstitutionRow",
    "RegionRow",
    "TechnologyRow",
    "VectorRow",
    "dataset_folder",
    "institution_references",
    "load_dataset",
    "load_vectors",
    "shipped_datasets",
]

FOLDER = Path(__file__).parent
FAMILIES = ("conventional", "digital")
REGION_COLUMNS = (
    *("region_id", "region", "macroregion", "seat"),
    *("latitude", "longitude", "area_1000km2", "digital_readiness"),
)
NOT_INDUSTRIES = ("region_id", "region", "macroregion", "total")


@dataclass(frozen=True, slots=True)
class RegionRow:
    """One region of ``regions.csv``."""

    id: str
    name: str
    macroregion: str
    seat: str
    latitude: float  # degrees north, of the seat
    longitude: float  # degrees east, of the seat
    area_km2: float
    digital_readiness: float  # delta in [0, 1]; an assumption in three tiers in the shipped dataset, not data


@dataclass(frozen=True, slots=True)
class InstitutionRow:
    """One institution of ``institutions.csv``; the name is unique within its region only."""

    region_id: str
    name: str
    kind: str  # one of simulation.world.INSTITUTION_KINDS


@dataclass(frozen=True, slots=True)
class TechnologyRow:
    """One technology of ``technologies.csv``."""

    direction: str
    technology: str
    family: str  # one of FAMILIES


@dataclass(frozen=True, slots=True)
class Dataset:
    """The tables of a world, sorted by identifiers, so that the order of rows in the files changes nothing."""

    name: str
    regions: tuple[RegionRow, ...]  # R, sorted by id
    industries: tuple[str, ...]  # S, sorted
    counts: Array  # int64 (R, S), enterprises
    institutions: tuple[InstitutionRow, ...]  # J, sorted by region and name
    technologies: tuple[TechnologyRow, ...]  # sorted by direction and name
    directions: tuple[str, ...]  # D, sorted
    relevance: Array  # float64 (D, S), rho in [0, 1]

    @property
    def region_ids(self) -> tuple[str, ...]:
        """Identifiers of the regions, sorted."""
        return tuple(region.id for region in self.regions)

    @property
    def macroregions(self) -> tuple[str, ...]:
        """Distinct names of the macroregions, sorted."""
        return tuple(sorted({region.macroregion for region in self.regions}))

    @property
    def digest(self) -> str:
        """SHA-256 of the content, independent of the folder and of the order of rows and columns."""
        content = {
            "regions": [asdict(region) for region in self.regions],
            "industries": self.industries,
            "counts": self.counts.tolist(),
            "institutions": [asdict(institution) for institution in self.institutions],
            "technologies": [asdict(technology) for technology in self.technologies],
            "directions": self.directions,
            "relevance": self.relevance.tolist(),
        }
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class VectorRow:
    """One interaction vector of ``vectors.csv`` (section 3); the magnitudes are assumptions."""

    vector: str
    links: str  # who meets whom, in words
    digital_contact: bool  # members meet each other: D of section 2.4
    remote_kinds: tuple[str, ...]  # kinds of institutions with a remote weight in I
    learning_kinds: tuple[str, ...]  # kinds of institutions that learn from each other remotely
    absorptive_bonus: float  # alpha x (1 + bonus x delta)
    hazard_bonus: float  # hazard x (1 + bonus x delta)
    capacity_bonus: float  # Q x (1 + bonus)
    needs_kind: str | None  # the bonus asks for an institution of this kind on the platform
    best_government: bool  # the best incentive and training among the platform's regions
    spontaneous_bonus: float  # p0 x (1 + bonus x delta), once however many vectors give it


def institution_references(
    institutions: tuple[InstitutionRow, ...],
) -> dict[str, tuple[int, ...]]:
    """Rows meant by each way of writing an institution: its name, or "region_id: name" where regions share the name.

    A name that several regions share has several rows; a scenario may not use it alone.
    """
    rows: dict[str, tuple[int, ...]] = {}
    for row, institution in enumerate(institutions):
        rows[institution.name] = (*rows.get(institution.name, ()), row)
    for row, institution in enumerate(institutions):
        rows[f"{institution.region_id}: {institution.name}"] = (row,)
    return rows


def shipped_datasets() -> tuple[str, ...]:
    """Names of the datasets that come with the package."""
    return tuple(sorted(path.parent.name for path in FOLDER.glob("*/regions.csv")))


def dataset_folder(name_or_path: str | Path, *, relative_to: Path = Path()) -> Path:
    """Folder of a shipped dataset or, if none has that name, of the user's own."""
    return FOLDER / name_or_path if str(name_or_path) in shipped_datasets() else relative_to / name_or_path


def load_dataset(name_or_path: str | Path = "russia-2023") -> Dataset:
    """Read a shipped dataset by name, or a folder (relative to the working directory).

    Raises
    ------
    DataError
        With every fault: file, line, column, what was found and what would do.
    """
    folder = dataset_folder(name_or_path)
    if not folder.is_dir():
        what = "not a folder" if folder.exists() else "no such dataset or folder"
        names = shipped_datasets()
        hint = suggestion(str(name_or_path), names)
        raise DataError(
            [
                Problem(
                    str(name_or_path),
                    None,
                    "",
                    f"{what}; the shipped datasets are {listed(names)}{hint}",
                )
            ]
        )
    # A file that changes on disk is read again: a long-lived process must not keep the old numbers.
    stamp = tuple(sorted((path.name, path.stat().st_mtime_ns) for path in folder.glob("*.csv")))
    return _read_dataset(str(name_or_path), folder, stamp)


@lru_cache(maxsize=16)
def _read_dataset(name: str, folder: Path, stamp: tuple[tuple[str, int], ...]) -> Dataset:
    problems: list[Problem] = []
    tables = {
        file: read_table(
            folder / f"{file}.csv", columns=columns, problems=problems, may_be_empty=file == "institutions"
        )
        for file, columns in {
            "regions": REGION_COLUMNS,
            "enterprises": ("region_id", "total"),
            "institutions": ("region_id", "name", "kind"),
            "technologies": ("direction", "technology", "family"),
            "relevance": ("direction",),
        }.items()
    }
    raise_problems(problems)  # without its columns a table cannot be read any further
    regions = _regions(tables["regions"])
    ids = [region.id for region in regions]
    industries, counts = _counts(tables["enterprises"], ids)
    directions, relevance = _relevance(tables["relevance"], industries)
    institutions = _institutions(tables["institutions"], ids)
    technologies = _technologies(tables["technologies"], directions)
    raise_problems(problems)
    return Dataset(
        name,
        regions,
        industries,
        counts,
        institutions,
        technologies,
        directions,
        relevance,
    )


def _regions(table: Table) -> tuple[RegionRow, ...]:
    table.unique("region_id")
    rows = [
        RegionRow(
            id=row.identifier("region_id"),
            name=row.text("region"),
            macroregion=row.text("macroregion"),
            seat=row.text("seat"),
            latitude=row.number("latitude", low=-90, high=90),
            longitude=row.number("longitude", low=-180, high=180),
            area_km2=1000 * row.number("area_1000km2", low=0, high=1e6, above_low=True),
            digital_readiness=row.number("digital_readiness", low=0, high=1),
        )
        for row in table
    ]
    return tuple(sorted(rows, key=lambda region: region.id))


def _counts(table: Table, region_ids: list[str]) -> tuple[tuple[str, ...], Array]:
    industries = tuple(sorted(column for column in table.columns if column not in NOT_INDUSTRIES))
    if not industries:
        table.problem(1, "", "no column for any industry")
    table.unique("region_id")
    counts = np.zeros((len(region_ids), len(industries)), dtype=np.int64)
    for row in table:
        region = row.choice("region_id", region_ids, what="region")
        found = [row.count(industry) for industry in industries]
        total = row.count("total")
        if None in found or total is None:
            continue
        numbers = [count for count in found if count is not None]
        if sum(numbers) != total:
            row.problem("total", f"must be the sum of the industries, {sum(numbers)}")
        if region is not None:
            counts[region_ids.index(region)] = numbers
    table.complete("region_id", region_ids, what="region")
    counts.setflags(write=False)
    return industries, counts


def _relevance(table: Table, industries: tuple[str, ...]) -> tuple[tuple[str, ...], Array]:
    table.unique("direction")
    for column in table.columns:
        if column != "direction" and column not in industries:
            table.problem(
                1,
                column,
                f"not an industry of enterprises.csv{suggestion(column, industries)}",
            )
    for industry in industries:
        if industry not in table.columns:
            table.problem(1, industry, "missing column: an industry of enterprises.csv")
    directions = tuple(sorted({row.text("direction") for row in table}))
    relevance = np.zeros((len(directions), len(industries)))
    known = [(s, industry) for s, industry in enumerate(industries) if industry in table.columns]
    for row in table:
        for s, industry in known:
            relevance[directions.index(row["direction"]), s] = row.number(industry, low=0, high=1)
    relevance.setflags(write=False)
    return directions, relevance


def _institutions(table: Table, region_ids: list[str]) -> tuple[InstitutionRow, ...]:
    table.unique("region_id", "name")
    rows = [
        InstitutionRow(
            region_id=row.choice("region_id", region_ids, what="region") or "",
            name=row.text("name"),
            kind=row.choice("kind", INSTITUTION_KINDS, what="kind of institution") or "",
        )
        for row in table
    ]
    return tuple(sorted(rows, key=lambda institution: (institution.region_id, institution.name)))


def _technologies(table: Table, directions: tuple[str, ...]) -> tuple[TechnologyRow, ...]:
    table.unique("technology")  # schedules name it alone
    rows = [
        TechnologyRow(
            direction=row.choice("direction", directions, what="direction of relevance.csv") or "",
            technology=row.text("technology"),
            family=row.choice("family", FAMILIES, what="family") or "",
        )
        for row in table
    ]
    return tuple(sorted(rows, key=lambda technology: (technology.direction, technology.technology)))


@lru_cache(maxsize=1)
def load_vectors() -> tuple[VectorRow, ...]:
    """The interaction vectors of section 3, in the order of ``vectors.csv``, which is the order of columns everywhere.

    Raises
    ------
    DataError
        With every fault of the table.
    """
    problems: list[Problem] = []
    columns = tuple(VectorRow.__dataclass_fields__)
    table = read_table(FOLDER / "vectors.csv", columns=columns, problems=problems)
    raise_problems(problems)
    table.unique("vector")
    rows = tuple(
        VectorRow(
            vector=row.text("vector"),
            links=row.text("links"),
            digital_contact=row.flag("digital_contact"),
            remote_kinds=row.choices("remote_kinds", INSTITUTION_KINDS, what="kind of institution"),
            learning_kinds=row.choices("learning_kinds", INSTITUTION_KINDS, what="kind of institution"),
            absorptive_bonus=row.number("absorptive_bonus", low=0, high=10),
            hazard_bonus=row.number("hazard_bonus", low=0, high=10),
            capacity_bonus=row.number("capacity_bonus", low=0, high=10),
            needs_kind=row.choice("needs_kind", INSTITUTION_KINDS, what="kind of institution")
            if row["needs_kind"]
            else None,
            best_government=row.flag("best_government"),
            spontaneous_bonus=row.number("spontaneous_bonus", low=0, high=10),
        )
        for row in table
    )
    raise_problems(problems)
    return rows
