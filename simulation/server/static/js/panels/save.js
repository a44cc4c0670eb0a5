// The dialog that saves: a figure, all figures' numbers, or the scenarios.
import { dialog, el } from "../dom.js";
import { csvOf, curvesTable, nameOfFile, pngOf, saveFile, svgOf } from "../model/save.js";

/** @import { Scene } from "../scene.js" */
/** @import { Card } from "./card.js" */

/** Size of a saved figure: that on the screen, but no smaller than can be read. @param {Card} card */
function sizeOf(card) {
  const { clientWidth: width, clientHeight: height } = card.canvas;
  return { width: Math.max(320, width), height: Math.max(200, height) };
}

/** Offer one figure as SVG, PNG and CSV. @param {Card} card @param {() => Scene} lightScene */
export function saveFigure(card, lightScene) {
  const { figure } = card;
  const box = dialog(
    `Save: ${figure.title}`,
    el(
      "div",
      { className: "row" },
      figureButtons(card, lightScene, () => box.close()),
    ),
  );
}

/** @param {Card} card @param {() => Scene} lightScene @param {() => void} done */
function figureButtons(card, lightScene, done) {
  const { figure } = card;
  /** @type {(format: string, act: (scene: Scene) => void) => HTMLButtonElement} */
  const button = (format, act) =>
    el(
      "button",
      {
        type: "button",
        "aria-label": `${figure.title} as ${format}`,
        onclick: () => {
          act(lightScene());
          done();
        },
      },
      format,
    );
  return [
    button("SVG", (scene) =>
      saveFile(`${nameOfFile(scene, figure.name)}.svg`, svgOf(figure, sizeOf(card), scene), "image/svg+xml"),
    ),
    button("PNG", (scene) =>
      saveFile(`${nameOfFile(scene, figure.name)}.png`, pngOf(figure, sizeOf(card), scene), "image/png"),
    ),
    button("CSV", (scene) =>
      saveFile(`${nameOfFile(scene, figure.name)}.csv`, csvOf(figure.table(scene)), "text/csv"),
    ),
  ];
}

/**
 * Offer everything: figures, all counts, and the scenarios as files that the command line takes.
 *
 * @param {Card[]} cards
 * @param {{lightScene: () => Scene, connection: import("../model/connection.js").Connection, command: string,
 *   failed: (error: unknown) => void}} page
 */
export function saveAll(cards, { lightScene, connection, command, failed }) {
  const scene = lightScene();
  const saveToml = async (/** @type {string} */ name) => {
    try {
      const file = await connection.request({ type: "toml", side: name });
      saveFile(file.name, file.text, "application/toml");
    } catch (error) {
      box.close();
      failed(error);
    }
  };
  const box = dialog(
    "Save",
    el("h3", {}, "Scenarios as files for hypercluster run"),
    el(
      "div",
      { className: "row" },
      scene.sides
        .filter(([, side]) => side.world.live)
        .map(([name]) =>
          el("button", { type: "button", onclick: () => saveToml(name) }, `${scene.labels[name]}: TOML`),
        ),
    ),
    command && el("p", { className: "soft" }, "The equivalent command:"),
    command && el("pre", { className: "command" }, command),
    el("h3", {}, "Numbers up to this month"),
    el(
      "div",
      { className: "row" },
      el(
        "button",
        {
          type: "button",
          onclick: () =>
            saveFile(`${nameOfFile(scene, "counts")}.csv`, csvOf(curvesTable(lightScene())), "text/csv"),
        },
        "All counts by region and technology: CSV",
      ),
    ),
    el("h3", {}, "Figures as currently shown"),
    el(
      "table",
      {},
      el(
        "tbody",
        {},
        cards.map((card) =>
          el(
            "tr",
            {},
            el("th", { scope: "row" }, card.figure.title),
            el(
              "td",
              {},
              el(
                "span",
                { className: "row" },
                figureButtons(card, lightScene, () => {}),
              ),
            ),
          ),
        ),
      ),
    ),
  );
}
