"""Reading the tables of a world, a shipped dataset or a user's folder, with all faults reported at once.

A dataset is a folder of UTF-8 tables with a header, listed in :mod:`simulation.data.dictionary`: five that every world
needs, and some optional ones. It may extend other datasets (:mod:`simulation.data.layers`). Additional columns are
allowed and ignored, except in tables whose other columns are industries.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np

from simulation.data.dictionary import DEFAULT_COUNTRY, FAMILIES, TABLES
from simulation.data.enterprise_ties import read_enterprise_ties
from simulation.data.layers import FOLDER, dataset_folder, layers, read_layers, shipped_datasets
from simulation.data.tables import Row, Table, raise_problems, read_table
from simulation.errors import DataError, Problem, listed, suggestion
from simulation.files.text import broken_link
from simulation.world import INSTITUTION_KINDS, RESEARCH_KINDS, Array

__all__ = [
    "FAMILIES",
    "FOLDER",
    "Dataset",
    "FactRow",
    "InstitutionRow",
    "PlatformRow",
    "RegionRow",
    "TechnologyRow",
    "VectorRow",
    "dataset_folder",
    "institution_references",
    "load_dataset",
    "load_vectors",
    "shipped_datasets",
]


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
    short_name: str  # the name, unless the table has a shorter one
    country: str
    order: float | None = None  # place in figures, tables and lists; None if the table gives none


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
    environmental: bool  # environmental, judged by its name


@dataclass(frozen=True, slots=True)
class PlatformRow:
    """One platform of ``platforms.csv``, which a scenario may use by its name; an empty tuple stands for all."""

    name: str
    title: str
    vectors: tuple[str, ...]
    regions: tuple[str, ...]
    industries: tuple[str, ...]

    @property
    def keys(self) -> dict[str, list[str]]:
        """The keys that ``[[platforms]]`` may omit if it names this platform."""
        lists = {"vectors": self.vectors, "regions": self.regions, "industries": self.industries}
        return {key: list(names) for key, names in lists.items() if names}


@dataclass(frozen=True, slots=True)
class FactRow:
    """One number of ``facts.csv``."""

    fact: str
    value: float
    unit: str
    meaning: str
    source: str


@dataclass(frozen=True)
class Dataset:
    """The tables of a world, sorted by identifiers, so that the order of rows in the files has no effect."""

    name: str
    regions: tuple[RegionRow, ...]  # R, sorted by id
    industries: tuple[str, ...]  # S, sorted
    counts: Array  # int64 (R, S), enterprises
    institutions: tuple[InstitutionRow, ...]  # J, sorted by region and name
    technologies: tuple[TechnologyRow, ...]  # sorted by direction and name
    directions: tuple[str, ...]  # D, sorted
    relevance: Array  # float64 (D, S), rho in [0, 1]
    platforms: tuple[PlatformRow, ...]  # sorted by name
    ties: Array | None  # float64 (R, R), weights of partners' regions; None if distance determines them
    partners: (
        tuple[Array, Array] | None
    )  # given business network, CSR (indptr, indices); None if partners are drawn
    facts: tuple[FactRow, ...]  # sorted by name
    assumptions: tuple[str, ...]  # invented values in the tables, one sentence each

    @property
    def region_ids(self) -> tuple[str, ...]:
        """Identifiers of the regions, sorted."""
        return tuple(region.id for region in self.regions)

    @property
    def macroregions(self) -> tuple[str, ...]:
        """Distinct names of the macroregions, sorted."""
        return tuple(sorted({region.macroregion for region in self.regions}))

    @property
    def gaps(self) -> tuple[str, ...]:
        """Reasons why technologies cannot spread in a valid world, one sentence each."""
        gaps = []
        if not any(row.kind in RESEARCH_KINDS for row in self.institutions):
            gaps.append("No institution is of a research kind, so technologies have no origin.")
        for direction, useful in zip(self.directions, self.relevance @ self.counts.sum(axis=0), strict=True):
            if not useful:
                gaps.append(f'No enterprise can use a technology of the direction "{direction}".')
        return tuple(gaps)

    def scaled_counts(self, scale: float) -> Array:
        """Enterprises of a world ``scale`` times as large, int64 (R, S), each number rounded half up."""
        return np.floor(self.counts * scale + 0.5).astype(np.int64)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the values that can change a result, independent of the folder and the order of rows and columns.

        Platforms count in the scenarios that use them; facts, assumptions and the order of regions are informational.
        """
        content = {
            "regions": [_without_order(region) for region in self.regions],
            "industries": self.industries,
            "counts": self.counts.tolist(),
            "institutions": [asdict(institution) for institution in self.institutions],
            "technologies": [asdict(technology) for technology in self.technologies],
            "directions": self.directions,
            "relevance": self.relevance.tolist(),
            "ties": None if self.ties is None else self.ties.tolist(),
        }
        if self.partners is not None:  # otherwise the digest is that of before there were such tables
            content["partners"] = [hashlib.sha256(array).hexdigest() for array in self.partners]
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class VectorRow:
    """One interaction vector of ``vectors.csv`` (section 3); the magnitudes are assumptions."""

    vector: str
    links: str  # parties that meet, in words
    digital_contact: bool  # members meet each other: D of section 2.4
    remote_kinds: tuple[str, ...]  # kinds of institutions with a remote weight in I
    learning_kinds: tuple[str, ...]  # kinds of institutions that learn from each other remotely
    absorptive_bonus: float  # alpha x (1 + bonus x delta)
    hazard_bonus: float  # hazard x (1 + bonus x delta)
    capacity_bonus: float  # Q x (1 + bonus)
    needs_kind: str | None  # the bonus requires an institution of this kind on the platform
    best_government: bool  # the best incentive and training among the platform's regions
    spontaneous_bonus: float  # p0 x (1 + bonus x delta), once even if several vectors have it


