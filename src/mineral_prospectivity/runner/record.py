"""The record of a run: what was asked for, so that it can be asked for again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mineral_prospectivity.runner.errors import BatchError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mineral_prospectivity.runner.store import Store

OBJECT = "run.json"
SELECTION = {
    "pipeline_names": "pipelines",
    "tags": "tags",
    "node_names": "node_names",
    "from_nodes": "from_nodes",
    "to_nodes": "to_nodes",
    "from_inputs": "from_inputs",
    "to_outputs": "to_outputs",
    "namespaces": "namespaces",
    "load_versions": "load_versions",
    "only_missing_outputs": "only_missing_outputs",
}


def write_record(
    store: Store, run_params: Mapping[str, Any], jobs: Mapping[str, str], **facts: Any
) -> None:
    """Write what was asked for.

    Parameters
    ----------
    store
        The run's prefix.
    run_params
        Kedro's parameters of the run.
    jobs
        Name of each node's job, by node.
    **facts
        Commit, image, what each job is given.
    """
    selection = {
        option: _plain(run_params[name])
        for name, option in SELECTION.items()
        if run_params.get(name)
    }
    store.put_json(OBJECT, {"selection": selection, "jobs": dict(jobs), **facts})


def read_record(store: Store) -> dict[str, Any]:
    """Return the record of a run.

    Raises
    ------
    BatchError
        If the bucket has no such run.
    """
    record: dict[str, Any] | None = store.get_json(OBJECT)
    if record is None:
        msg = (
            f"there is no run at {store.uri}; its id is printed when it starts, and "
            "`kedro batch status` without an id lists the runs"
        )
        raise BatchError(msg)
    return record


def _plain(value: Any) -> Any:
    if isinstance(value, tuple | set | frozenset):
        return list(value)
    return value
