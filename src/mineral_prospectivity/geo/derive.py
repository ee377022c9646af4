"""Derived evidence, as the user asks for it: of which layers it can be had, and what it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from mineral_prospectivity.geo.names import class_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import ValidationInfo

Radius = Annotated[float, Field(gt=0, allow_inf_nan=False)]

OF_VALUES = ("gradient", "neighbourhood")
OF_CLASSES = ("contacts", "distance_to")
"""Derived evidence that values alone, and classes alone, can give."""

DERIVED: dict[str, tuple[str, ...]] = {
    "continuous": OF_VALUES,
    "categorical": OF_CLASSES,
    "lines": ("density",),
    "table": OF_VALUES,
}
"""Derived evidence of each kind of layer; that of points and polygons hangs on ``column``."""


class Derive(BaseModel):
    """Derived evidence that is wanted of a layer."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    gradient: Annotated[bool, Field(description="Slope of the values, unit per metre.")] = False
    neighbourhood: Annotated[
        tuple[Radius, ...], Field(description="Mean and deviation within these radii, m.")
    ] = ()
    contacts: Annotated[
        bool | tuple[Radius, ...],
        Field(description="Length of class boundaries per area: of the cell, or within radii, m."),
    ] = False
    distance_to: Annotated[
        tuple[Annotated[str, BeforeValidator(str)], ...],
        Field(description="Distance to each of these classes, m."),
    ] = ()
    distance: Annotated[bool, Field(description="Distance to the polygons, m.")] = False
    density: Annotated[
        tuple[Radius, ...], Field(description="Lines or points per area within these radii, m.")
    ] = ()

    @field_validator("neighbourhood", "contacts", "distance_to", "density")
    @classmethod
    def _bands_of_their_own(cls, value: Any, info: ValidationInfo) -> Any:
        taken: dict[str, str] = {}
        for one in value if isinstance(value, tuple) else ():
            text = one if isinstance(one, str) else f"{one:g} m"
            name = class_name(one) if isinstance(one, str) else f"{one:.0f}m"
            if name in taken:
                pair = f"{taken[name]} and {text}"
                msg = f"derive: {info.field_name}: {pair} give bands of one name. Keep one"
                raise ValueError(msg)
            taken[name] = text
        return value

    def radii(self) -> Iterator[tuple[str, float]]:
        """Yield what is asked for within a radius, and the radius, m."""
        for name in ("neighbourhood", "contacts", "density"):
            wanted = getattr(self, name)
            yield from ((name, radius) for radius in (wanted if isinstance(wanted, tuple) else ()))

    def wanted(self) -> tuple[str, ...]:
        """Return the names of what is asked for."""
        return tuple(name for name in Derive.model_fields if getattr(self, name))


def derive_from_list(value: Any) -> Any:
    """Let YAML say ``[gradient, {neighbourhood: [1500]}]``, or the name of the only one."""
    if isinstance(value, str):
        return {value: True}
    if not isinstance(value, list | tuple):
        return value
    wanted: dict[str, Any] = {}
    for item in value:
        asked = item if isinstance(item, dict) else {str(item): True}
        for name in asked.keys() & wanted.keys():
            msg = f"derive: {name} is asked for twice. Ask once, for all that is wanted of it"
            raise ValueError(msg)
        wanted.update(asked)
    return wanted
