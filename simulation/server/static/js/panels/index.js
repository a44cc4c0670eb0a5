// All panels of the drawer, in the order of their tabs. A panel is a file beside this one and a line here.
import { drawLedger } from "./ledger.js";

/**
 * What panels draw from: the scene of the moment (null before the first picture), and what acts.
 *
 * @typedef {object} Page
 * @property {import("../scene.js").Scene | null} scene
 * @property {import("./forms.js").Forms} forms
 * @property {import("./inspector.js").Inspector} inspector
 * @property {import("./study.js").Study} study
 * @property {import("./why.js").Why} why
 * @property {import("./pins.js").Pins} pins
 */

/**
 * @typedef {object} Panel
 * @property {string} tab  its name in the state of the page and in ids: `#tab-money`, `#panel-money`
 * @property {string} title  what its tab says
 * @property {string[]} [figures]  names of the figures that stand above its box
 * @property {boolean} [figuresLast]  whether they stand below it
 * @property {(box: HTMLElement, page: Page & {scene: import("../scene.js").Scene}) => void} render
 *   fills its box; called when it comes into sight, and when the sides are others
 * @property {boolean} [follows]  whether it shows the month and the region: rendered, too, once the picture stands still
 * @property {boolean} [opener]  whether the row below the pictures has a button for it, `#open-change`
 */

/** @type {Panel[]} */
export const PANELS = [
  {
    tab: "why",
    title: "Why?",
    opener: true,
    figures: ["attribution", "members"],
    figuresLast: true,
    render: (box, { scene, why }) => why.render(box, scene),
  },
  {
    tab: "sure",
    title: "How sure?",
    opener: true,
    figures: ["phi", "w1"],
    figuresLast: true,
    render: (_, { study }) => study.render(),
  },
  {
    tab: "money",
    title: "Money",
    opener: true,
    follows: true,
    figures: ["money"],
    render: (box, { scene }) => drawLedger(box, scene),
  },
  { tab: "change", title: "Assumptions", opener: true, render: (_, { forms }) => forms.render() },
  { tab: "inspect", title: "Inspect", follows: true, render: (_, { inspector }) => inspector.render() },
  {
    tab: "pins",
    title: "More than two",
    follows: true,
    render: (box, { scene, pins }) => pins.render(box, scene),
  },
];
