"""Kedro's project settings."""

from mineral_prospectivity.config import ComposingConfigLoader
from mineral_prospectivity.hooks import ProjectHooks

CONFIG_LOADER_CLASS = ComposingConfigLoader
CONFIG_LOADER_ARGS = {
    "config_patterns": {
        "batch": ["batch*"],
        "sources": ["sources*"],
    },
}
HOOKS = (ProjectHooks(),)
