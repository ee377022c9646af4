"""AWS Batch: nodes become jobs, whatever they compute; the driver watches over them.

`batch_runner.BatchRunner` is Kedro's runner, `run_context.BatchHooks` what it needs to know.
Nothing is imported here: the AWS packages are an extra, and only the runner needs them.
"""
