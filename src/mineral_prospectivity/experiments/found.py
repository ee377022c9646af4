"""What was found in a file, what was guessed of it, and what is doubtful."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import geopandas as gpd
    from numpy.typing import NDArray
    from odc.geo import CRS

    from mineral_prospectivity.geo.place import Bounds

Use = Literal["layer", "peer", "off"]
"""As evidence, only to compare with, or written into the catalog but commented out."""

UNITS = {
    "nt": "nT",
    "ppm": "ppm",
    "ppb": "ppb",
    "pct": "%",
    "%": "%",
    "g t": "g/t",
    "gpt": "g/t",
    "mg kg": "mg/kg",
    "ohm m": "ohm m",
    "ms m": "mS/m",
    "percent": "%",
    "mgal": "mGal",
    "gu": "µm/s²",
    "ohmm": "ohm m",
    "msm": "mS/m",
    "metres": "m",
    "meters": "m",
}
"""Units as names of files and columns hold them, of one word or two."""

UNIT_AT_THE_END = re.compile(r"(ppm|ppb|pct)$")
"""Units that follow an element without a space."""

CLASS_NAME = re.compile(
    r"lith|geol|rock|strat|unit|formation|class|domain|terrane|regolith|soil|landuse|facies", re.I
)
MODEL_NAME = re.compile(r"prospectiv|posterior|favou?rab|probab|predict|target", re.I)
FIELD_NAME = re.compile(r"mag|tmi|rtp|grav|boug|elev|dem|dtm", re.I)


@dataclass(frozen=True)
class Found:
    """A layer in a file.

    Parameters
    ----------
    name
        Of the layer: letters, digits and underscores.
    path
        The file, or folder of arrays.
    about
        What the file holds, in one line.
    fields
        Its catalog entry's fields, beside type and filepath.
    guesses, doubts
        What was concluded and why; what a person should look at.
    crs, bounds
        As the file has them; None where it names no CRS.
    pixel
        Width of a pixel in the file's CRS, where it has pixels.
    picture
        What the preview shows: decimated values, or features.
    use
        What becomes of it.
    """

    name: str
    path: Path
    about: str
    fields: dict[str, Any]
    crs: CRS | None
    bounds: Bounds
    picture: NDArray[Any] | gpd.GeoDataFrame = field(repr=False)
    guesses: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    pixel: tuple[float, float] | None = None
    use: Use = "layer"


@dataclass(frozen=True)
class LeftOut:
    """A file that is no layer, and why."""

    path: Path
    why: str


def distinct_name(name: str, taken: Iterable[str]) -> str:
    """Return the name, with a number if another layer has it already.

    Examples
    --------
    >>> distinct_name("faults", ["faults", "faults_2"])
    'faults_3'
    """
    known, number = set(taken), 2
    distinct = name
    while distinct in known:
        distinct, number = f"{name}_{number}", number + 1
    return distinct


def unit_in(name: str) -> str | None:
    """Return the unit that a name holds as a word of its own, the last one; None where none is.

    Examples
    --------
    >>> unit_in("CuPPM"), unit_in("K (%)"), unit_in("Bouguer mGal v2"), unit_in("gun")
    ('ppm', '%', 'mGal', None)
    >>> unit_in("au_g_t"), unit_in("As mg/kg")
    ('g/t', 'mg/kg')
    """
    words = re.findall(r"[0-9a-z]+|%", UNIT_AT_THE_END.sub(r" \1", name.lower()))
    pairs = [f"{one} {other}" for one, other in pairwise(words)]
    return next((UNITS[word] for word in reversed([*words, *pairs]) if word in UNITS), None)
