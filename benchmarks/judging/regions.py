"""Simulated regions, declared as the demo region is: only there the limit of any model is known."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

from judging.experiments import PROJECT, declare
from mineral_prospectivity.simulation import simulate_region, write_region

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class RegionSpec:
    """How a region is drawn; what is not named is as in the demo region.

    Parameters
    ----------
    seed, title
        Of the region.
    shape
        Rows and columns of 500 m.
    options
        Further arguments of :func:`~mineral_prospectivity.simulation.simulate_region`.
    """

    seed: int
    title: str
    shape: tuple[int, int] = (160, 200)
    options: dict[str, Any] = field(default_factory=dict)


FEW = ("faults", "lithology", "magnetics", "copper", "conductivity")
"""The five layers that matter where only five do."""

_SIXTEEN_MORE = {"relevant": FEW, "irrelevant_layers": 26}  # on 14 layers: 40


def _five(prefix: str, first: int) -> dict[str, RegionSpec]:
    """Return two regions as the demo region and three harder ones, of seeds that follow."""
    omitted = {"omit": ("conductivity",)}
    return {
        f"{prefix}_{first}": RegionSpec(first, "as the demo region"),
        f"{prefix}_{first + 1}": RegionSpec(first + 1, "as the demo region"),
        f"{prefix}_{first + 2}_omitted": RegionSpec(
            first + 2, "conductivity, which matters, is left out", options=omitted
        ),
        f"{prefix}_{first + 3}_rare": RegionSpec(
            first + 3, "0.1 % positives", (200, 200), {"prevalence": 0.001}
        ),
        f"{prefix}_{first + 4}_wide": RegionSpec(
            first + 4, "40 layers, of which 5 matter", options=_SIXTEEN_MORE
        ),
    }


REGIONS = _five("sim", 101)
"""Regions for reporting, their seeds from 101."""

DEVELOPMENT = _five("dev", 11) | {
    "dev_16_small": RegionSpec(16, "a small one, for trying things", (100, 120)),
}
"""Regions that settings may be chosen on; they are never reported."""

GROWING = {
    f"sim_{seed}_{side**2}x": RegionSpec(
        seed, f"as the demo region, ground x {side**2}", (160 * side, 200 * side)
    )
    for seed in (111, 112)
    for side in (1, 2, 4)
}
"""Regions for reporting, of one law on more and more ground: their deposits grow with it."""

ALL = REGIONS | GROWING | DEVELOPMENT

DRAWN = ALL | {"demo": RegionSpec(1, "the demo region", (240, 200))}
"""Every region whose law is known."""


def declare_region(name: str, conf: Path) -> str:
    """Draw a region into the folder beside a configuration and declare it there, if need be."""
    spec = ALL[name]
    raw = conf.parent / "01_raw" / name
    drawn, wanted = raw / "drawn.yml", yaml.safe_dump(_plain(spec))
    if not drawn.exists() or drawn.read_text(encoding="utf-8") != wanted:
        write_region(simulate_region(spec.seed, spec.shape, **spec.options), raw)
        drawn.write_text(wanted, encoding="utf-8")
    parameters = yaml.safe_load((PROJECT / "conf/demo/parameters.yml").read_text(encoding="utf-8"))
    return declare(conf, name, _catalog(spec), parameters)


def _catalog(spec: RegionSpec) -> dict[str, Any]:
    """Return the demo region's catalog, less omitted layers, plus irrelevant ones."""
    text = (PROJECT / "conf/demo/catalog_layers.yml").read_text(encoding="utf-8")
    demo = {name: entry for name, entry in yaml.safe_load(text).items() if name[0] != "_"}
    for layer in spec.options.get("omit", ()):
        del demo[f"layer.{layer}"]
    for number in range(1, spec.options.get("irrelevant_layers", 0) + 1):
        name = f"irrelevant_{number:02d}"
        path = "${globals:raw}/" + name + ".tif"
        demo[f"layer.{name}"] = {**demo["layer.potassium"], "filepath": path, "unit": "1"}
    return demo


def _plain(spec: RegionSpec) -> dict[str, Any]:
    plain = asdict(spec)
    options = {key: list(v) if isinstance(v, tuple) else v for key, v in spec.options.items()}
    return plain | {"shape": list(spec.shape), "options": options}
