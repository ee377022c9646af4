"""Objects written on conditions, and one driver a run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from http import HTTPStatus

import pytest

from mineral_prospectivity.runner.errors import BatchError, RunLockedError
from mineral_prospectivity.runner.lock import LEASE_SECONDS, RunLock, is_alive, run_lock
from mineral_prospectivity.runner.record import read_record, write_record
from mineral_prospectivity.runner.store import Conflict


def test_an_object_is_created_once(store):
    store.create("a", b"1")
    with pytest.raises(Conflict):
        store.create("a", b"2")
    assert store.get("a")[0] == b"1"
    assert store.get("b") is None


def test_an_object_is_replaced_only_by_who_read_it(store):
    etag = store.create("a", b"1")
    later = store.replace("a", b"2", etag)
    with pytest.raises(Conflict):
        store.replace("a", b"3", etag)
    assert store.get("a") == (b"2", later)
    with pytest.raises(Conflict):
        store.replace("gone", b"3", etag)


def test_a_second_driver_is_refused_until_the_first_is_gone(store):
    refused = pytest.raises(RunLockedError, match=rf"driven by process {os.getpid()} on")
    with run_lock(store), refused:
        run_lock(store).__enter__()
    with run_lock(store):
        pass
    assert store.get("lock.json") is None


def write_holder(store, **changes):
    holder = {"host": "elsewhere", "pid": 1, "token": "x", "renewed": time.time()} | changes
    store.put("lock.json", json.dumps(holder).encode())


def test_a_silent_driver_elsewhere_loses_its_run(store):
    write_holder(store)
    with pytest.raises(RunLockedError, match="process 1 on elsewhere"):
        run_lock(store).__enter__()
    write_holder(store, renewed=time.time() - LEASE_SECONDS - 1)
    with run_lock(store):
        pass


def test_a_driver_that_died_on_this_machine_loses_its_run_at_once():
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    import socket

    holder = {"host": socket.gethostname(), "pid": process.pid, "renewed": time.time()}
    assert not is_alive(holder)
    assert is_alive(holder | {"pid": os.getpid()})


def test_a_driver_notices_that_it_was_replaced_and_leaves_the_lock(store):
    with run_lock(store, renewal=0.02) as lock:
        lock.check()
        write_holder(store)
        deadline = time.monotonic() + 5
        while not lock.lost and time.monotonic() < deadline:
            time.sleep(0.01)
        with pytest.raises(RunLockedError, match="another driver has taken over"):
            lock.check()
    assert json.loads(store.get("lock.json")[0])["host"] == "elsewhere"


def test_a_lease_is_renewed(store):
    with run_lock(store, renewal=0.02):
        first = json.loads(store.get("lock.json")[0])["renewed"]
        time.sleep(0.2)
        assert json.loads(store.get("lock.json")[0])["renewed"] > first


@pytest.fixture
def lose_answer(aws):
    """Lose the answer to the next object written: the client sends it again."""
    delays = []

    def answer(response, **_):
        written = response is not None and response[0].status_code == HTTPStatus.OK
        return delays.pop() if written and delays else None

    aws.s3.meta.events.register_first("needs-retry.s3.PutObject", answer)
    return lambda: delays.append(0.0)  # s until it is sent again


def test_a_lost_answer_does_not_lose_the_run(store, lose_answer):
    lock = RunLock(store)
    lose_answer()
    lock.take()
    for _ in range(2):
        lose_answer()
        lock.renew()
        lock.check()
    write_holder(store)
    lose_answer()
    lock.renew()
    assert lock.lost


def test_a_silent_drivers_lock_is_taken_over_though_the_answer_is_lost(store, lose_answer):
    write_holder(store, renewed=time.time() - LEASE_SECONDS - 1)
    lock = RunLock(store)
    lose_answer()
    lock.take()
    lock.renew()
    lock.check()


def test_a_record_keeps_what_was_asked_for(store):
    asked = {"pipeline_names": ["training"], "tags": ("a",), "from_nodes": [], "env": "aws"}
    write_record(store, asked, {"m0": "1-m0"}, git_commit="abc")
    assert read_record(store) == {
        "selection": {"pipelines": ["training"], "tags": ["a"]},
        "jobs": {"m0": "1-m0"},
        "git_commit": "abc",
    }
    with pytest.raises(BatchError, match="there is no run at s3://bucket/prefix/runs/1/other"):
        read_record(store.below("other"))
