import os

from members.shape import ShapeHooks
from mineral_prospectivity.runner.outputs import stack_output
from mineral_prospectivity.runner.run_context import BatchHooks

HOOKS = (BatchHooks(), ShapeHooks())
CONFIG_LOADER_ARGS = {
    "base_env": "base",
    "default_run_env": "base",
    "custom_resolvers": {"environment": os.environ.get, "stack": stack_output},
}
