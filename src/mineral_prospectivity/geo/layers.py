"""Evidence layers as the user declares them: a file, and what it shows."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from mineral_prospectivity.errors import ConfigurationError, LayerError
from mineral_prospectivity.geo.bands import Transform
from mineral_prospectivity.geo.derive import (
    DERIVED,
    OF_CLASSES,
    OF_VALUES,
    Derive,
    Radius,
    derive_from_list,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

LayerKind = Literal["continuous", "categorical", "lines", "points", "polygons", "table"]

ROWS_NAMED = 10
"""A message names this many rows at most, so that it stays readable."""

KEYS: dict[str, tuple[str, ...]] = {
    "continuous": ("nodata", "band", "resampling", "ordinal"),
    "categorical": ("nodata", "band", "column", "classes", "min_fraction"),
    "lines": ("file_layer",),
    "points": ("nodata", "file_layer", "column", "neighbours", "max_distance"),
    "polygons": ("nodata", "file_layer", "column", "classes", "min_fraction"),
    "table": ("nodata", "column", "x", "y", "neighbours", "max_distance"),
}
"""Keys that only some kinds of layer understand; the others serve every kind."""

WITH_COLUMN: dict[str, tuple[str, ...]] = {
    "points": ("neighbours",),
    "polygons": ("classes", "min_fraction"),
}
"""Keys that say nothing without a ``column``."""

_SHARED = ("name", "kind", "unit", "crs", "transform", "derive", "description")


def _as_tuple(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


class LayerSpec(BaseModel):
    """What a file shows, and which evidence is wanted of it.

    A catalog entry of type ``EvidenceLayerDataset`` holds these fields beside its ``filepath``.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$", description="Of the layer.")]
    kind: Annotated[LayerKind, Field(description="What the file holds.")]
    unit: Annotated[str, Field(description="Physical unit of the values, for example nT.")] = "1"
    description: Annotated[str, Field(description="One sentence for people.")] = ""
    crs: Annotated[str | None, Field(description="CRS of a file that does not name its own.")] = (
        None
    )
    transform: Annotated[Transform, Field(description="How models scale the values.")] = (
        "normal_score"
    )
    derive: Annotated[
        Derive, BeforeValidator(derive_from_list), Field(description="Derived evidence.")
    ] = Derive()
    nodata: Annotated[
        float | None, Field(description="Value that means none, beside what the file says.")
    ] = None
    band: Annotated[int, Field(ge=1, description="Band of the raster.")] = 1
    resampling: Annotated[
        Literal["average", "bilinear", "nearest"] | None,
        Field(description="null: average of finer pixels, bilinear between coarser ones."),
    ] = None
    ordinal: Annotated[
        bool, Field(description="Few integer values that are ranks or counts, not classes.")
    ] = False
    column: Annotated[
        tuple[str, ...],
        BeforeValidator(_as_tuple),
        Field(description="Attribute to use; of a table several, by default all that are numbers."),
    ] = ()
    classes: Annotated[
        dict[int, str], Field(description="Names of the class codes; one name may join several.")
    ] = {}
    min_fraction: Annotated[
        float, Field(ge=0, lt=1, description="Classes on a smaller share of the map are joined.")
    ] = 0.01
    file_layer: Annotated[str | None, Field(description="Layer within a GeoPackage.")] = None
    neighbours: Annotated[
        int, Field(ge=1, description="Points whose mean is the value between them.")
    ] = 5
    max_distance: Annotated[
        Radius | None, Field(description="No value farther than this from a point, m.")
    ] = None
    x: Annotated[str, Field(description="Column of eastings.")] = "x"
    y: Annotated[str, Field(description="Column of northings.")] = "y"

    @model_validator(mode="after")
    def _kind_understands(self) -> LayerSpec:
        for key in sorted(self.model_fields_set - set(_SHARED) - set(KEYS[self.kind])):
            allowed = ", ".join(KEYS[self.kind])
            msg = f"{key} means nothing for kind: {self.kind}, which understands {allowed}"
            raise ValueError(msg)
        for key in WITH_COLUMN.get(self.kind, ()) if not self.column else ():
            if key in self.model_fields_set:
                msg = f"{key} means nothing for kind: {self.kind} without a column"
                raise ValueError(msg)
        possible = self._derivable()
        for name in self.derive.wanted():
            if name not in possible:
                what = f"kind: {self.kind}" + (" with a column" if self.column else "")
                msg = f"derive: {name} cannot be had from {what}, only {', '.join(possible)}"
                raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _columns_suit(self) -> LayerSpec:
        if len(self.column) > 1 and self.kind != "table":
            msg = f"column takes one name for kind: {self.kind}, not {list(self.column)}"
            raise ValueError(msg)
        if len(set(self.column)) < len(self.column):
            msg = f"column names one more than once: {list(self.column)}"
            raise ValueError(msg)
        if self.kind == "table" and "neighbours" in self.model_fields_set and not self.max_distance:
            msg = "neighbours means nothing for kind: table without a max_distance"
            raise ValueError(msg)
        if self.kind == "points" and bool(self.column) != (self.max_distance is not None):
            msg = "column and max_distance go together: values are spread that far from a point, m"
            raise ValueError(msg)
        if self.kind in ("points", "polygons") and self.nodata is not None and not self.column:
            msg = "nodata is a value of a column: declare column, or remove nodata"
            raise ValueError(msg)
        return self

    def _derivable(self) -> tuple[str, ...]:
        if self.kind == "points":
            return ("density", *OF_VALUES) if self.column else ("density",)
        if self.kind == "polygons":
            return ("distance", *OF_CLASSES, *OF_VALUES) if self.column else ("distance",)
        return DERIVED[self.kind]

    @classmethod
    def declare(cls, name: str, **fields: Any) -> LayerSpec:
        """Return the specification of a layer from the fields of its catalog entry.

        Raises
        ------
        ConfigurationError
            With every wrong key or value at once, and what is allowed.
        """
        try:
            return cls(name=name, **fields)
        except ValidationError as error:
            problems = "; ".join(_problem(detail) for detail in error.errors())
            msg = f"layer {name!r}: {problems}"
            raise ConfigurationError(msg) from None


