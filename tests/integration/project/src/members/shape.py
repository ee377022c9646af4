from kedro.framework.hooks import hook_impl

count = [4]


class ShapeHooks:
    @hook_impl
    def after_context_created(self, context):
        count[0] = context.config_loader["parameters"]["members"]
