"""AWS on this machine: a moto server whose Batch jobs are executed, as processes.

    python tests/integration/emulator --port 5555

Then ``export AWS_ENDPOINT_URL=http://127.0.0.1:5555`` sends boto3 and s3fs here. See README.md.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path

import execution
import formation
from control import Control
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import make_server


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=5555, help="0 takes a free one")
    parser.add_argument("--cwd", type=Path, default=Path(), help="where jobs run: the project")
    parser.add_argument("--slots", type=int, default=2, help="jobs that run at once")
    parser.add_argument("--rootfs", type=Path, help="run jobs in this image's root file system")
    parser.add_argument("--any-image", action="store_true", help="every image is in the registry")
    parser.add_argument("--verbose", action="store_true", help="log each request")
    return parser.parse_args()


class QuietHandler(MotoRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        return


def main() -> None:
    options = arguments()
    world = execution.World(cwd=options.cwd.resolve(), slots=options.slots, rootfs=options.rootfs)
    world.any_image = options.any_image
    app = Control(DomainDispatcherApplication(create_backend_app), world)
    handler = MotoRequestHandler if options.verbose else QuietHandler
    server = make_server("127.0.0.1", options.port, app, threaded=True, request_handler=handler)
    world.endpoint = f"http://127.0.0.1:{server.server_port}"
    execution.install(world)
    formation.install()

    def stop(*_: object) -> None:
        world.kill_all()
        os._exit(0)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    sys.stdout.write(f"ready on {world.endpoint}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main()
