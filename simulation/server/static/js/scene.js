// What the figures draw: the state of the page, made ready for one picture.
import { inkOnGround, onGround, sideLooks, THEMES } from "./draw/colours.js";

/** @typedef {import("./model/address.js").SideName} SideName */
/** @typedef {import("./model/address.js").Choice} Choice */
/** @typedef {import("./model/side.js").Side} Side */
/** @typedef {import("./model/side.js").World} World */
/** @typedef {import("./draw/colours.js").Theme} Theme */
/** @typedef {import("./model/side.js").Style & {ink: string}} SideLook */
/** @typedef {ReturnType<typeof sceneOf>} Scene what figures and panels draw */

const NAMES = { phi: "phi", w1: "w1_years", t50: "t50_years" };

/** Rows of the technologies that `show` names; null for all of them. @param {string} show @param {World} world */
export function shownRows(show, world) {
  if (show === "all") return null;
  const [kind, name] = [show.slice(0, show.indexOf(":")), show.slice(show.indexOf(":") + 1)];
  const key = kind === "direction" ? "direction" : "name";
  return world.technologies.flatMap((technology, row) => (technology[key] === name ? [row] : []));
}

/** Which technologies are chosen: a truth value each. @param {string} show @param {World} world */
export function chosenOf(show, world) {
  const rows = shownRows(show, world);
  return world.technologies.map((_, row) => rows === null || rows.includes(row));
}

/** Theme that is seen: the chosen one, or the system's. @param {{theme: string}} state */
export function themeOf(state) {
  const dark =
    state.theme === "auto" ? matchMedia("(prefers-color-scheme: dark)").matches : state.theme === "dark";
  return THEMES[dark ? "dark" : "light"];
}

/**
 * Name of a side for people: its letter, title, and whether it was changed.
 *
 * @param {SideName} name
 * @param {Side} side
 * @param {Choice | null} choice
 */
export function labelOf(name, side, choice) {
  const { title, name: id } = side.world;
  const more = choice?.results
    ? ` (${choice.results}, seed ${side.world.seed})`
    : choice?.changes?.length
      ? " (changed)"
      : "";
  return `${name.toUpperCase()}  ${title || id}${more}`;
}

/**
 * A style on this ground.
 *
 * @param {import("./model/side.js").Style} style
 * @param {Theme} theme
 * @returns {SideLook}
 */
function lookOf(style, theme) {
  return (
    style && {
      ...style,
      colour: onGround(style.colour, theme),
      ink: inkOnGround(style.colour, theme),
      dash: style.dash ?? [],
    }
  );
}

/**
 * Make the scene of the moment. `theme` is given for downloads, which are always light.
 *
 * @param {{state: import("./model/store.js").State, session: import("./model/session.js").Session,
 *   series: import("./model/series.js").Series, study: import("./panels/study.js").Study,
 *   pins: import("./panels/pins.js").Pin[], theme?: Theme}} what
 */
export function sceneOf({ state, session, series, study, pins, theme = themeOf(state) }) {
  const sides = session.shown;
  const styles = Object.fromEntries(sides.map(([name, side]) => [name, side.world.style]));
  const { a, b } = sides.length === 2 ? sideLooks(styles.a, styles.b) : styles;
  const month = Math.max(0, Math.min(state.month, session.known));
  const choices = { a: state.a, b: state.b };
  const bands = Boolean(state.bands && !state.playing && study?.known && state.show === "all");
  return {
    theme,
    sides,
    choices,
    seed: state.seed,
    version: session.version,
    month,
    /** Of the sides that are shown. @type {Record<SideName, SideLook>} */
    looks: { a: lookOf(a, theme), b: lookOf(b, theme) },
    /** @type {Record<string, string>} */
    labels: Object.fromEntries(sides.map(([name, side]) => [name, labelOf(name, side, state[name])])),
    maps: sides.map(
      ([, side]) => /** @type {import("./model/session.js").CountryMap} */ (session.maps.get(side.world.map)),
    ),
    parted: session.parted,
    comparable: session.comparable,
    /** Whether the two sides do not differ up to the month shown. */
    same: session.parted === null || session.parted > month,
    region: state.region,
    axis: state.axis,
    curvesAxis: bands ? "release" : state.axis, // bands of many replications are aligned at release
    view: state.view,
    difference: state.difference,
    release: series.answers,
    all: state.show === "all",
    channels: session.channels,
    study,
    pins,
    bands,
    /** Month that a side is at: the page's, or its own last one. */
    at: (/** @type {Side} */ side) => Math.min(month, side.known),
    /**
     * A metric so far of the technologies shown; NaN where it is undefined or not there yet.
     *
     * @type {(name: SideName, side: Side, key: keyof typeof NAMES, at: number) => number}
     */
    soFar: (name, side, key, at) => {
      if (state.show === "all") return side[key].data[at];
      const values = series.answers[name]?.so_far[NAMES[key]];
      return values?.[at] ?? NaN;
    },
    /** Row of the region that is chosen, or null. */
    row: (/** @type {Side} */ side) => {
      const row = side.world.regions.findIndex((region) => region.id === state.region);
      return row < 0 ? null : row;
    },
  };
}
