"""The page: all sections in one HTML file that needs nothing else."""

from collections.abc import Sequence
from pathlib import Path

import jinja2

from deepallele.files import atomic_path, write_text
from deepallele.report.blocks import Image, Picture, Section
from deepallele.report.effects import effects
from deepallele.report.imported import imported
from deepallele.report.inputs import Results
from deepallele.report.logos import attributions
from deepallele.report.mechanism import mechanism
from deepallele.report.models import models
from deepallele.report.motifs import motifs
from deepallele.report.overview import overview
from deepallele.report.quality import quality
from deepallele.report.regions import regions
from deepallele.report.software import software

TEMPLATE = Path(__file__).with_name("report.html.j2")
PARTS = (overview, quality, regions, models, effects, attributions, motifs, mechanism)
# What an imported dataset has instead of the second and third.
IMPORTED_PARTS = (overview, imported, models, effects, attributions, motifs, mechanism)


def build_sections(results: Results, environments: Sequence[Path]) -> list[Section]:
    """Make all sections of the report, in order."""
    parts = IMPORTED_PARTS if results.imported else PARTS
    return [*(part(results) for part in parts), software(environments)]


def render(title: str, sections: Sequence[Section]) -> str:
    """Give the page as HTML; all texts are escaped, all pictures are inside."""
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.tests["image"] = lambda cell: isinstance(cell, Image)
    return environment.from_string(TEMPLATE.read_text()).render(title=title, sections=sections) + "\n"


def pictures(sections: Sequence[Section]) -> list[Picture]:
    """Find the pictures of all sections."""
    return [block for section in sections for block in section.blocks if isinstance(block, Picture)]


def write_report(results: Results, environments: Sequence[Path], page: Path, figures: Path) -> list[str]:
    """Write the page, and each of its figures as SVG into the folder `figures`.

    Returns
    -------
    list of str
        Names of the figures.
    """
    sections = build_sections(results, environments)
    found = pictures(sections)
    for picture in found:
        with atomic_path(figures / f"{picture.name}.svg") as temporary:
            temporary.write_bytes(picture.svg)
    write_text(render(f"{results.cross}: allelic imbalance", sections), page)
    return [picture.name for picture in found]
