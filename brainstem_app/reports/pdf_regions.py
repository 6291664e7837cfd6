"""The table of regions in the PDF report."""

from __future__ import annotations

from fpdf.fonts import FontFace

from brainstem_app.reports import digits
from brainstem_app.reports.page import Page
from brainstem_app.reports.pdf_page import SOFT, ReportPdf
from brainstem_app.reports.pdf_table import SWATCH, TableColumn, column_table
from brainstem_app.reports.report_model import RegionEntry

_CUT = "Cut: the scan ends within it; do not use its volume."


def pdf_regions(pdf: ReportPdf, page: Page) -> None:
    """Write the regions with their volumes; nothing if the report has none."""
    regions = page.report.regions
    if not regions:
        return
    pdf.heading("Regions")
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
