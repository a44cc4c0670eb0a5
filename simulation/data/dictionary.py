"""The data dictionary: every table and column of a dataset with its meaning, unit and bounds.

The reader requires the columns listed here, and ``hypercluster new-dataset`` writes them into its data dictionary.
"""

from __future__ import annotations

from dataclasses import dataclass

from simulation.world import INSTITUTION_KINDS

FAMILIES = ("conventional", "digital")
DEFAULT_COUNTRY = "home"
"""Country of a region whose table names none; only whether two regions name the same one counts."""
SETTINGS = "dataset.toml"
ASSUMPTIONS = "assumptions"
SETTINGS_KEYS = ("extends", ASSUMPTIONS)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table."""

    name: str
    meaning: str
    required: bool = True


@dataclass(frozen=True, slots=True)
class TableKind:
    """One table of a dataset."""

    meaning: str  # meaning of a row
    key: tuple[str, ...]  # columns that identify a row
    columns: tuple[Column, ...]
    industries: str = ""  # content of any other column, one per industry; "" if other columns are not read
    required: bool = True
    may_be_empty: bool = False
    large: bool = False  # millions of rows: read column by column, not row by row

    @property
    def required_columns(self) -> tuple[str, ...]:
        """Columns without which the table cannot be read."""
        return tuple(column.name for column in self.columns if column.required)

    @property
    def known_columns(self) -> tuple[str, ...]:
        """All columns that are not industries."""
        return tuple(column.name for column in self.columns)


_REGION = Column("region_id", "id of the region: lower-case letters, digits, - or _")
_SOURCE = Column("source", "source of the row; informational, not read", required=False)

TABLES = {
    "regions": TableKind(
        "a region",
        ("region_id",),
        (
            _REGION,
            Column("region", "name"),
            Column("macroregion", "name of the group of regions to which it belongs"),
            Column("seat", "name of the place from which distances are measured"),
            Column("latitude", "of the seat, degrees north, -90 to 90"),
            Column("longitude", "of the seat, degrees east, -180 to 180"),
            Column("area_1000km2", "area, 1,000 square kilometres, above 0"),
            Column("digital_readiness", "0 to 1"),
            Column("short_name", "short name, for use where space is limited", required=False),
            Column(
                "order",
                "place of the region in figures, tables and lists, a number, for all regions or none (empty: along "
                "the longer axis of the country, macroregions together)",
                required=False,
            ),
            Column(
                "country",
                "country; regions of different countries have contact on platforms only "
                f'(empty: "{DEFAULT_COUNTRY}", one country)',
                required=False,
            ),
            _SOURCE,
        ),
    ),
    "enterprises": TableKind(
        "a region, with its number of enterprises by industry",
        ("region_id",),
        (
            _REGION,
            Column("total", "sum of the industries, for checking"),
            Column("region", "name; informational, not read", required=False),
            Column("macroregion", "for people, not read", required=False),
            _SOURCE,
        ),
        industries="number of enterprises of this industry, a whole number; the header names the industry",
    ),
    "institutions": TableKind(
        "a research, education or infrastructure body",
        ("region_id", "name"),
        (
            _REGION,
            Column("name", "name, unique within its region"),
            Column("kind", f"one of {', '.join(INSTITUTION_KINDS)}"),
            _SOURCE,
        ),
        may_be_empty=True,
    ),
    "technologies": TableKind(
        "a technology",
        ("technology",),
        (
            Column("direction", "direction, a row of relevance.csv"),
            Column("technology", "name, unique within the table"),
            Column("family", f"{' or '.join(FAMILIES)}; sets the complexity"),
            Column(
                "environmental", "1 for an environmental technology, otherwise 0 or empty", required=False
            ),
            _SOURCE,
        ),
    ),
    "relevance": TableKind(
        "a direction of technology, with its relevance by industry",
        ("direction",),
        (Column("direction", "name of the direction"), _SOURCE),
        industries="relevance for this industry, 0 (none) to 1; one column for each industry of enterprises.csv",
    ),
    "platforms": TableKind(
        "a platform that scenarios of this dataset may use by its name alone",
        ("name",),
        (
            Column("name", "id used in scenarios: lower-case letters, digits, - or _"),
            Column("title", "full name; informational"),
            Column("vectors", "interaction vectors, separated by |, such as B2B|B2SC"),
            Column("regions", "ids of the regions that may join, separated by |; empty: all", required=False),
            Column("industries", "industries that may join, separated by |; empty: all", required=False),
            _SOURCE,
        ),
        required=False,
        may_be_empty=True,
    ),
    "ties": TableKind(
        "a direction of business ties: a region and one in which its enterprises have partners",
        ("region_id", "partner_region_id"),
        (
            _REGION,
            Column("partner_region_id", "id of the partners' region"),
            Column("weight", "weight of an enterprise there relative to one of other regions, 0 or more"),
            _SOURCE,
        ),
        required=False,
        may_be_empty=True,
    ),
    "enterprise_ties": TableKind(
        "two enterprises that are partners; where there is any, all partners are these, and none is drawn",
        ("region_id", "industry", "number", "partner_region_id", "partner_industry", "partner_number"),
        (
            _REGION,
            Column("industry", "industry, a column of enterprises.csv"),
            Column("number", "number of the enterprise within both, from 0"),
            Column("partner_region_id", "id of the partner's region"),
            Column("partner_industry", "industry of the partner"),
            Column("partner_number", "number of the partner within both, from 0"),
            _SOURCE,
        ),
        required=False,
        may_be_empty=True,
        large=True,
    ),
    "facts": TableKind(
        "a number about the world with its source",
        ("fact",),
        (
            Column("fact", "id: lower-case letters, digits, - or _"),
            Column("value", "the number"),
            Column("unit", "its unit"),
            Column("meaning", "meaning, in words"),
            Column("source", "who states it"),
        ),
        required=False,
        may_be_empty=True,
    ),
}
"""The tables by file name; those that are not required may be missing."""
