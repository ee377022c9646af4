"""Kedro's project settings."""

from mineral_prospectivity.config import ComposingConfigLoader
from mineral_prospectivity.hooks import ProjectHooks
from mineral_prospectivity.runner.outputs import stack_output
from mineral_prospectivity.runner.run_context import BatchHooks
from mineral_prospectivity.timing import TimingHooks

CONFIG_LOADER_CLASS = ComposingConfigLoader
CONFIG_LOADER_ARGS = {
    "config_patterns": {
        "batch": ["batch*"],
        "sources": ["sources*"],
    },
    "custom_resolvers": {"stack": stack_output},
}
HOOKS = (ProjectHooks(), TimingHooks(), BatchHooks())
