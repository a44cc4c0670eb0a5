"""Two policies side by side on the map, month by month and with the same random draws, as a GIF or MP4."""

from __future__ import annotations

import errno
import io
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CalledProcessError
from typing import Literal

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.animation import FFMpegWriter
from matplotlib.colors import to_rgb
from PIL import Image
from scipy.spatial import cKDTree

from simulation.arguments import seed_of
from simulation.errors import MachineError, ResultsError, listed, suggestion
from simulation.figures.drawing.inputs import without_outlines
from simulation.figures.drawing.letters import missing_in_words
from simulation.figures.drawing.style import SHARE_MAP, style
from simulation.figures.film.scene import SHADES, WIDTH_PX, Scene, draw_frame, new_page, read_scene
from simulation.files.durable import NO_ROOM
from simulation.results.derived import FIGURES, HERE, outputs_of
from simulation.results.reader import Results
from simulation.world import Array

Format = Literal["gif", "mp4"]
Progress = Callable[[int, int], None]
"""Called after each frame with the number of frames drawn and the number of all."""

FRAMES_PER_SECOND = 8
LAST_FRAME_SECONDS = 3.0
_TOO_LARGE = getattr(signal, "SIGXFSZ", None)
"""The signal for a file larger than it may be."""


def animate(
    results: Results | str | Path,
    scenarios: tuple[str, str],
    *,
    seed: int | None = None,
    file_format: Format = "gif",
    progress: Progress | None = None,
    note: Callable[[str], None] | None = None,
) -> list[Path]:
    """Write an animation of two scenarios into the folder ``figures`` of their results; return the files written.

    Parameters
    ----------
    results
        A study or its folder.
    scenarios
        The scenarios on the left and on the right.
    seed
        The replication to show; by default the first that both have.
    file_format
        "gif" or "mp4", which needs the program ffmpeg.
    progress
        Called after each frame.
    note
        Called with a sentence if the map is drawn without outlines, because their file cannot be used, or if no font
        has some letters of names and titles.

    Returns
    -------
    list of Path
        The animation, the numbers that it shows as CSV, and its caption as Markdown.

    Raises
    ------
    ResultsError
        If a scenario or seed is missing, the two cannot be compared, or ffmpeg is missing or fails.

    Examples
    --------
    >>> animate("results/study", ("regional_cluster", "hypercluster"))
    """
    seed = None if seed is None else seed_of(seed)
    study = results if isinstance(results, Results) else Results(results)
    if file_format == "mp4" and shutil.which("ffmpeg") is None:
        raise ResultsError("MP4 needs the program ffmpeg, which is not installed here; take the format gif")
    options = [] if seed is None else ["--seed", str(seed)]
    options += [] if file_format == "gif" else ["--format", file_format]
    outputs = outputs_of(study, "animate", HERE, "--scenario", *scenarios, *options)
    scene = read_scene(study, scenarios, seed=_seed(study, scenarios, seed))
    if note is not None and scene.outlines_fault:
        note(f"the animation is drawn without outlines; {scene.outlines_fault}")
    if note is not None and (
        letters := missing_in_words([*scene.region_names, *(side.label for side in scene.sides)])
    ):
        note(letters)
    stem = f"{FIGURES}/animation_{scenarios[0]}_{scenarios[1]}"
    write = {"gif": _write_gif, "mp4": _write_mp4}[file_format]
    with style(), outputs.placed(f"{stem}.{file_format}") as path:
        write(scene, path, progress=progress)
    table = numbers(scene).to_csv(index=False, lineterminator="\n")
    beside = outputs.write({f"{stem}.csv": table.encode(), f"{stem}.md": _caption(scene).encode()})
    return [study.path / f"{stem}.{file_format}", *beside]


def _seed(study: Results, scenarios: tuple[str, str], seed: int | None) -> int:
    seed = None if seed is None else seed_of(seed)
    known = study.scenarios
    for name in scenarios:
        if name not in known:
            raise ResultsError(
                f"{study.path}: no scenario {name!r}{suggestion(name, known)}; there are {listed(known)}"
            )
    runs = study.runs(["scenario", "seed"])
    both = set.intersection(*(set(runs.loc[runs["scenario"] == name, "seed"]) for name in scenarios))
    if not both:
        raise ResultsError(
            f"{study.path}: {listed(scenarios)} have no seed in common, so they cannot be compared"
        )
    if seed is not None and seed not in both:
        raise ResultsError(
            f"{study.path}: no replication with seed {seed} of both {listed(scenarios)} is here"
        )
    return int(min(both)) if seed is None else seed


