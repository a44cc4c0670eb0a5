"""Compare the time and memory of this package with those of others on one common task, and write what was found.

Every peer is a script of this folder that runs in a process and an environment of its own, which uv makes from the
script's header and keeps in its cache. A peer is timed only where its mean curve is ours.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "docs"))

import machine
import numpy as np
from page_blocks import write_blocks
from task import write_task

HERE = Path(__file__).parent
DOCUMENT = HERE.parents[1] / "docs" / "performance.md"
BLOCK = "peers"

SIZES = (5_301, 53_010, 530_100)
OURS = "ours"
PEERS = {
    OURS: "hypercluster",
    "c_loop": "plain loop in C",
    "rust_loop": "plain loop in Rust",
    "numba_loop": "plain loop, numba",
    "jax_arrays": "JAX",
    "numpy_scipy": "NumPy and SciPy",
    "laser_component": "LASER (laser-generic)",
    "mesa_fastest": "Mesa, at its fastest",
    "mesa_frames_tables": "mesa-frames",
    "starsim_disease": "Starsim",
    "ndlib_model": "NDlib",
    "mesa_usual": "Mesa, as usually written",
    "agentpy_model": "AgentPy",
}
RUNS = 7
OUR_CHECK_RUNS, CHECK_RUNS = 100, 20
"""Replications of which a mean curve is made before times are taken."""
SECONDS = 30.0
"""Seconds after which a process begins no further replication; a size that would take longer for one is left out."""
MOST_APART = 5.0
"""Standard errors by which two mean curves may differ at their worst step."""


class PeerError(Exception):
    """A peer could not run; the message is the reason."""


def run_peer(name, folder, runs):
    """Return what a peer printed about its replications of the task in a folder; see ``common.main``."""
    if name == OURS:
        command = [sys.executable]
    else:
        uv = os.environ.get("UV") or shutil.which("uv")
        if uv is None:
            raise PeerError("uv is not there")
        command = [uv, "run", "--quiet", "--no-project", "--script"]
    command += [str(HERE / f"{name}.py"), str(folder), str(runs), str(SECONDS)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20 * SECONDS)
    except subprocess.TimeoutExpired:
        raise PeerError(f"not finished after {20 * SECONDS:.0f} s") from None
    if done.returncode:
        said = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        raise PeerError(said[-1] if said else f"ended with {done.returncode}")
    return json.loads(done.stdout.splitlines()[-1])


def apart(curves, ours):
    """Return the largest distance of two mean curves over all steps, in standard errors.

    Parameters
    ----------
    curves, ours : int, shape (runs, steps)
        Adopters. The variance is that of ours, which has more runs, and at least that of one enterprise.
    """
    curves, ours = np.asarray(curves, dtype=float), np.asarray(ours, dtype=float)
    deviation = np.maximum(ours.std(axis=0, ddof=1), 1.0)
    error = deviation * np.sqrt(1 / len(curves) + 1 / len(ours))
    return float(np.max(np.abs(curves.mean(axis=0) - ours.mean(axis=0)) / error))


def measure(sizes, tasks):
    """Return what was found, {peer: {size: result}}, and why what is missing is missing, {peer: {size: reason}}."""
    found = {name: {} for name in PEERS}
    missing = {name: {} for name in PEERS}
    curves = run_peer(OURS, tasks[sizes[0]], OUR_CHECK_RUNS)["curves"]
    for name, results in found.items():
        try:
            if name != OURS:
                off = apart(run_peer(name, tasks[sizes[0]], CHECK_RUNS)["curves"], curves)
                if off > MOST_APART:
                    raise PeerError(
                        f"its mean curve is {off:.0f} standard errors from ours, so it has no times"
                    )
            for size in sizes:
                growth = size / max(results, default=size)
                last = results[max(results)] if results else {"wall": 0.0, "start": 0.0}
                expected = growth * (last["wall"] + last["start"])
                if expected > SECONDS:
                    missing[name][size] = f"a replication would take about {expected:.0f} s"
                    continue
                print(f"{PEERS[name]}, {size:,} enterprises", file=sys.stderr, flush=True)
                results[size] = run_peer(name, tasks[size], RUNS)
        except PeerError as error:
            missing[name] |= dict.fromkeys((size for size in sizes if size not in results), str(error))
    return found, missing


def table(size, found, missing):
    """Return the table of one size, in the order of CPU time."""
    ours = found[OURS][size]
    lines = [
        f"### {size:,} enterprises",
        "",
        "| peer | months, CPU ms | of ours | months, wall ms | of ours | peak MB | of ours | start, CPU ms "
        "| compilation, CPU s |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    there = [name for name in PEERS if size in found[name]]
    for name in sorted(there, key=lambda name: found[name][size]["cpu"]):
        peer = found[name][size]
        cells = [PEERS[name] if name != OURS else f"**{PEERS[name]}**"]
        for key, unit in (("cpu", 1e3), ("wall", 1e3), ("peak", 1e-6)):
            cells += [f"{unit * peer[key]:,.3g}".rstrip("."), f"{peer[key] / ours[key]:.3g}"]
        cells += [f"{1e3 * peer['start']:,.3g}", f"{max(peer['fixed'], 0.0):.1f}"]
        lines.append("| " + " | ".join(plain(cell) for cell in cells) + " |")
    lines += ["", *(f"- {PEERS[name]}: {why[size]}." for name, why in missing.items() if size in why)]
    return "\n".join(lines).rstrip()


def plain(cell):
    """Write 1.2e+03 as 1,200."""
    return f"{float(cell):,.0f}" if "e+" in cell else cell


def bounds(sizes, found):
    """Return the table of what bounds the months: bytes moved, and the rates of this machine at these sizes."""
    lines = [
        "| enterprises | visits | raised hazards | triad, GB/s | gather, ns | least time by these, ms "
        "| C loop, ms | ours, ms |",
        "|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for size in sizes:
        curve = np.mean(found[OURS][size]["curves"], axis=0)
        visits = size + float(np.sum(size - curve[:-1]))
        raised = 10 * float(curve[-1])
        rate, gather = machine.triad(size), machine.gather(size)
        least = visits * machine.BYTES_OF_A_VISIT / rate + raised * gather
        c = found["c_loop"].get(size)
        cells = [
            f"{size:,}",
            *(
                f"{visits:,.0f}",
                f"{raised:,.0f}",
                f"{rate / 1e9:.1f}",
                f"{gather * 1e9:.2f}",
                f"{1e3 * least:.3g}",
            ),
            f"{1e3 * c['cpu']:.3g}" if c else "",
            f"{1e3 * found[OURS][size]['cpu']:.3g}",
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def report(sizes, found, missing, load):
    """Return what is written into the documentation, as Markdown."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    busy = load[0] > 0.25 * cores
    if busy:
        state = (
            "**Other programs were using the machine, so these are not clean times**: compare ratios only, and "
            "only large ones"
        )
    else:
        state = "the machine was otherwise idle"
    steps, runs = len(found[OURS][sizes[0]]["curves"][0]), RUNS
    return "\n\n".join(
        [
            f"Measured on {cores} cores ({machine.processor()}), Python {platform.python_version()}. The load "
            f"average was {load[0]:.1f} before and {os.getloadavg()[0]:.1f} after; {state}.",
            f"The months are all {steps} steps of one replication: the median of at most {runs}. The start is what a "
            "replication needs before them: agents, thresholds, network; the graph has been read. Compilation is "
            "what the first replication takes beyond the others, with what the cache of compiled code spares. Peak "
            "memory is that of the whole process, with interpreter and libraries.",
            *(table(size, found, missing) for size in sizes),
            "### What bounds the months",
            bounds(sizes, found),
            "A visit is one enterprise that has not adopted in one step; the plain loop moves "
            f"{machine.BYTES_OF_A_VISIT} bytes for it, in order. An adopter raises the hazard of ten partners, in no "
            "order. The triad (a = b + s c) and the gather (a sum over a random order) run over arrays of as many "
            "numbers as there are enterprises, so small ones are in the cache. The least time is bytes by the rate "
            "of the triad, and raised hazards by the time of a gather.",
        ]
    )


def main(sizes=SIZES):
    """Measure all peers, print the report, and write it into docs/performance.md."""
    load = os.getloadavg()
    with tempfile.TemporaryDirectory() as folder:
        tasks = {size: write_task(Path(folder) / str(size), size) for size in sizes}
        text = report(sizes, *measure(sizes, tasks), load)
    print(text)
    write_blocks(DOCUMENT, {BLOCK: text})
