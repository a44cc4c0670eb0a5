"""Functions that are not our model, as a user might write them; worker processes import them."""

from __future__ import annotations

import math
import os
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def drawn(parameters: dict[str, Any], seed: int) -> dict[str, float]:
    """Return numbers that depend on parameters and seed alone, and note that it was called, if asked to."""
    if "notes" in parameters:
        handle = os.open(parameters["notes"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(handle, f"{seed}\n".encode())
        os.close(handle)
    rng = random.Random(seed)
    return {"sum": parameters.get("shift", 0.0) + rng.gauss(0, 1), "is_even": seed % 2 == 0}


def changed(parameters: dict[str, Any], seed: int) -> dict[str, float]:
    """Change the parameters in place."""
    parameters["list"].append(seed)
    return {"length": len(parameters["list"])}


def broken(parameters: dict[str, Any], seed: int) -> dict[str, float]:
    """Raise at some seeds, as long as a file is there."""
    if seed in parameters["seeds"] and Path(parameters["while"]).exists():
        raise ValueError(f"no luck with {seed}")
    return {"seed_again": seed}


def returned(parameters: dict[str, Any], seed: int) -> Any:
    """Return the value of an expression."""
    return eval(parameters["expression"], {"math": math, "seed": seed})


def slept(parameters: dict[str, Any], seed: int) -> Mapping[str, float]:
    """Die, or never come back, at one seed."""
    if seed == parameters["seed"]:
        if parameters["dies"]:
            os._exit(9)
        import time

        time.sleep(600)
    return {"x": seed}


class Model:
    """A model whose class is the function, and one of its methods."""

    def method(self, parameters: dict[str, Any], seed: int) -> dict[str, float]:
        return {"x": seed}


def within() -> Any:
    """Return a function that no process can import."""

    def inner(parameters: dict[str, Any], seed: int) -> dict[str, float]:
        return {"x": seed}

    return inner
