"""Regions and their midsagittal areas in the PDF report."""

from __future__ import annotations

import io

from fpdf.fonts import FontFace
from PIL import Image

from brainstem_app.reports import digits
from brainstem_app.reports.page import Page
from brainstem_app.reports.pdf_page import MARGIN_MM, SOFT, ReportPdf
from brainstem_app.reports.pdf_table import SWATCH, TableColumn, column_table
from brainstem_app.reports.region_model import AreaEntry, RegionEntry

_PICTURE_MM = 80.0
_CUT = "Cut: the scan, or its brain mask, ends within it; do not use its volume."


def pdf_regions(pdf: ReportPdf, page: Page) -> None:
    """Write the regions with their volumes; or that the atlas has none."""
    regions = page.report.regions
    if not page.regions_note:
        return
    pdf.heading("Regions")
    if not regions:
        pdf.words(page.regions_note, 7.5, SOFT)
        return
    colours = page.region_colours
    columns = [
        TableColumn[RegionEntry](
            "",
            7,
            lambda r: SWATCH if r.name in colours else "",
            "CENTER",
            lambda r: FontFace(color=colours.get(r.name, "#000000")),
        ),
        TableColumn("Region", 25, lambda r: r.name, "LEFT"),
        TableColumn("Name", 95, lambda r: r.full_name, "LEFT"),
        TableColumn("Volume mm³", 30, lambda r: digits.volume(r.volume_mm3) + (" cut" if r.is_cut else "")),
        TableColumn("Voxels", 20, lambda r: str(r.voxels)),
    ]
    column_table(pdf, columns, regions, 7, 0.9)
    cut = f" {_CUT}" if any(region.is_cut for region in regions) else ""
    pdf.words(page.regions_note + cut, 7.5, SOFT)


def pdf_midsagittal(pdf: ReportPdf, page: Page) -> None:
    """Write the areas on the midsagittal plane, with its picture; nothing if the report has none."""
    entry = page.report.midsagittal
    if entry is None:
        return
    columns = [
        TableColumn[AreaEntry]("Measure", 40, lambda a: a.name, "LEFT"),
        TableColumn("Name", 100, lambda a: a.full_name, "LEFT"),
        TableColumn("Value", 40, lambda a: f"{digits.area(a.value)} {a.unit}" + (" cut" if a.is_cut else "")),
    ]
    pdf.heading("Midsagittal areas", room_mm=_PICTURE_MM + 30)
    column_table(pdf, columns, entry.areas, 7, 0.9)
    pdf.ln(1.5)
    image = io.BytesIO(page.midsagittal_picture)
    with Image.open(image) as opened:
        width = _PICTURE_MM * opened.width / opened.height
    top = pdf.get_y()
    pdf.image(image, x=MARGIN_MM, y=top, h=_PICTURE_MM)
    pdf.set_left_margin(MARGIN_MM + width + 5)
    pdf.set_y(top)
    cut = f" {_CUT.replace('volume', 'area')}" if any(area.is_cut for area in entry.areas) else ""
    pdf.words(page.midsagittal_note + cut, 7.5, SOFT)
    pdf.set_left_margin(MARGIN_MM)
    pdf.set_y(max(top + _PICTURE_MM, pdf.get_y()) + 2)