def _write_gif(scene: Scene, path: Path, *, progress: Progress | None) -> None:
    palette = _palette(scene)
    frames = [_indexed(frame, palette) for frame in _frames(scene, progress=progress)]
    durations = [1000 // FRAMES_PER_SECOND] * (len(frames) - 1) + [round(1000 * LAST_FRAME_SECONDS)]
    frames[0].save(
        path,
        save_all=True,
        append_images=frames[1:],
        duration=durations,
        loop=0,
        optimize=False,
        format="gif",
    )


def _palette(scene: Scene) -> Array:
    """Colours of all frames, uint8 (256, 3): all shades of the shares, greys, and the lines of the two scenarios.

    All frames share one palette, so that parts that do not change do not flicker.
    """
    shades = colormaps[SHARE_MAP](np.linspace(0, 1, SHADES))[:, :3]
    lines = [np.array(to_rgb(side.look.colour)) for side in scene.sides]
    # The edges of letters and lines blend with the paper.
    blends = [1 - part * (1 - line) for line in lines for part in np.linspace(0.25, 1, 4)]
    greys = np.repeat(np.linspace(0, 1, 256 - SHADES - len(blends))[:, None], 3, axis=1)
    return np.round(255 * np.concatenate([shades, blends, greys])).astype(np.uint8)


def _indexed(frame: Array, palette: Array) -> Image.Image:
    """The picture with every pixel in the nearest colour of the palette."""
    packed = frame.astype(np.int32) @ np.array([1 << 16, 1 << 8, 1], dtype=np.int32)
    colours, place = np.unique(packed, return_inverse=True)
    rgb = np.stack([colours >> 16, colours >> 8 & 255, colours & 255], axis=1)
    _, nearest = cKDTree(palette).query(rgb)
    image = Image.fromarray(nearest.astype(np.uint8)[place].reshape(packed.shape), mode="P")
    image.putpalette(palette.ravel().tolist())
    return image


def _frames(scene: Scene, *, progress: Progress | None) -> Iterator[Array]:
    """Pictures in the order of time, uint8 (height, width, 3)."""
    months = scene.frames
    page = new_page(scene)
    for done, month in enumerate(months, start=1):
        draw_frame(page, scene, month)
        buffer = io.BytesIO()
        page.figure.savefig(buffer, format="rgba", dpi=page.figure.dpi)
        pixels = np.frombuffer(buffer.getvalue(), dtype=np.uint8)
        yield pixels.reshape(-1, WIDTH_PX, 4)[:, :, :3]
        if progress is not None:
            progress(done, len(months))


def _write_mp4(scene: Scene, path: Path, *, progress: Progress | None) -> None:
    months = scene.frames
    months += [months[-1]] * round(LAST_FRAME_SECONDS * FRAMES_PER_SECOND)
    page = new_page(scene)
    writer = FFMpegWriter(
        fps=FRAMES_PER_SECOND, codec="h264", extra_args=["-pix_fmt", "yuv420p", "-f", "mp4"]
    )
    try:
        with writer.saving(page.figure, str(path), page.figure.dpi):
            for done, month in enumerate(months, start=1):
                draw_frame(page, scene, month)
                writer.grab_frame()
                if progress is not None:
                    progress(done, len(months))
    except (CalledProcessError, BrokenPipeError) as error:
        if isinstance(error.__context__, KeyboardInterrupt):  # Ctrl-C reaches ffmpeg as well
            raise error.__context__ from None
        raise _why(error, path) from None


def _why(error: CalledProcessError | BrokenPipeError, path: Path) -> Exception:
    """Return why ffmpeg failed: a full disk, a signal, or what it says itself; some builds have no H.264."""
    words = str(getattr(error, "stderr", None) or error).strip()
    ended_by = max(-getattr(error, "returncode", 0), 0)  # a signal, or 0
    for number in NO_ROOM:
        if os.strerror(number) in words or (number == errno.EFBIG and ended_by == _TOO_LARGE):
            return OSError(number, os.strerror(number), str(path))
    if ended_by:
        return MachineError(f"{path.parent}: ffmpeg was ended by signal {ended_by}; memory may be short")
    return ResultsError(
        f"{path.parent}: ffmpeg could not write it: {words.splitlines()[-1]}; take the format gif"
    )


def numbers(scene: Scene) -> pd.DataFrame:
    """What the frames show: scenario, month, region, adoption_share, member_share, pooled_share, synchronization."""
    frames = [
        pd.DataFrame(
            {
                "scenario": side.name,
                "seed": scene.seed,
                "month": month,
                "region": side.film.counts.regions,
                "adoption_share": side.film.regional[month],
                "member_share": side.film.member_share(month),
                "pooled_share": side.film.pooled[month],
                "synchronization": side.synchronization[month],
            }
        )
        for side in scene.sides
        for month in scene.frames
    ]
    return pd.concat(frames, ignore_index=True)


def _caption(scene: Scene) -> str:
    first, second = scene.sides
    years = scene.last / scene.steps_per_year
    return f"""**{first.label} and {second.label} on the map.** One replication of each, seed {scene.seed}, over
{years:g} years; with one seed both share their random draws, so all differences are due to the policies. Colour of
regions and bubbles: adopters over eligible enterprises of the technologies released so far, standardized over
technologies and industries. Bubbles: enterprises. Rings: members of a platform, of those who may join. Lines: members
that two regions have on one platform. The pooled share falls when a technology is released that none has adopted
yet. 1 − Φ so far is its value if the run had ended there.{without_outlines(scene.outlines_fault)}

- {first.label}: digest {first.digest[:12]}
- {second.label}: digest {second.digest[:12]}

hypercluster {scene.version}
"""
