// What the figures draw: the state of the page, made ready for one picture.
import { THEMES, inkOnGround, onGround, sideLooks } from "./draw/colours.js";

/** Rows of the technologies that `show` names; null for all of them. */
export function shownRows(show, world) {
  if (show === "all") return null;
  const [kind, name] = [show.slice(0, show.indexOf(":")), show.slice(show.indexOf(":") + 1)];
  const key = kind === "direction" ? "direction" : "name";
  return world.technologies.flatMap((technology, row) => (technology[key] === name ? [row] : []));
}

/** Which technologies are chosen: a truth value each. */
export function chosenOf(show, world) {
  const rows = shownRows(show, world);
  return world.technologies.map((_, row) => rows === null || rows.includes(row));
}

/** Theme that is seen: the chosen one, or the system's. */
export function themeOf(state) {
  const dark =
    state.theme === "auto" ? matchMedia("(prefers-color-scheme: dark)").matches : state.theme === "dark";
  return THEMES[dark ? "dark" : "light"];
}

/** Name of a side for people: its letter, title, and whether it was changed. */
export function labelOf(name, side, choice) {
  const { title, name: id } = side.world;
  const more = choice?.results
    ? ` (${choice.results}, seed ${side.world.seed})`
    : choice?.changes?.length
      ? " (changed)"
      : "";
  return `${name.toUpperCase()}  ${title || id}${more}`;
}

/** Make the scene of the moment. `theme` is given for downloads, which are always light. */
export function sceneOf({ state, session, series, study, channels, theme = themeOf(state) }) {
  const sides = session.shown;
  const styles = Object.fromEntries(sides.map(([name, side]) => [name, side.world.style]));
  const [a, b] = sides.length === 2 ? sideLooks(styles.a, styles.b) : [styles.a, styles.b];
  const look = (style) =>
    style && {
      ...style,
      colour: onGround(style.colour, theme),
      ink: inkOnGround(style.colour, theme),
      dash: style.dash ?? [],
    };
  const month = Math.max(0, Math.min(state.month, session.known));
  const bands = Boolean(state.bands && study?.sides && study.belongsTo(session) && state.show === "all");
  return {
    theme,
    sides,
    month,
    looks: { a: look(a), b: look(b) },
    labels: Object.fromEntries(sides.map(([name, side]) => [name, labelOf(name, side, state[name])])),
    maps: sides.map(([, side]) => session.maps.get(side.world.map)),
    parted: session.parted,
    comparable: session.comparable,
    region: state.region,
    axis: state.axis,
    curvesAxis: bands ? "release" : state.axis, // bands of many replications are aligned at release
    view: state.view,
    difference: state.difference,
    release: series.answers,
    all: state.show === "all",
    channels,
    study,
    bands,
    /** Month that a side is at: the page's, or its own last one. */
    at: (side) => Math.min(month, side.known),
    /** A metric so far of the technologies shown; NaN where it is undefined or not there yet. */
    soFar: (name, side, key, at) => {
      if (state.show === "all") return side[key].data[at];
      const values = series.answers[name]?.so_far[{ phi: "phi", w1: "w1_years", t50: "t50_years" }[key]];
      return values?.[at] ?? NaN;
    },
    /** Row of the region that is chosen, or null. */
    row: (side) => {
      const row = side.world.regions.findIndex((region) => region.id === state.region);
      return row < 0 ? null : row;
    },
  };
}
