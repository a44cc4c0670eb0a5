// Small worlds, blocks of months and random numbers for the tests of the page's modules.

/** @typedef {import("../../simulation/server/static/js/model/side.js").World} World */
/** @typedef {import("../../simulation/server/static/js/model/frame.js").Block} Block */

/** Whole numbers from 0 to below a bound, the same for the same seed. @param {number} seed */
export function draws(seed) {
  let state = seed >>> 0;
  return (/** @type {number} */ below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/**
 * A world of so many regions, technologies and platforms, with 10 enterprises a region, all eligible for everything.
 *
 * @param {{regions?: number, technologies?: number, platforms?: number}} sizes
 * @returns {World}
 */
export function worldOf({ regions = 2, technologies = 2, platforms = 1 } = {}) {
  const many = (/** @type {number} */ n) => Array.from({ length: n }, (_, i) => i);
  const region = { macroregion: "West", macroregion_colour: "#888888", enterprises: 10, readiness: 0.5 };
  const span = { from_month: 0, to_month: 24 };
  return {
    ...{
      side: "a",
      kept: false,
      live: true,
      name: "plain",
      title: "Plain",
      description: "",
      assumptions: [],
    },
    ...{ digest: "0", seed: 1, style: { colour: "#0072B2", dash: [], marker: "s" }, months: 24 },
    steps_per_year: 12,
    regions: many(regions).map((r) => ({
      ...region,
      ...{ id: `r${r}`, name: `Region ${r}`, short: `R${r}`, x: 100 * r, y: 50 * r, line: 0, column: r },
    })),
    order: many(regions),
    industries: ["ore"],
    technologies: many(technologies).map((k) => ({
      ...{ name: `t${k}`, direction: "digital", family: "f", complexity: 0.5, release_month: 0 },
    })),
    platforms: many(platforms).map((h) => ({ name: `p${h}`, ...span })),
    eligible: many(regions).map(() => many(technologies).map(() => 10)),
    may_join: many(platforms).map(() => many(regions).map(() => 10)),
    policies: [
      {
        label: "policies[0]",
        instrument: "i",
        title: "I",
        ...span,
        planned: many(25),
        spent: many(25).map(half),
      },
    ],
    ...{ planned_pv: 0, spent_pv: 0, discount: null, budget_pv: 0, values: {}, base: {}, map: "m" },
  };
}

const half = (/** @type {number} */ n) => n / 2;

/**
 * Months of a world, of random numbers.
 *
 * @param {World} world
 * @param {{first: number, months: number, channels: number, changed?: boolean}} what
 *   `changed`: whether enterprises enter and leave
 * @param {(below: number) => number} draw
 * @returns {Block}
 */
export function blockOf(world, { first, months, channels, changed = false }, draw) {
  const [R, K, H] = [world.regions.length, world.technologies.length, world.platforms.length];
  const whole = (/** @type {number} */ n) => Uint32Array.from({ length: n }, () => draw(11));
  const real = (/** @type {number} */ n) => Float64Array.from({ length: n }, () => draw(1000) / 8);
  const E = changed ? months : 0;
  return {
    ...{ side: world.side, first, months },
    ...{ attribution: real(months * K * channels), phi: real(months), w1: real(months), t50: real(months) },
    ...{ adopters: whole(months * R * K), members: whole(months * H * R) },
    ...{ anywhere: Float64Array.from(whole(months)), eligible: whole(E * R * K) },
    ...{ mayJoin: whole(E * H * R), enterprises: whole(E * R) },
  };
}
