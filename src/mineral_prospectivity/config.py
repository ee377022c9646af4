"""Environments that compose, and what the configuration says of the pipelines' shape."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedro.config import MissingConfigException, OmegaConfigLoader
from omegaconf import OmegaConf
from yaml import YAMLError

from mineral_prospectivity.config_errors import describe_yaml_error
from mineral_prospectivity.errors import ConfigurationError
from mineral_prospectivity.parameters import validate_parameters

if TYPE_CHECKING:
    from omegaconf import DictConfig

    from mineral_prospectivity.parameters import Parameters

BASE = "base"
DEFAULT_EXPERIMENT = "demo"
LAYER_PREFIX = "layer."


class ComposingConfigLoader(OmegaConfigLoader):
    """Kedro's loader, with environments joined by ``+``: ``--env cloncurry+aws``.

    Base comes first, then every environment from left to right. Parameters and globals merge
    key by key, but a ``model`` that names its kind starts afresh; a catalog entry of an
    environment replaces that of base whole. An environment
    whose ``globals.yml`` sets ``experiment`` declares an experiment: its layers and deposits.
    Others, such as ``aws``, are overlays that say where and how to run. When none of the named
    environments is an experiment, the demo region goes first, so that ``--env aws`` runs the
    demo region on AWS.

    Raises
    ------
    ConfigurationError
        If an environment has no folder in the configuration source.
    """

    def __init__(self, conf_source: str | Path, env: str | None = None, **options: Any) -> None:
        self._named = env or ""
        super().__init__(conf_source, env=None, **{**options, "base_env": BASE})

    @property
    def experiment(self) -> str:
        """Name of the experiment that the environments declare."""
        return str(self._globals["experiment"])

    @property
    def results(self) -> str:
        """Name of the folders that a run writes to: the experiment's, unless an overlay says so."""
        return str(self._globals["results"])

    @property
    def environment(self) -> str:
        """The environments that were named, as for ``--env``."""
        return "+".join(self._chain)

    @property
    def storage(self) -> str:
        """Root of everything the pipelines read and write: a folder or an S3 prefix."""
        return str(self._globals["storage"])

    @property
    def raw(self) -> str:
        """Folder or S3 prefix of the experiment's raw files."""
        return str(self._globals["raw"])

    def optional(self, key: str) -> dict[str, Any]:
        """Return the configuration of a kind that an experiment may lack, empty if it does."""
        try:
            return dict(self[key])
        except MissingConfigException:
            return {}

    def __getitem__(self, key: str) -> dict[str, Any]:
        """Return a kind of configuration; in the catalog, layers carry their own names."""
        config: dict[str, Any] = super().__getitem__(key)
        if key != "catalog":
            return config
        return {name: _with_layer_name(name, entry) for name, entry in config.items()}

    @cached_property
    def _chain(self) -> tuple[str, ...]:
        names = tuple(name for name in self._named.split("+") if name and name != BASE)
        for name in names:
            if not self._fs.isdir(self._get_conf_env_path(name)):
                msg = (
                    f"--env {self._named}: there is no environment {name!r} in "
                    f"{self.conf_source}; there are: {', '.join(self._environments())}"
                )
                raise ConfigurationError(msg)
        if not any(self._declares_experiment(name) for name in names):
            return (DEFAULT_EXPERIMENT, *names)
        return names

    def _environments(self) -> list[str]:
        root = Path(self._get_conf_env_path(BASE)).parent
        entries = self._fs.ls(str(root), detail=False)
        names = {Path(entry).name for entry in entries if self._fs.isdir(entry)}
        return sorted(names - {BASE})

    def _declares_experiment(self, name: str) -> bool:
        path = f"{self._get_conf_env_path(name)}/globals.yml"
        if not self._fs.exists(path):
            return False
        with self._fs.open(path, "r") as file:
            return declares_experiment(file.read(), path)

    def _read_raw_config(
        self, key: str
    ) -> tuple[dict[Path, DictConfig], dict[Path, DictConfig], str, str, set[Path]]:
        """Read base, then every environment in order; Kedro merges and resolves what comes back.

        Files returned as base merge key by key, files returned as environment replace entries.
        """
        patterns = [*self.config_patterns[key]]
        seen: set[Path] = set()

        def read(name: str) -> dict[Path, DictConfig]:
            path = self._get_conf_env_path(name)
            try:
                return dict(self._read_dir_configs(path, patterns, key, seen, key == "credentials"))
            except YAMLError:
                self._require_yaml(path)
                raise

        base = read(BASE)
        layered: dict[Path, DictConfig] = {}
        for name in self._chain:
            layered |= read(name)
        if key == "parameters":
            _start_models_afresh([*base.values(), *layered.values()])
        if key == "globals":
            _name_results([*base.values(), *layered.values()])
        if key != "catalog":
            base, layered = base | layered, {}
        paths = [self._get_conf_env_path(name) for name in (BASE, *self._chain)]
        return base, layered, paths[0], paths[-1], seen

    def _require_yaml(self, folder: str) -> None:
        """Raise a ConfigurationError for the first file that cannot be parsed."""
        for path in sorted(self._fs.glob(f"{folder}/**/*.y*ml")):
            with self._fs.open(path, "r") as file:
                text = file.read()
            try:
                OmegaConf.create(text)
            except YAMLError as error:
                raise ConfigurationError(describe_yaml_error(path, error)) from None


