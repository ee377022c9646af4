"""Members of numpy: momentum and random draws, so that a resumed one must restore both."""

import json
import sys
import time
from pathlib import Path

import numpy as np


def prepare(shape):
    rows = np.random.default_rng(0).normal(size=(64, len(shape)))
    return {"rows": rows.tolist(), "target": (rows @ np.array(shape)).tolist()}, "kept in memory"


def trainer(number):
    def train(table, parameters, checkpoint):
        if parameters["fail"] == f"member_{number:03}":
            raise RuntimeError(f"member {number} has no positive cells")
        return _train(number, table, parameters, checkpoint)

    return train


def _train(number, table, parameters, checkpoint):
    rows, target = np.array(table["rows"]), np.array(table["target"])
    draws = np.random.default_rng(number)
    state = {"step": np.array(0), "weights": draws.normal(size=rows.shape[1])}
    state["momentum"] = np.zeros_like(state["weights"])
    key = f"{number}-{parameters['steps']}"
    saved = checkpoint.load(key)
    if saved is not None:
        draws.bit_generator.state = json.loads(str(saved.pop("draws")))
        state = saved
        say(f"resumed at step {int(state['step'])}")
    for step in range(int(state["step"]), parameters["steps"]):
        state = _step(state, rows, target, draws)
        checkpoint.save(key, {**state, "draws": np.array(json.dumps(draws.bit_generator.state))})
        say(f"step {step + 1} done")
        time.sleep(parameters["pause"])
    checkpoint.clear()
    return state["weights"].tolist()


def say(text):
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _step(state, rows, target, draws):
    batch = draws.integers(0, len(rows), 8)
    error = rows[batch] @ state["weights"] - target[batch]
    momentum = 0.9 * state["momentum"] + rows[batch].T @ error / 8
    weights = state["weights"] - 0.05 * momentum
    return {"step": state["step"] + 1, "weights": weights, "momentum": momentum}


def summarise(note, *weights):
    return {"mean": np.mean(weights, axis=0).tolist(), "note": note}


def linger(lingers, table):
    """Take until a file is there; the table is there when the members can start."""
    del table
    deadline = time.monotonic() + 100
    while not Path(lingers).exists():
        if time.monotonic() > deadline:
            raise TimeoutError(lingers)
        time.sleep(0.05)
    return "lingered"


def peek(note):
    return note