def name_rows(rows: Iterable[int]) -> str:
    """Return row numbers for a message, each once: given counted from 0, named counted from 1.

    Examples
    --------
    >>> name_rows([4, 17, 17, 90])
    'rows 5, 18, 91'
    """
    numbers = list(dict.fromkeys(int(row) + 1 for row in rows))
    text = ", ".join(str(number) for number in numbers[:ROWS_NAMED])
    more = len(numbers) - ROWS_NAMED
    return ("row " if len(numbers) == 1 else "rows ") + text + (f" and {more} more" * (more > 0))


def first_few(values: Iterable[Any], most: int = 5) -> str:
    """Return the first few of some values, for a message.

    Examples
    --------
    >>> first_few(range(9))
    '0, 1, 2, 3, 4, …'
    """
    shown = [str(value) for value in values]
    return ", ".join(shown[:most]) + (", …" if len(shown) > most else "")


def _problem(detail: Any) -> str:
    path = ".".join(str(part) for part in detail["loc"])
    if detail["type"] == "extra_forbidden":
        group = Derive if detail["loc"][0] == "derive" else LayerSpec
        return f"{path}: there is no such key; allowed: {', '.join(group.model_fields)}"
    if detail["type"] == "missing":
        return f"{path}: is required and missing"
    if detail["type"] == "value_error":
        return str(detail["ctx"]["error"])
    return f"{path} = {detail['input']!r}: {detail['msg'].lower()}"


@dataclass(frozen=True)
class EvidenceLayer:
    """A declared layer and the file it lies in; nothing is read before it is used.

    Parameters
    ----------
    spec
        What the file shows.
    path
        Where it can be read.
    origin
        What the user calls the file, in messages; by default the path.
    keep
        Whatever must live as long as the layer: the local copy of a remote file.
    """

    spec: LayerSpec
    path: Path
    origin: str = ""
    keep: object = field(default=None, repr=False, compare=False)

    @property
    def name(self) -> str:
        """Name of the layer."""
        return self.spec.name

    @property
    def label(self) -> str:
        """The layer as messages call it: its name and its file."""
        return f"layer {self.spec.name!r} ({self.origin or self.path})"

    def named(self, name: str) -> EvidenceLayer:
        """Return the same layer under another name."""
        return replace(self, spec=self.spec.model_copy(update={"name": name}))

    def error(self, problem: str) -> LayerError:
        """Return an error that says which layer has the problem."""
        return LayerError(f"{self.label}: {problem}")

    def require_file(self) -> None:
        """Raise a LayerError when there is no file."""
        if not self.path.exists():
            msg = "there is no such file. Check the filepath of the catalog entry"
            raise self.error(msg)