def declares_experiment(text: str, path: str) -> bool:
    """Tell whether a ``globals.yml`` makes its environment an experiment, not an overlay.

    Raises
    ------
    ConfigurationError
        If the text is no YAML.
    """
    try:
        return "experiment" in OmegaConf.create(text)
    except YAMLError as error:
        raise ConfigurationError(describe_yaml_error(path, error)) from None


def _start_models_afresh(files: list[DictConfig]) -> None:
    """Let a ``model`` that names its kind replace what earlier files say of it.

    Settings of one kind mean nothing to another: they must not leak into it.
    """
    for number, file in enumerate(files):
        if isinstance(file.get("model"), str):
            file["model"] = {"kind": file["model"]}
        if "kind" in (file.get("model") or {}):
            for earlier in files[:number]:
                earlier.pop("model", None)


def _name_results(files: list[DictConfig]) -> None:
    """Let ``${results}`` in a file mean what the files before it say of the results.

    So each overlay that keeps its results apart adds its own name.
    """
    so_far = ""
    for file in files:
        if "results" in file:
            raw: Any = OmegaConf.to_container(file, resolve=False)
            so_far = file["results"] = raw["results"].replace("${results}", so_far)


def _with_layer_name(entry_name: str, entry: Any) -> Any:
    """Tell an evidence layer its name, which Kedro tells no dataset."""
    prefix, _, name = entry_name.partition(LAYER_PREFIX)
    if prefix or not name or not isinstance(entry, dict):
        return entry
    return {"name": name, **entry}


@dataclass(frozen=True)
class Shape:
    """What the configuration decides of the pipelines: which nodes there are.

    ``layers``, ``peers`` and ``truths`` are names of catalog entries without their prefix;
    ``packs`` deals the members to training nodes; ``shards`` nodes predict the map.
    """

    layers: tuple[str, ...]
    peers: tuple[str, ...]
    truths: tuple[str, ...]
    packs: tuple[tuple[int, ...], ...]
    shards: int = 1

    @property
    def members(self) -> tuple[int, ...]:
        """All members of the ensemble, in order."""
        return tuple(member for pack in self.packs for member in pack)


def shape_of(loader: ComposingConfigLoader) -> Shape:
    """Return the pipelines' shape, from the names in the catalog and the ensemble's size.

    Raises
    ------
    ConfigurationError
        If a parameter is wrong, or the experiment declares no evidence layer or no deposits.
    """
    parameters = validate_parameters(loader["parameters"])
    catalog = loader["catalog"]

    def named(prefix: str) -> tuple[str, ...]:
        return tuple(key.removeprefix(prefix) for key in catalog if key.startswith(prefix))

    layers = named(LAYER_PREFIX)
    if not layers or "deposits" not in catalog:
        msg = (
            f"experiment {loader.experiment!r}: its catalog declares {len(layers)} evidence layers "
            f"and {'its' if 'deposits' in catalog else 'no'} deposits; declare at least one "
            "'layer.<name>' entry and 'deposits'"
        )
        raise ConfigurationError(msg)
    shards = parameters.uncertainty.shards
    return Shape(layers, named("peer."), named("truth."), _packs(parameters), shards)


def _packs(parameters: Parameters) -> tuple[tuple[int, ...], ...]:
    members = range(parameters.ensemble.size)
    size = parameters.ensemble.members_per_node or len(members)
    return tuple(tuple(members[start : start + size]) for start in range(0, len(members), size))
