"""The gallery shows every figure, and its page is what the command writes."""

from __future__ import annotations

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PIL import Image

GALLERY = Path(__file__).parents[2] / "docs" / "gallery"


@pytest.fixture
def make_gallery() -> ModuleType:
    spec = spec_from_file_location("make_gallery", GALLERY / "make_gallery.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_names_every_figure_as_the_command_does(make_gallery: ModuleType) -> None:
    assert (GALLERY / "README.md").read_text(encoding="utf-8") == make_gallery.page()


@pytest.mark.parametrize("name", ["contact_sheet", "contact_sheet_grey"])
def test_the_contact_sheets_are_small_enough_to_be_kept(name: str) -> None:
    sheet = GALLERY / f"{name}.png"
    assert sheet.stat().st_size < 1_000_000
    with Image.open(sheet) as image:
        assert image.width > 2000


def test_pictures_stand_side_by_side_whole(make_gallery: ModuleType, tmp_path: Path) -> None:
    colours = ("#FF0000", "#00FF00", "#0000FF", "#FFFF00")
    pictures = []
    for number, colour in enumerate(colours):
        pictures.append(tmp_path / f"{number}.png")
        Image.new("RGB", (100, 50), colour).save(pictures[-1])
    sheet = np.asarray(make_gallery.contact_sheet(pictures).convert("RGB"))
    area = make_gallery.COLUMN_PX * make_gallery.COLUMN_PX / 2
    for colour in colours:
        level = [int(colour[place : place + 2], 16) for place in (1, 3, 5)]
        assert (sheet == level).all(axis=2).sum() == area
