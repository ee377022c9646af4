"""What is wrong with parameters, in the words of those who wrote them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeGuard

from pydantic import BaseModel

from mineral_prospectivity.vae.kinds import KINDS, kind_of

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails


def describe_problem(detail: ErrorDetails, tree: type[BaseModel]) -> str:
    """Return what is wrong with a parameter: its path, what was given and what is allowed.

    Parameters
    ----------
    detail
        As pydantic tells it.
    tree
        All parameters.
    """
    groups, names = _walk(detail["loc"], tree)
    path = ".".join(names)
    if detail["type"] == "extra_forbidden":
        return f"{path}: there is no such parameter; allowed: {', '.join(groups[-1].model_fields)}"
    if detail["type"] == "missing":
        return f"{path}: is required and missing"
    if detail["type"] == "value_error":
        return _in_full(path, detail["msg"].removeprefix("Value error, "), groups[-1])
    if detail["type"] in {"model_type", "model_attributes_type"}:
        fields = ", ".join(groups[-1].model_fields)
        return f"{path} = {detail['input']!r}: is a group of parameters: {fields}"
    if detail["type"] == "unknown_kind":
        return f"{path}.kind = {kind_of(detail['input'])!r}: {detail['msg']}"
    example = f", such as [{detail['input']}]" if detail["type"] == "list_type" else ""
    return f"{path} = {detail['input']!r}: {detail['msg'].lower()}{example}"


def _in_full(path: str, message: str, group: type[BaseModel]) -> str:
    """Return what a group says of itself, a parameter that it begins with by its full path."""
    first = re.match(r"\w*", message)
    if path and first and first[0] in group.model_fields:
        return f"{path}.{message}"
    return f"{path}: {message}".lstrip(": ")


def _walk(
    location: tuple[str | int, ...], tree: type[BaseModel]
) -> tuple[list[type[BaseModel]], list[str]]:
    """Return the groups on the way to a parameter, and the names that lead there.

    Where a group is one of several kinds, the location also holds the kind, which no user writes.
    """
    groups = [tree]
    names: list[str] = []
    for part in map(str, location):
        if names == ["model"] and groups[-1] is tree:
            groups.append(KINDS[part])
            continue
        names.append(part)
        field = groups[-1].model_fields.get(part)
        if field is not None and is_group(field.annotation):
            groups.append(field.annotation)
    return groups, names


def is_group(annotation: Any) -> TypeGuard[type[BaseModel]]:
    """Tell whether a parameter is a group of parameters."""
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
