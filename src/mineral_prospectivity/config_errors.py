"""What is wrong with a catalog, a YAML file or a selection, in one sentence each.

Kedro tells people so as well, one problem at a time and below a traceback.
"""

from __future__ import annotations

from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedro.framework.project import pipelines
from kedro.io import AbstractDataset, DatasetError
from kedro.pipeline import Pipeline

from mineral_prospectivity.errors import user_error
from mineral_prospectivity.geo.layers import first_few

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    import yaml

RUNNERS = ("SequentialRunner", "ThreadRunner", "ParallelRunner")
DEFAULT = "__default__"
NAMES_SHOWN = 20
FILES_SHOWN = 8
ALIKE = 0.8
"""Share of letters by which the name of a file may be meant for another."""

BESIDE = (".dbf", ".shx", ".prj", ".cpg", ".ovr", ".xml", ".qml", ".qix", ".json")
"""Endings of files that lie beside a layer and are none."""

EVIDENCE = ("layer.", "peer.", "truth.")


def describe_yaml_error(path: str | Path, error: yaml.YAMLError) -> str:
    """Return what is wrong in a YAML file, and where.

    Examples
    --------
    >>> import yaml
    >>> try:
    ...     yaml.safe_load("bounds: [0, 0, 1, 1")
    ... except yaml.YAMLError as error:
    ...     print(describe_yaml_error("parameters.yml", error))
    parameters.yml, line 1: is no valid YAML: expected ',' or ']', but got '<stream end>'.
    Check indentation (spaces, no tabs), colons and brackets there
    """
    mark = getattr(error, "problem_mark", None)
    place = f", line {mark.line + 1}" if mark is not None else ""
    problem = getattr(error, "problem", None) or str(error).splitlines()[0]
    return (
        f"{path}{place}: is no valid YAML: {problem}. "
        "Check indentation (spaces, no tabs), colons and brackets there"
    )


