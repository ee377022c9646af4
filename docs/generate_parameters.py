"""Write ``docs/parameters.md`` from the typed models: ``python docs/generate_parameters.py``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, get_args

from mineral_prospectivity.parameters import Parameters
from mineral_prospectivity.parameters.errors import is_group
from mineral_prospectivity.vae.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import BaseModel
    from pydantic.fields import FieldInfo

TARGET = Path(__file__).with_name("parameters.md")
HEAD = """# Parameters

Every parameter with its default and range, generated from the typed models in
`mineral_prospectivity.parameters`. Set them in `conf/<experiment>/parameters*.yml`, or for one
run with `kedro run --params ensemble.size=20`. A wrong name or value is reported before any node
runs.
"""


def reference() -> str:
    """Return the page as Markdown."""
    sections = [HEAD]
    for path, group in _groups("", Parameters):
        rows = [
            f"| `{name}` | {_default(field)} | {_allowed(field)} | {field.description} |"
            for name, field in group.model_fields.items()
            if name != "model" and not is_group(field.annotation)
        ]
        if rows:
            text = (group.__doc__ or "").strip().split("\n\n")[0]
            table = ["| name | default | allowed | meaning |", "|---|---|---|---|", *rows]
            heading = f"## {path}\n\n" if path else ""
            sections.append(f"\n{heading}{text}\n\n" + "\n".join(table) + "\n")
    return "".join(sections)


def _groups(path: str, group: type[BaseModel]) -> Iterator[tuple[str, type[BaseModel]]]:
    yield path, group
    for name, field in group.model_fields.items():
        if name == "model":
            for kind, settings in KINDS.items():
                yield f"model, of kind {kind}", settings
        elif is_group(field.annotation):
            yield from _groups(f"{path}.{name}".lstrip("."), field.annotation)


def _default(field: FieldInfo) -> str:
    return "required" if field.is_required() else f"`{field.default}`"


def _allowed(field: FieldInfo) -> str:
    limits = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<", "multiple_of": "a multiple of"}
    parts = [
        f"{sign} {getattr(item, name):g}"
        for item in field.metadata
        for name, sign in limits.items()
        if hasattr(item, name)
    ]
    choices = [value for value in get_args(field.annotation) if isinstance(value, str)]
    return ", ".join(parts) or " · ".join(f"`{choice}`" for choice in choices)


if __name__ == "__main__":
    TARGET.write_text(reference(), encoding="utf-8")
