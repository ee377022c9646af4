"""Looks that go on while a block runs, and end with it."""

from __future__ import annotations

import threading

import pytest

from mineral_prospectivity.runner.beside import beside


def test_it_looks_until_the_block_ends():
    looks = threading.Semaphore(0)
    with beside(looks.release, lambda: 0.001):
        for _ in range(3):
            assert looks.acquire(timeout=5)
    assert "beside" not in {thread.name for thread in threading.enumerate()}


def test_a_failing_look_is_the_last_and_leaves_the_block_alone():
    looks = []

    def look():
        looks.append(1)
        raise OSError

    with beside(look, lambda: 0.001) as thread:
        thread.join(5)
    assert looks == [1]


def test_an_error_of_the_block_is_its_own():
    with pytest.raises(ZeroDivisionError), beside(lambda: None, lambda: 0.001):
        raise ZeroDivisionError
