"""One look for all figures, and figures as bytes that are the same for the same data."""

import io
import re
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

# Okabe and Ito's colours, which colour-blind readers can tell apart.
BLUE, VERMILION, GREEN = "#0072B2", "#D55E00", "#009E73"
ORANGE, SKY, PURPLE, BLACK = "#E69F00", "#56B4E9", "#CC79A7", "#222222"
GREY, LIGHT = "#8A8A8A", "#C8C8C8"
A_COLOUR, B_COLOUR = BLUE, VERMILION
CYCLE = (GREEN, ORANGE, SKY, PURPLE, BLUE, VERMILION, GREY)
BASE_COLOURS = {"A": GREEN, "C": BLUE, "G": ORANGE, "T": VERMILION}

SETTINGS: dict[Any, Any] = {
    "svg.hashsalt": "deepallele",
    "svg.fonttype": "path",
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.edgecolor": GREY,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "figure.dpi": 100,
    "savefig.dpi": 150,
}


@contextmanager
def figure(
    width: float, height: float, columns: int = 1, rows: int = 1, **options: Any
) -> Iterator[tuple[Figure, NDArray[Any]]]:
    """Give a figure (inches) and its axes, shape=(rows, columns), drawn in the report's style."""
    with matplotlib.rc_context(SETTINGS):
        made = Figure(figsize=(width, height), layout="constrained")
        axes = made.subplots(rows, columns, squeeze=False, **options)
        yield made, axes


def svg(made: Figure) -> bytes:
    """Give a figure as SVG without dates or versions; call it inside the `figure` block."""
    buffer = io.BytesIO()
    metadata = {"Date": None, "Creator": None, "Format": None, "Type": None}
    made.savefig(buffer, format="svg", metadata=metadata)
    return buffer.getvalue()


def ratio_label(haplotypes: tuple[str, str]) -> str:
    """Name the log ratio on an axis."""
    return f"log2({haplotypes[0]}/{haplotypes[1]})"


def say_empty(axes: Axes, text: str) -> None:
    """Say on empty axes why there is nothing."""
    axes.set_axis_off()
    axes.text(
        0.5, 0.5, textwrap.fill(text, 50), ha="center", va="center", color=GREY, transform=axes.transAxes
    )


def grid(axes: Axes, axis: str = "both") -> None:
    """Draw faint lines behind the data."""
    axes.grid(True, axis=axis, color="#E6E6E6", linewidth=0.8)  # type: ignore[arg-type]


def finite(*columns: ArrayLike) -> list[NDArray[np.float64]]:
    """Keep the places where all columns hold finite numbers."""
    arrays = [np.asarray(column, dtype=np.float64) for column in columns]
    keep = np.logical_and.reduce([np.isfinite(array) for array in arrays])
    return [array[keep] for array in arrays]


def pearson(x: ArrayLike, y: ArrayLike) -> float:
    """Pearson correlation of the finite pairs; NaN where it is undefined."""
    first, second = finite(x, y)
    if len(first) < 3 or np.ptp(first) == 0 or np.ptp(second) == 0:
        return float("nan")
    return float(np.corrcoef(first, second)[0, 1])


def scatter(
    axes: Axes, x: ArrayLike, y: ArrayLike, colour: str = BLUE, size: float = 9, label: str | None = None
) -> None:
    """Draw points, as an embedded picture so that many of them cost little."""
    first, second = finite(x, y)
    axes.scatter(first, second, s=size, color=colour, alpha=0.5, linewidths=0, rasterized=True, label=label)


def same_limits(axes: Axes, *columns: ArrayLike) -> None:
    """Give both axes the limits of all columns, and draw the line of equality."""
    values = np.concatenate([finite(column)[0] for column in columns])
    if not len(values):
        return
    margin = 0.05 * max(float(np.ptp(values)), 1e-6)
    limits = values.min() - margin, values.max() + margin
    axes.plot(limits, limits, color=GREY, linewidth=0.8, linestyle="--", zorder=0)
    axes.set(xlim=limits, ylim=limits)
    axes.set_aspect("equal")


def contig_order(name: str) -> list[str | int]:
    """Key that sorts contigs as people do: chr2 before chr10, both before chrX."""
    return [int(part) if odd % 2 else part for odd, part in enumerate(re.split(r"(\d+)", name))]
