"""The files of an experiment's configuration, each guess marked with its reason."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mineral_prospectivity.experiments.draft import Draft
    from mineral_prospectivity.experiments.found import Found

DATASETS = "mineral_prospectivity.datasets"
GUESS, DOUBT = "Guess", "DOUBT"
WIDTH = 100
VALUES_SHOWN = 12
CONTEXT_CELLS = 8

PARAMETERS = """\
# Experiment {name}. What is not here is as in conf/base; every parameter with its
# range: docs/parameters.md.

grid:
{why_crs}
  crs: {crs}
{why_resolution}
  resolution: {resolution}
  # m; eight cells, or half a block where that is less. The mean of each band this far around is
  # evidence as well, where folds that no fit saw say that it helps. Takes more than twice the
  # time of training; null leaves it out.
  context: {context}
{why_bounds}
  bounds: {bounds}

labels:
{filters}
  include: {{}}
  cluster_distance: {cluster_distance}  # m; nearer deposits are one cluster

folds:
{why_blocks}
  count: {count}
  block_size: {block_size}  # m

risk:
  hot_spots:
    radius: {radius}  # m; three cells
  economics:  # one currency; these are examples, put in your own
    exploration_cost: 1.0
    discovery_value: 200.0
"""


def files_of(draft: Draft) -> dict[str, str]:
    """Return the text of each file of an experiment's configuration, by its name."""
    return {
        "globals.yml": f"experiment: {draft.name}\n",
        "catalog_layers.yml": _catalog(draft),
        "parameters.yml": _parameters(draft),
    }


def _catalog(draft: Draft) -> str:
    head = _comment(
        [
            f"Layers and deposits of experiment {draft.name}, as kedro experiment new found them.",
            f"'{GUESS}' says what was concluded and why, '{DOUBT}' what you should look at.",
            "Add what the maps should say: 'unit: ppm', 'description: Copper in soil'.",
            "Every key: docs/data.md. Bands and results are called as the layers are here.",
        ]
    )
    entries = [_layer(draft, found) for found in draft.layers]
    left_out = [f"{one.path.name}: {one.why}" for one in draft.left_out]
    tail = [_comment(["Left out:", *(f"- {line}" for line in left_out)])] if left_out else []
    return "\n".join([head, *entries, _deposits(draft), *tail])


def _layer(draft: Draft, found: Found) -> str:
    remarks = _remarks([found.about], found.guesses, found.doubts)
    fields = {**found.fields, **({} if found.crs else {"crs": draft.crs.value})}
    entry = _entry(
        f"{'peer' if found.use == 'peer' else 'layer'}.{found.name}",
        f"{DATASETS}.EvidenceLayerDataset",
        draft.filepath(found.path),
        fields,
    )
    return remarks + (textwrap.indent(entry, "# ") if found.use == "off" else entry)


def _deposits(draft: Draft) -> str:
    found = draft.deposits
    fields = {**found.fields, **({} if draft.deposits_have_crs else {"crs": draft.crs.value})}
    entry = _entry("deposits", f"{DATASETS}.VectorDataset", draft.filepath(found.path), fields)
    return _remarks([found.about], [], found.doubts) + entry


def _entry(name: str, kind: str, filepath: str, fields: Mapping[str, Any]) -> str:
    lines = [f"{name}:", f"  type: {kind}", f"  filepath: {_inline(filepath)}"]
    lines += [f"  {key}: {_inline(value)}" for key, value in fields.items()]
    return "\n".join([*lines, "  metadata:", "    kedro-viz: {layer: raw}", ""])


def _parameters(draft: Draft) -> str:
    blocks = draft.blocks.value
    return PARAMETERS.format(
        name=draft.name,
        why_crs=_reasons(draft.crs),
        crs=draft.crs.value,
        why_resolution=_reasons(draft.resolution),
        resolution=draft.resolution.value,
        context=_inline(_context(draft.resolution.value, blocks.block_size)),
        why_bounds=_reasons(draft.bounds),
        bounds=_inline(draft.bounds.value),
        filters=_filters(draft.deposits.filters),
        cluster_distance=blocks.cluster_distance,
        why_blocks=_reasons(draft.blocks),
        count=blocks.count,
        block_size=blocks.block_size,
        radius=3 * draft.resolution.value,
    )


def _context(resolution: float, block_size: float) -> float | None:
    """Return the radius of the context, m; None where no block has room for it."""
    radius = min(CONTEXT_CELLS * resolution, block_size / 2)
    return radius if radius >= resolution else None


def _reasons(choice: Any) -> str:
    return _indented(_remarks([], [choice.why], [choice.doubt] if choice.doubt else []))


def _filters(filters: Mapping[str, Mapping[str, int]]) -> str:
    text = f"{GUESS}: every deposit counts."
    if not filters:
        return _indented(_comment([text]))
    lines = [text + " Attributes that could choose among them, with how often each value occurs:"]
    for name, counts in filters.items():
        shown = [f"{value} ({count})" for value, count in list(counts.items())[:VALUES_SHOWN]]
        lines.append(f"  {name}: {', '.join(shown)}" + ", …" * (len(counts) > VALUES_SHOWN))
    name, counts = next(iter(filters.items()))
    lines.append(f"For instance  include: {_inline({name: [next(iter(counts))]})}")
    return _indented(_comment(lines))


def _remarks(facts: Iterable[str], guesses: Iterable[str], doubts: Iterable[str]) -> str:
    lines = [*facts]
    lines += [f"{GUESS}: {text}." for text in guesses]
    lines += [f"{DOUBT}: {text}" + "." * (not text.endswith("?")) for text in doubts]
    return _comment(lines)


def _comment(lines: Iterable[str]) -> str:
    wrapped = [
        part
        for line in lines
        for part in textwrap.wrap(line, WIDTH - 4, subsequent_indent="  ", break_on_hyphens=False)
    ]
    return "".join(f"# {line}\n" for line in wrapped)


def _indented(text: str) -> str:
    return textwrap.indent(text.removesuffix("\n"), "  ")


def _inline(value: Any) -> str:
    """Return a value as YAML on one line."""
    text = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=10**9)
    return text.removesuffix("\n").removesuffix("\n...").strip()
