"""What the page costs in a real browser: first picture, a step, a change, pictures a second.

    uv run python tests/benchmark_page.py [--write]

Needs Chromium. Everything is measured inside the page, with the server on the same machine: from the click to the frame
after the one in which the figures were drawn. ``--write`` puts the table into docs/browser.md.
"""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
from itertools import pairwise
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parent / "support"))

from measurements import publish
from visits import serving, visit

STATE = "#a=regional_cluster&b=hypercluster&seed="
REPEATS = 9

FIRST = """() => new Promise(done => {
    const clock = document.getElementById("clock");
    const look = () => clock.textContent ? requestAnimationFrame(() => done(performance.now())) : setTimeout(look, 1);
    look();
})"""
ANSWER = """() => new Promise(done => {
    const answer = document.getElementById("answer");
    const look = () => answer.ariaBusy === "false" ? done(performance.now()) : setTimeout(look, 1);
    look();
})"""
ANSWERED = """([selector, value]) => new Promise(done => {
    const began = performance.now();
    const answer = document.getElementById("answer");
    const busy = new MutationObserver(() => {
        if (answer.ariaBusy === "true") return;
        busy.disconnect();
        requestAnimationFrame(() => done(performance.now() - began));
    });
    busy.observe(answer, { attributes: true, attributeFilter: ["aria-busy"] });
    const field = document.querySelector(selector);
    field.value = value;
    field.dispatchEvent(new Event("change"));
})"""
AFTER = """([selector, act]) => new Promise(done => {
    const began = performance.now();
    const watched = document.querySelector(selector);
    new MutationObserver((_, observer) => {
        observer.disconnect();
        requestAnimationFrame(() => done(performance.now() - began));
    }).observe(watched, { childList: true, characterData: true, subtree: true });
    const target = document.querySelector(act.selector);
    if (act.value === undefined) target.click();
    else { target.value = act.value; target.dispatchEvent(new Event("change")); }
})"""
PLAY = """() => new Promise(done => {
    const times = [];
    new MutationObserver(() => times.push(performance.now()))
        .observe(document.getElementById("clock"), { childList: true, characterData: true, subtree: true });
    const play = document.getElementById("play");
    play.click();
    const stop = setInterval(() => {
        if (play.textContent.trim() === "Pause") return;
        clearInterval(stop);
        done(times);
    }, 100);
})"""


def after(page: Page, watched: str, target: str, value: object = None) -> float:
    """Milliseconds from a click on the target, or a new value in it, to the picture."""
    act = {"selector": target} | ({} if value is None else {"value": value})
    took: float = page.evaluate(AFTER, [watched, act])
    return took


def in_ms(values: list[float]) -> str:
    """Return cells of the table: median and worst."""
    return f"{statistics.median(values):.0f} ms | {max(values):.0f} ms"


def main() -> None:
    chromium = shutil.which("chromium")
    assert chromium is not None, "no Chromium here"
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder) / "results") as address,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        first, answers, steps, changes, answered, rates, gaps = [], [], [], [], [], [], []
        for seed in range(1, REPEATS + 1):
            here = visit(browser, address, size={"width": 1440, "height": 900})
            here.page.goto(f"{here.address}{STATE}{seed}")
            first.append(here.page.evaluate(FIRST))
            answers.append(here.page.evaluate(ANSWER))
            here.page.locator("#start").click()
            here.at(0)
            steps += [after(here.page, "#clock", "#step") for _ in range(6)]
            here.page.locator("#end").click()
            here.at(20)
            here.page.locator("#open-change").click()
            field = '[data-key="policies[0].budget"]'
            changes.append(after(here.page, "#changes-a", field, 1000 + seed))
            here.answered()
            answered.append(here.page.evaluate(ANSWERED, [field, 2000 + seed]))
            here.page.locator("#close-drawer").click()
            here.page.locator("#start").click()
            here.page.locator("#speed").select_option("60")
            here.at(0)
            times = here.page.evaluate(PLAY)
            rates.append(1000 * (len(times) - 1) / (times[-1] - times[0]))
            gaps += [late - early for early, late in pairwise(times)]
            here.leave()
        browser.close()
    rows = {
        "first picture, of the end of the run, from navigation": in_ms(first),
        "first answer, from navigation": in_ms(answers),
        "a step, from click to picture": in_ms(steps),
        "a changed budget at the end of the run, from the field to the answer": in_ms(answered),
        "the same, to the picture of the end": in_ms(changes),
        "between two pictures while playing 60 months a second": in_ms(gaps),
        "pictures a second while playing, two national models": (
            f"{statistics.median(rates):.0f} | {min(rates):.0f}"
        ),
    }
    lines = [
        "| | median | worst |",
        "|---|---|---|",
        *(f"| {what} | {took} |" for what, took in rows.items()),
    ]
    publish("browser.md", {"page": "\n".join(lines)}, sys.argv)


if __name__ == "__main__":
    main()