def institution_references(
    institutions: tuple[InstitutionRow, ...],
) -> dict[str, tuple[int, ...]]:
    """Return the rows that match each spelling of an institution: its name, or "region_id: name".

    A name that occurs in several regions has several rows; a scenario must not use it without the region.
    """
    rows: dict[str, tuple[int, ...]] = {}
    for row, institution in enumerate(institutions):
        rows[institution.name] = (*rows.get(institution.name, ()), row)
    for row, institution in enumerate(institutions):
        rows[f"{institution.region_id}: {institution.name}"] = (row,)
    return rows


def load_dataset(name_or_path: str | Path = "russia-2023") -> Dataset:
    """Read a shipped dataset by name, or a folder (relative to the working directory).

    Raises
    ------
    DataError
        With every fault: file, line, column, value found and value expected.
    """
    folder = dataset_folder(name_or_path)
    if not folder.is_dir():
        what = broken_link(folder) or ("not a folder" if folder.exists() else "no such dataset or folder")
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
    found = layers(folder)
    # A file that has changed on disk is read again: a long-lived process must not keep old numbers.
    stamp = tuple(sorted(entry for layer, _ in found for entry in _times_of_change(layer)))
    assumptions = tuple(sentence for _, settings in found for sentence in settings.assumptions)
    return _read_dataset(str(name_or_path), tuple(layer for layer, _ in found), assumptions, stamp)


def _times_of_change(folder: Path) -> Iterator[tuple[str, int]]:
    """Yield the path of each table of a folder, and when it was changed, nanoseconds."""
    with suppress(OSError), os.scandir(folder) as entries:  # reading says what is wrong with the folder
        for entry in entries:
            if entry.name.endswith(".csv"):
                with suppress(OSError):  # such as a link to nothing; reading says so too
                    yield entry.path, entry.stat().st_mtime_ns


@lru_cache(maxsize=16)
def _read_dataset(
    name: str,
    folders: tuple[Path, ...],
    assumptions: tuple[str, ...],
    stamp: tuple[tuple[str, int], ...],
) -> Dataset:
    problems: list[Problem] = []
    tables = read_layers(folders, problems)
    regions = _regions(tables["regions"])
    ids = [region.id for region in regions]
    industries, counts = _counts(tables["enterprises"], ids)
    directions, relevance = _relevance(tables["relevance"], industries)
    institutions = _institutions(tables["institutions"], ids)
    technologies = _technologies(tables["technologies"], directions)
    platforms = _platforms(tables["platforms"], ids, industries)
    ties = _ties(tables["ties"], ids)
    facts = _facts(tables["facts"])
    raise_problems(problems)
    partners = read_enterprise_ties(folders, ids, industries, counts, problems)
    raise_problems(problems)
    return Dataset(
        name=name,
        regions=regions,
        industries=industries,
        counts=counts,
        institutions=institutions,
        technologies=technologies,
        directions=directions,
        relevance=relevance,
        platforms=platforms,
        ties=ties,
        partners=partners,
        facts=facts,
        assumptions=assumptions,
    )


