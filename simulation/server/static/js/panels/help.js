// Keys, and what the pictures mean.
import { dialog, el } from "../dom.js";

/** @type {[keys: string[], text: string][]} */
const KEYS = [
  [["space"], "play or pause"],
  [["←", "→"], "one month back or forward; with shift, one year"],
  [["Page up", "Page down"], "one year back or forward"],
  [["Home", "End"], "go to the start or the end"],
  [["d"], "show or hide the difference A − B"],
  [["r"], "time since the start, or since release"],
  [["t"], "show maps or tiles"],
  [["Esc"], "reduce an enlarged figure, close a dialog"],
  [["?"], "this help"],
];

const WORDS = [
  [
    "Common random numbers",
    "Both sides use the same seed, and therefore the same enterprises, thresholds and releases. The runs are identical until the policies differ; all later differences are caused by the policies alone.",
  ],
  [
    "Adoption share",
    "Adoptions over all eligible pairs of enterprise and technology. Since the start: raw counts; technologies that are not yet released count as not adopted. After release: the time of each technology counts from its own release, and regions are standardized to the same mix of industries and technologies, up to the end of the common window; t50, Φ and W1 are computed from these shares. If enterprises enter and leave, both numbers count the enterprises present in the month, so a share can fall.",
  ],
  [
    "Raster",
    "Each row is a region, from west to east. A dot marks the time at which half of the eligible pairs have adopted; an open dot at the right edge means that half is not reached. The dashed line shows all regions together. If the dots form a vertical line, the regions are synchronized.",
  ],
  [
    "Φ (Phi), and 1 − Φ",
    "Φ is the share of the variance of adoption that lies between regions, so far. 1 − Φ is the synchronization; it is 1 if all regions adopt at the same time. Consider it together with t50: regions that all adopt late are synchronized, too.",
  ],
  ["W1", "Mean area between the curves of two regions, in years: how far one lags behind the other."],
  [
    "Assumptions",
    "Digital readiness, costs and the effects of policies are assumptions, not data. The scenario files and the documentation give their sources.",
  ],
];

/** What the answer means by other worlds. */
export function explainWorlds() {
  dialog(
    "What does “worlds” mean?",
    el(
      "p",
      {},
      "The model needs numbers that nobody has measured: how far contact reaches, how ready regions are, what a policy does. We drew thousands of sets of such numbers, each from a range that we find plausible, and kept those under which adoption without any policy looks as it does in reality. Each such set is a world. In each world both policies ran with the same random draws.",
    ),
    el(
      "p",
      {},
      "“In 35 of 100 worlds” says for how many of these sets the answer holds. It is not a probability: the ranges are judgements. Where an answer holds in more than 10 and fewer than 90 of 100, we say that it depends.",
    ),
  );
}

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
