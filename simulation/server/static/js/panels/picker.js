// The dialog that chooses a scenario: search, groups with a line on each, results, and files of the user's own.
import { dialog, el, messageOf } from "../dom.js";

/** @import { SideName } from "../model/address.js" */
/** @import { Entry, Welcome } from "./top.js" */
/** @typedef {{name: string, text: string}} Sent */

const KINDS = /\.(toml|csv|geojson)$/i;
const MOST_FILES = 60;
const MOST_BYTES = 900_000; // of a message of a megabyte

/**
 * Open the dialog. `choose(value)` opens a scenario by its name, "folder/scenario" or "none"; `send(files)` gives the
 * server files of the user's own, and returns the entries of the scenarios among them.
 *
 * @param {{side: SideName, chosen: string, welcome: Welcome, choose: (value: string) => void,
 *   send: (files: Sent[]) => Promise<Entry[]>}} what
 */
export function openPicker({ side, chosen, welcome, choose, send }) {
  const search = el("input", { type: "search", placeholder: "Search", "aria-label": "Search scenarios" });
  const list = el("div", { className: "groups" });
  const none = el("p", { className: "soft", role: "status", hidden: true }, "Nothing has these words.");
  const pick = (/** @type {string} */ value) => {
    box.close();
    choose(value);
  };
  for (const [title, entries] of groupsOf(welcome)) {
    const rows = entries.map((entry) => rowOf(entry, { chosen, pick }));
    list.append(el("section", { "aria-label": title }, el("h3", {}, title), rows));
  }
  search.oninput = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const section of list.querySelectorAll("section")) {
      for (const row of section.querySelectorAll("button")) {
        const text = `${section.ariaLabel} ${row.textContent} ${row.dataset.words}`.toLowerCase();
        row.hidden = !words.every((word) => text.includes(word));
      }
      section.hidden = !section.querySelector("button:not([hidden])");
    }
    none.hidden = Boolean(list.querySelector("section:not([hidden])"));
  };
  search.onkeydown = (event) => {
    if (event.key !== "Enter") return;
    const first = list.querySelector("section:not([hidden]) button:not([hidden]):not(:disabled)");
    if (first instanceof HTMLButtonElement) first.click();
  };
  const box = dialog(
    `Scenario ${side.toUpperCase()}`,
    search,
    none,
    list,
    ownFiles(async (files) => {
      const [first] = await send(files);
      pick(first.name);
    }),
    el("button", { type: "button", onclick: () => pick("none") }, "Show nothing on this side"),
  );
  box.classList.add("picker");
  search.focus();
}

/** @typedef {{value: string, title: string, summary: string, words: string, problem: string}} Row */

/** Entries below their headings, in their order. @param {Welcome} welcome @returns {Map<string, Row[]>} */
function groupsOf({ scenarios, results }) {
  /** @type {Map<string, Row[]>} */
  const groups = new Map();
  for (const { name, title, group, summary, description, own, problem } of scenarios) {
    const heading = own || !group.startsWith("Your own") ? group : `“${group}”`;
    groups.set(heading, [
      ...(groups.get(heading) ?? []),
      { value: name, title: title || name, summary, words: `${name} ${description}`, problem },
    ]);
  }
  for (const { name, title, problem, scenarios: runs } of results) {
    const broken = { value: "", title: name, summary: "", words: "", problem };
    const rows = runs.map((run) => ({
      value: `${name}/${run.name}`,
      title: run.title || run.name,
      summary: `replay, ${run.seeds.length} replications`,
      words: run.name,
      problem: "",
    }));
    if (problem || rows.length)
      groups.set(`Results: ${name}${title ? `, ${title}` : ""}`, problem ? [broken] : rows);
  }
  return groups;
}

/** @param {Row} row @param {{chosen: string, pick: (value: string) => void}} how */
function rowOf({ value, title, summary, words, problem }, { chosen, pick }) {
  return el(
    "button",
    {
      type: "button",
      disabled: Boolean(problem),
      "aria-current": value === chosen ? "true" : undefined,
      "data-value": value,
      "data-words": words,
      onclick: () => pick(value),
    },
    el("b", {}, title),
    el("span", { className: problem ? "bad" : "soft" }, problem || summary),
  );
}

/** Two choosers: files, or a folder. @param {(files: Sent[]) => Promise<void>} open */
function ownFiles(open) {
  const said = el("p", { role: "status", className: "soft" });
  const chooser = (/** @type {string} */ label, /** @type {Record<string, unknown>} */ more) => {
    const input = el("input", { type: "file", multiple: true, "aria-label": label, ...more });
    input.onchange = async () => {
      said.className = "soft";
      said.textContent = "Opening …";
      try {
        await open(await read([...(input.files ?? [])]));
      } catch (error) {
        said.className = "bad";
        said.textContent = messageOf(error);
      }
      input.value = "";
    };
    return el("label", { className: "file" }, label, input);
  };
  return el(
    "section",
    { className: "own" },
    el("h3", {}, "Files of your own"),
    el(
      "p",
      { className: "soft" },
      "A scenario (.toml), or the folder of a dataset. They stay in this session and are written nowhere else.",
    ),
    el(
      "div",
      { className: "row" },
      chooser("Open files", { accept: ".toml,.csv,.geojson" }),
      chooser("Open a folder", { webkitdirectory: true }),
    ),
    said,
  );
}

/** @param {File[]} files @returns {Promise<Sent[]>} */
async function read(files) {
  const some = files.filter(({ name }) => KINDS.test(name));
  if (!some.length) throw new Error("None of these is a .toml, .csv or .geojson file.");
  if (some.length > MOST_FILES) throw new Error(`At most ${MOST_FILES} files can be opened at once.`);
  const size = some.reduce((sum, file) => sum + file.size, 0);
  if (size > MOST_BYTES)
    throw new Error("These files have more than 900 kB together, the most that the page takes.");
  return Promise.all(
    some.map(async (file) => ({ name: file.webkitRelativePath || file.name, text: await file.text() })),
  );
}
