// Keys, and what the pictures mean.
import { dialog, el } from "../dom.js";

/** @type {[keys: string[], text: string][]} */
const KEYS = [
  [["space"], "play or pause"],
  [["←", "→"], "one month back or on; with shift, a year"],
  [["Page up", "Page down"], "a year back or on"],
  [["Home", "End"], "to the start or the end"],
  [["d"], "difference A − B beside the rasters"],
  [["r"], "time since the start, or after release"],
  [["t"], "map or tiles"],
  [["Esc"], "make an enlarged figure small again, close a dialog"],
  [["?"], "this"],
];

const WORDS = [
  [
    "Common random numbers",
    "Both sides use one seed: the same enterprises, thresholds and releases. As long as nothing differs between the two policies, the runs are identical; what differs later comes from the policies alone.",
  ],
  [
    "Adoption share",
    "Adoptions over all eligible pairs of enterprise and technology. Since the start: raw counts, technologies not yet released count as not adopted. After release: every technology from its own release on, regions standardized to one mix of industries and technologies, up to the common window; that is what t50, Φ and W1 are computed from. Where enterprises enter and leave, both numbers are of those who are there in the month, so that a share can fall.",
  ],
  [
    "Raster",
    "One row is a region, west to east. A dot marks when half have adopted, an open dot at the right edge that it was not reached; the dashed line is all regions together. Dots in a vertical line: the regions adopt together.",
  ],
  [
    "Φ (Phi), and 1 − Φ",
    "Share of the variance in who has adopted by when that lies between regions, so far. 1 − Φ is the synchronization: 1 if all regions adopt at once. Look at it together with t50: everybody late is synchronized, too.",
  ],
  ["W1", "Mean area between the curves of two regions, years: how far one lags behind the other."],
  [
    "Digital readiness and costs",
    "are assumptions, not data. So is what each policy does; the scenario files and the documentation give their sources.",
  ],
];

export function showHelp() {
  dialog(
    "Keys and explanations",
    el(
      "table",
      {},
      el(
        "tbody",
        {},
        KEYS.map(([keys, text]) =>
          el(
            "tr",
            {},
            el(
              "td",
              {},
              keys.flatMap((key) => [el("kbd", {}, key), " "]),
            ),
            el("td", {}, text),
          ),
        ),
      ),
    ),
    WORDS.flatMap(([title, text]) => [el("h3", {}, title), el("p", {}, text)]),
  );
}