def catalog_problems(catalog: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with each entry of a catalog that cannot be used.

    Parameters
    ----------
    catalog
        The entries by name; those whose names begin with ``_`` and patterns are left alone.
    """
    found = (
        _entry_problem(name, entry)
        for name, entry in catalog.items()
        if not name.startswith("_") and "{" not in name
    )
    return [problem for problem in found if problem]


def _entry_problem(name: str, entry: Any) -> str | None:
    if not isinstance(entry, dict):
        return f"catalog entry {name!r} is {entry!r}: give it a type and a filepath"
    if "type" not in entry:
        return f"catalog entry {name!r} has no type: add type: {_usual_type(name)}"
    # The catalog takes the validator for itself.
    config = {key: value for key, value in entry.items() if key != "validator"}
    try:
        AbstractDataset.from_config(name, config)
    except Exception as error:
        known = user_error(error)
        return str(known) if known else _kedro_problem(name, entry, error)
    return None


def _kedro_problem(name: str, entry: dict[str, Any], error: Exception) -> str:
    kind = str(entry["type"])
    text = " ".join(str(error).split())
    if "required keyword-only argument: 'filepath'" in text:
        return f"catalog entry {name!r} has no filepath: add one, such as ${{globals:raw}}/file.tif"
    if "unexpected keyword argument" in text:
        key = text.partition("unexpected keyword argument ")[2].partition("'.")[0].strip("'")
        return f"catalog entry {name!r}: {key}: {kind} has no such key. Remove or correct it"
    if not _exists(kind):
        own = name == "deposits" or name.startswith(EVIDENCE)
        remedy = f"Take {_usual_type(name)}" if own else "Correct it"
        return f"catalog entry {name!r}: there is no type {kind}. {remedy}"
    return f"catalog entry {name!r}: {text}"


def _usual_type(name: str) -> str:
    dataset = "EvidenceLayerDataset" if name.startswith(EVIDENCE) else "VectorDataset"
    return f"mineral_prospectivity.datasets.{dataset}"


def _exists(kind: str) -> bool:
    module, _, name = kind.rpartition(".")
    try:
        return hasattr(import_module(module), name)
    except (ImportError, ValueError):
        return False


def put_there(path: str) -> str:
    """Return what to do about a raw file that is missing: which may be meant, or lie there.

    Parameters
    ----------
    path
        Where it should lie; of a file elsewhere than on this disk nothing is known.
    """
    remedy = "put it there, or correct its filepath in the catalog"
    folder = Path(path).parent
    if "://" in path:
        return remedy
    if not folder.is_dir():
        return f"{remedy}. There is no folder {folder}"
    there = [one.relative_to(folder).as_posix() for one in sorted(folder.glob("**/*.*"))]
    names = [name for name in there if not name.endswith(BESIDE)]
    near = _nearest(Path(path).name, names)
    if near:
        return f"did you mean {' or '.join(near)}? If so, correct its filepath in the catalog"
    return f"{remedy}. In {folder} there is {first_few(names, FILES_SHOWN) or 'no file'}"


def _nearest(name: str, names: list[str]) -> list[str]:
    """Return names that differ by a slip or by capitals, or lie in another folder."""
    same = [one for one in names if Path(one).name.lower() == name.lower()]
    return same or get_close_matches(name, names, n=2, cutoff=ALIKE)


def selection_problems(options: Mapping[str, Any]) -> list[str]:
    """Return what does not exist of that which a run selects: pipelines, nodes, tags, data.

    Parameters
    ----------
    options
        Those of ``kedro run``, by name.
    """
    runner = options.get("runner")
    if runner and "." not in runner and runner not in RUNNERS:
        return [_unknown("--runner", runner, RUNNERS)]
    names = [name for name in (options.get("pipeline"), *(options.get("pipelines") or ())) if name]
    pipelines.set_requested(None)
    known = [name for name in pipelines if name != DEFAULT]
    unknown = [_unknown("--pipelines", name, known) for name in names if name not in pipelines]
    if unknown:
        return unknown
    chosen = sum((pipelines[name] for name in names or [DEFAULT]), start=Pipeline([]))
    return _parts_missing(chosen, options) or _nothing_left(chosen, options)


def _parts_missing(chosen: Pipeline, options: Mapping[str, Any]) -> list[str]:
    nodes = [node.name for node in chosen.nodes]
    tags = {tag for node in chosen.nodes for tag in node.tags}
    parts: list[tuple[str, Collection[str]]] = [
        ("node_names", nodes),
        ("from_nodes", nodes),
        ("to_nodes", nodes),
        ("tags", tags),
        ("from_inputs", chosen.datasets()),
        ("to_outputs", chosen.datasets()),
        ("namespaces", {node.namespace for node in chosen.nodes if node.namespace}),
    ]
    return [
        _unknown(_flag(option), name, there)
        for option, there in parts
        for name in options.get(option) or ()
        if name not in there
    ]


def _nothing_left(chosen: Pipeline, options: Mapping[str, Any]) -> list[str]:
    filters = ("tags", "from_nodes", "to_nodes", "from_inputs", "to_outputs", "node_names")
    given = [_flag(name) for name in filters if options.get(name)]
    wanted = {name: options.get(name) or None for name in filters}
    try:
        chosen.filter(**wanted)
    except ValueError:
        return [f"{', '.join(given)}: together they leave no node to run. Drop one of them"]
    return []


def _flag(option: str) -> str:
    return "--nodes" if option == "node_names" else f"--{option.replace('_', '-')}"


def _unknown(option: str, name: str, there: Iterable[str]) -> str:
    known = sorted(there)
    near = get_close_matches(name, known, n=3)
    if near:
        hint = f"did you mean {' or '.join(near)}?"
    elif known:
        hint = f"there are {first_few(known, most=NAMES_SHOWN)}"
    else:
        hint = "there are none"
    return f"{option}: there is no {name!r}; {hint}"


def kedro_problems(
    error: Exception, options: Mapping[str, Any], catalog: Mapping[str, Any]
) -> list[str]:
    """Return what a user did wrong that made Kedro raise an error; none if it was nobody's doing.

    Parameters
    ----------
    error
        What Kedro raised.
    options
        Those of ``kedro run``.
    catalog
        The catalog's entries.
    """
    if isinstance(error, DatasetError):
        return catalog_problems(catalog)
    if isinstance(error, ValueError | AttributeError | ImportError):
        return selection_problems(options)
    return []
