"""Names of runs and jobs, within the characters that AWS Batch allows."""

from __future__ import annotations

import hashlib
import re

LONGEST = 128


def run_id_of(session_id: str) -> str:
    """Return the id of a run from Kedro's session id, a timestamp.

    >>> run_id_of("2026-11-23T00.32.22.123Z")
    '20261123-003222-123'
    """
    digits = re.sub(r"\D", "", session_id)
    return f"{digits[:8]}-{digits[8:14]}-{digits[14:17]}"


def job_name(run_id: str, node: str) -> str:
    """Return the name of a node's job: the run id first, so that a run's jobs can be listed.

    Names that had to be changed end in a digest of the node's name, so that no two collide.

    >>> job_name("20261123-003222-123", "member_003")
    '20261123-003222-123-member_003'
    >>> job_name("20261123-003222-123", "train.α")
    '20261123-003222-123-train---2db7ca'
    """
    slug = re.sub(r"[^A-Za-z0-9_-]", "-", node)
    room = LONGEST - len(run_id) - 1
    if slug != node or len(slug) > room:
        digest = hashlib.sha256(node.encode()).hexdigest()[:6]
        slug = f"{slug[: room - 7]}-{digest}"
    return f"{run_id}-{slug}"