def _regions(table: Table) -> tuple[RegionRow, ...]:
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
            short_name=row.line_of("short_name") or row["region"],
            country=row.line_of("country") or DEFAULT_COUNTRY,
            order=row.number("order", low=-1e9, high=1e9) if row["order"] else None,
        )
        for row in table
    ]
    if any(region.order is not None for region in rows):
        for row in table:
            if not row["order"]:
                row.problem("order", "must be given for every region or for none")
    return tuple(sorted(rows, key=lambda region: region.id))


def _without_order(region: RegionRow) -> dict[str, object]:
    return {name: value for name, value in asdict(region).items() if name != "order"}


def _industry_columns(table: Table, kind: str) -> tuple[str, ...]:
    return tuple(sorted(column for column in table.columns if column not in TABLES[kind].known_columns))


def _counts(table: Table, region_ids: list[str]) -> tuple[tuple[str, ...], Array]:
    industries = _industry_columns(table, "enterprises")
    if not industries:
        table.problem(1, "", "no column for any industry")
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


def _known_industries(table: Table, kind: str, industries: tuple[str, ...]) -> None:
    for column in _industry_columns(table, kind):
        if column not in industries:
            table.problem(1, column, f"not an industry of enterprises.csv{suggestion(column, industries)}")


def _relevance(table: Table, industries: tuple[str, ...]) -> tuple[tuple[str, ...], Array]:
    _known_industries(table, "relevance", industries)
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
    rows = [
        TechnologyRow(
            direction=row.choice("direction", directions, what="direction of relevance.csv") or "",
            technology=row.text("technology"),
            family=row.choice("family", FAMILIES, what="family") or "",
            environmental=bool(row["environmental"]) and row.flag("environmental"),
        )
        for row in table
    ]
    return tuple(sorted(rows, key=lambda technology: (technology.direction, technology.technology)))


def _platforms(table: Table, region_ids: list[str], industries: tuple[str, ...]) -> tuple[PlatformRow, ...]:
    vectors = [vector.vector for vector in load_vectors()]
    rows = [
        PlatformRow(
            name=row.identifier("name"),
            title=row.text("title"),
            vectors=_some(row, "vectors", vectors, what="interaction vector"),
            regions=row.choices("regions", region_ids, what="region"),
            industries=row.choices("industries", industries, what="industry"),
        )
        for row in table
    ]
    return tuple(sorted(rows, key=lambda platform: platform.name))


def _some(row: Row, column: str, known: list[str], *, what: str) -> tuple[str, ...]:
    words = row.choices(column, known, what=what)
    if not row[column]:
        row.problem(column, f"must name at least one {what}; accepted values: {listed(known, at_most=99)}")
    return words


def _ties(table: Table, region_ids: list[str]) -> Array | None:
    if not table.rows:
        return None
    weights = np.zeros((len(region_ids), len(region_ids)))
    for row in table:
        one = row.choice("region_id", region_ids, what="region")
        other = row.choice("partner_region_id", region_ids, what="region")
        weight = row.number("weight", low=0, high=1e9)
        if 0 < weight < 1e-9:  # no partner would be drawn with it, even if it is the only weight
            row.problem("weight", "must be 0, or 1e-9 or more")
        if one is not None and one == other:
            row.problem("partner_region_id", "must be another region: local_ties is about the own one")
        elif one is not None and other is not None:
            weights[region_ids.index(one), region_ids.index(other)] = weight
    weights.setflags(write=False)
    return weights


def _facts(table: Table) -> tuple[FactRow, ...]:
    rows = [
        FactRow(
            fact=row.identifier("fact"),
            value=row.number("value", low=-1e12, high=1e12),
            unit=row.text("unit"),
            meaning=row.text("meaning", lines=True),
            source=row.text("source", lines=True),
        )
        for row in table
    ]
    return tuple(sorted(rows, key=lambda row: row.fact))


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
