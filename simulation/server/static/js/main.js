// The page: reads its address, opens the scenarios, and draws whenever something has changed.
import { byId, messageOf } from "./dom.js";
import { THEMES } from "./draw/colours.js";
import { FIGURES } from "./figures/index.js";
import { regionsOf } from "./figures/raster.js";
import { choiceOf, DEFAULTS, fragmentOf, nameOf, pinText, SIDES, stateOf } from "./model/address.js";
import { commandOf } from "./model/command.js";
import { Connection, Refusal } from "./model/connection.js";
import { readFrame } from "./model/frame.js";
import { Player } from "./model/player.js";
import { Series } from "./model/series.js";
import { Session } from "./model/session.js";
import { keep, kept } from "./model/storage.js";
import { Store } from "./model/store.js";
import { Trials } from "./model/trials.js";
import { Answer } from "./panels/answer.js";
import { Card } from "./panels/card.js";
import { drawer } from "./panels/drawer.js";
import { Forms } from "./panels/forms.js";
import { explainWorlds, showHelp } from "./panels/help.js";
import { PANELS } from "./panels/index.js";
import { Inspector } from "./panels/inspector.js";
import { MoneyStrip } from "./panels/money.js";
import { hideNotice, showNotice } from "./panels/notice.js";
import { openPicker } from "./panels/picker.js";
import { Pins } from "./panels/pins.js";
import { saveAll, saveFigure } from "./panels/save.js";
import { Scoreboard } from "./panels/scoreboard.js";
import { share } from "./panels/share.js";
import { Starters, withChanges } from "./panels/starters.js";
import { Study } from "./panels/study.js";
import { hideTip } from "./panels/tip.js";
import { drawTop, fillPlans, fillShow, isShown, topBar } from "./panels/top.js";
import { drawTransport, transport } from "./panels/transport.js";
import { Why } from "./panels/why.js";
import { Worlds } from "./panels/worlds.js";
import { chosenOf, sceneOf, shownRows, themeOf } from "./scene.js";

/** @import { Choice, SideName } from "./model/address.js" */
/** @import { State } from "./model/store.js" */
/** @import { Panel } from "./panels/index.js" */
/** @import { Welcome } from "./panels/top.js" */
/** @import { Scene } from "./scene.js" */

const ADDRESS_MS = 400;
const STILL_MS = 250;
const PAIRS = 10; // that run quietly for the intervals of the answer
const QUIET_MS = 600; // after which they begin, if nothing changes
const FIRST_MS = 10_000; // the first picture is that of the end, which a visitor is not to take for the start
const PATIENCE_MS = 1500; // for months that are lacking; after it the page shows those that it has
const SEEDS = Number.MAX_SAFE_INTEGER;

const store = new Store({
  ...DEFAULTS,
  playing: false,
  speed: 12,
  theme: kept("localStorage", "hypercluster-theme") ?? "auto",
  tab: null,
  formSide: "both",
  bands: false,
});
/** @type {Scene | null} */
let scene = null;
/** @type {Welcome | null} */
let welcomed = null;
/** @type {import("./model/series.js").RowsOf} */
let rowsOf = () => null;
/** @type {Record<"address" | "still" | "late" | "quiet", ReturnType<typeof setTimeout> | undefined>} */
const timers = { address: undefined, still: undefined, late: undefined, quiet: undefined };
let drawing = false;
let painted = 0; // generation of the sides in the scene
let waiting = false; // for the months of what was opened last, so that its first picture is that of the month wanted

const connection = new Connection({
  welcome,
  lost,
  study: (answer) => study.take(answer),
  readFrame: (buffer) => readFrame(buffer, session.channels.length),
});
const session = new Session(connection, { changed: draw, failed: refused });
const player = new Player(store, session);
const series = new Series(connection, session, draw);
const sceneNow = () => scene;
const trials = new Trials(connection, session, () => {
  store.set({ bands: true });
  fillPanel(({ tab }) => tab === "sure" || tab === "why");
  draw();
});
const worlds = new Worlds(connection);
const study = new Study(store, session, { connection, sceneNow, changed: draw, trials, worlds });
const why = new Why(trials, () => fillPanel(({ tab }) => tab === "why"));
const pins = new Pins(connection, session, () => {
  store.set({ pins: pins.list.map(({ choice, seed }) => ({ choice, seed })) });
  fillPanel(({ tab }) => tab === "pins");
  draw();
});
const forms = new Forms(store, {
  sceneNow,
  apply: (side, change) => changeSides(side === "both" ? SIDES : [side], change),
});
const inspector = new Inspector(store, session, { connection, sceneNow });
const scoreboard = new Scoreboard();
const answer = new Answer(connection, { explain: explainWorlds, test, arrived: draw });
const strip = new MoneyStrip({
  makeEqual: (changes) => changeSides(SIDES, (_, side) => changes[side]).catch(refused),
});
const starters = new Starters((changes, on) =>
  changeSides(SIDES, (before, side) => withChanges(before, changes[side], on))
    .then(() => byId("question").scrollIntoView({ block: "nearest" })) // the answer, which stands far above
    .catch(refused),
);
const cards = FIGURES.map((figure) => new Card(figure, { picked, save: saveOne, redraw: draw }));

/** @type {Promise<void>} */
let opening = Promise.resolve();

/**
 * Open some of the sides with other changes: `change` makes them of those that a side has. Throws a Refusal.
 *
 * @param {readonly SideName[]} sides
 * @param {(changes: string[], side: SideName) => string[]} change
 */
function changeSides(sides, change) {
  return open((state) =>
    Object.fromEntries(
      sides.flatMap((side) => {
        const choice = state[side];
        return choice && !choice.results
          ? [[side, { ...choice, changes: change(choice.changes, side) }]]
          : [];
      }),
    ),
  );
}

/** Try the pair under other assumptions, in the background. */
function test() {
  store.set({ tab: "sure" });
  worlds.start();
}

/**
 * Open the state with a patch, which may be a function of the state; one after the other, since a change may build on
 * the one before. On success the page takes it over; on failure all stays, and the Refusal is thrown.
 *
 * @param {Partial<State> | ((state: State) => Partial<State>)} patch
 */
function open(patch) {
  const turn = opening.then(() => openNow(typeof patch === "function" ? patch(store.state) : patch));
  opening = turn.catch(() => {});
  return turn;
}

/** @param {Partial<State>} patch */
async function openNow(patch) {
  const wanted = { ...store.state, ...patch };
  const { playing } = store.state;
  const before = { ...session.sides };
  store.set({ playing: false });
  answer.wait();
  clearTimeout(timers.quiet);
  await session.open({
    a: wanted.a,
    b: wanted.b,
    seed: wanted.seed,
    chosenOf: (world) => chosenOf(wanted.show, world),
  });
  hideNotice();
  if (session.mapFaults.length)
    showNotice(`Maps are drawn without outlines; ${session.mapFaults.join(" ")}`, {
      bad: true,
      closable: true,
    });
  series.clear();
  if (before.a !== session.sides.a || before.b !== session.sides.b) fillShow(session);
  const month = Math.min(wanted.month, session.months);
  waiting = true;
  clearTimeout(timers.late);
  timers.late = setTimeout(shown, scene ? PATIENCE_MS : FIRST_MS);
  store.set({ ...patch, month, ...(isShown(wanted.show) ? {} : { show: "all" }) });
  fillPlans(store.state, session, welcomed?.scenarios ?? []);
  // To the end, the server comes in one request where frames take many: the answer is asked for first.
  const atEnd = month === session.months;
  if (atEnd) answer.ask();
  await session.reach(month + 12);
  shown();
  if (!atEnd) answer.ask();
  timers.quiet = setTimeout(quietly, QUIET_MS);
  if (playing) store.set({ playing: true });
}

/** What runs in the background as soon as nothing changes: first what the answer needs. */
async function quietly() {
  const { generation } = session;
  await tryPairs();
  if (generation === session.generation) why.settle();
}

/** Run pairs of what is open in the background, and answer with their intervals. */
async function tryPairs() {
  const { generation } = session;
  if (session.shown.length < 2) return;
  const told = await trials.start(PAIRS, [{ name: "as shown", a: [], b: [] }]).catch(() => null);
  if (generation !== session.generation || told?.state !== "done" || told.cases[0].problem) return;
  const { differences, sides } = told.cases[0];
  const failing = session.shown.flatMap(([name, { world }]) =>
    (sides[name]?.failing ?? []).map((text) => `${world.title || world.name}: ${text}.`),
  );
  answer.ask(differences, failing);
}

/** Show what there is of what was opened. */
function shown() {
  clearTimeout(timers.late);
  waiting = false;
  draw();
}

/**
 * Open what was chosen in the bar; after a refusal a message is shown, and the bar shows again what is open.
 *
 * @param {"a" | "b" | "seed"} what
 * @param {string} value
 */
async function choose(what, value) {
  try {
    if (what === "seed") {
      const seed = Number(value);
      if (!Number.isInteger(seed) || seed < 0 || seed > SEEDS)
        throw new Error("A seed is a whole number, 0 or more.");
      await open({ seed });
    } else {
      const choice = value === "none" ? null : choiceOf(value);
      await open({ [what]: choice, ...seedOf(choice) });
    }
  } catch (error) {
    refused(error);
  }
  draw();
}

/**
 * A replication of a results folder has the seeds of the folder: take the first where the present one is none of them.
 *
 * @param {Choice | null} choice
 */
function seedOf(choice) {
  if (!choice?.results || !welcomed) return {};
  const seeds =
    welcomed.results
      .find(({ name }) => name === choice.results)
      ?.scenarios.find(({ name }) => name === choice.scenario)?.seeds ?? [];
  return seeds.includes(store.state.seed) || !seeds.length ? {} : { seed: seeds[0] };
}

/** Let the user choose the scenario of a side. @param {SideName} side */
function pick(side) {
  if (!welcomed) return;
  const list = welcomed;
  openPicker({
    side,
    chosen: nameOf(store.state[side]),
    welcome: list,
    choose: (value) => choose(side, value),
    send: async (files) => {
      const { scenarios } = await connection.request({ type: "own", files });
      list.scenarios = [...scenarios, ...list.scenarios];
      return scenarios;
    },
  });
}

/** @param {Welcome} answer */
async function welcome(answer) {
  hideNotice();
  welcomed = answer;
  session.channels = answer.channels;
  session.version = answer.version;
  forms.forms = answer.forms;
  study.limit = answer.limits.replications;
  worlds.ensembles = answer.results.filter(({ ensemble }) => ensemble);
  if (answer.resumed && session.shown.length) {
    session.reach(store.state.month + 12);
    draw();
    return;
  }
  const names = answer.scenarios.filter(({ problem }) => !problem).map(({ name }) => name);
  /** @type {(name: string, other: string | undefined) => Choice | null} */
  const first = (name, other) => {
    const scenario = names.includes(name) ? name : other;
    return scenario === undefined ? null : { scenario, changes: [] };
  };
  /** @type {Partial<State>} */
  const chosen =
    store.state.a || store.state.b
      ? {}
      : {
          a: first("regional_cluster", names[0]),
          b: first("hypercluster", names.at(-1)),
          ...stateOf(location.hash),
        };
  const unpinned = await pins.restore(chosen.pins ?? []);
  try {
    await open(chosen);
    if (unpinned) showNotice(unpinned, { bad: true, closable: true });
  } catch (error) {
    // Of an address: one line that says what is wrong and what would do, and the usual pair instead.
    const problem = error instanceof Refusal ? error.problems[0] : undefined;
    const side = error instanceof Refusal ? error.side : null;
    const choice = side && chosen[side];
    // A list of all scenarios is no suggestion: the button on top has it.
    const [text] = (
      problem?.key ? `${problem.key}: ${problem.message}` : (problem?.message ?? messageOf(error))
    ).split("; there are ");
    const named = choice ? ` “${nameOf(choice)}”` : " what it names";
    if (!session.shown.length)
      await open({
        ...chosen,
        a: first("regional_cluster", names[0]),
        b: first("hypercluster", names.at(-1)),
      }).catch(refused);
    showNotice(`This address cannot be opened because of${named}: ${text.split("\n").join(" ")}.`, {
      bad: true,
      closable: true,
    });
  }
}

/** The connection is lost; `final` if reconnecting would not help. @param {string} reason @param {boolean} final */
function lost(reason, final) {
  store.set({ playing: false });
  showNotice(reason, { bad: final });
}

/** @param {unknown} error */
function refused(error) {
  store.set({ playing: false });
  const text = messageOf(error);
  showNotice(text, { bad: true, closable: true });
  if (!(error instanceof Refusal) && !/connection/.test(text)) console.warn(text);
}

/** What was clicked in a figure. @param {import("./figures/index.js").Choice} what */
function picked({ region, month }) {
  if (month !== undefined) player.go(month);
  if (region === undefined) return;
  inspector.leave();
  store.set({ region: region === store.state.region && store.state.tab !== "inspect" ? null : region });
  if (store.state.region) store.set({ tab: "inspect" });
}

const lightScene = () =>
  sceneOf({ state: store.state, session, series, study, pins: pins.list, theme: THEMES.light });

/** @param {import("./figures/index.js").Figure} figure */
function saveOne(figure) {
  const card = cards.find((one) => one.figure === figure);
  if (card) saveFigure(card, lightScene);
}

/** Draw in the next frame of the screen, once. */
function draw() {
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    paint();
  });
}

function paint() {
  const { state } = store;
  if (!session.shown.length || session.shown.some(([, side]) => !session.maps.has(side.world.map))) return;
  if (waiting && session.known < Math.min(state.month, session.months)) return;
  if (state.axis === "release" || scene?.bands || state.show !== "all")
    series.want(Math.min(state.month, session.known), rowsOf);
  scene = sceneOf({ state, session, series, study, pins: pins.list });
  drawTop(state, scene);
  drawTransport(state, session, scene.month);
  scoreboard.draw(scene);
  strip.draw(scene, state);
  starters.draw(answer.answered?.starters ?? [], state);
  byId("cards").style.setProperty("--regions", String(regionsOf(scene).length));
  for (const card of cards) card.draw(scene);
  if (painted !== session.generation) fillPanel(); // the sides are others
  painted = session.generation;
  clearTimeout(timers.still);
  timers.still = setTimeout(still, STILL_MS);
}

/** Update what need not follow every month: the drawer, once the month has stopped changing. */
function still() {
  fillPanel(({ follows }) => follows);
}

/** Fill the open panel, if it is one of those asked for. @param {(panel: Panel) => boolean | undefined} asked */
function fillPanel(asked = () => true) {
  const panel = PANELS.find(({ tab }) => tab === store.state.tab);
  if (!scene || !panel || !asked(panel)) return;
  panel.render(byId(`panel-${panel.tab}`), { scene, forms, inspector, study, why, pins }); // what panels act with
}

function keepAddress() {
  clearTimeout(timers.address);
  timers.address = setTimeout(
    () => history.replaceState(null, "", fragmentOf(store.state)),
    store.state.playing ? 3 * ADDRESS_MS : ADDRESS_MS,
  );
}

store.on(
  [
    "a",
    "b",
    "seed",
    "month",
    "show",
    "region",
    "axis",
    "difference",
    "view",
    "playing",
    "speed",
    "theme",
    "bands",
  ],
  draw,
);
store.on(["a", "b", "seed", "month", "show", "region", "axis", "difference", "view", "pins"], keepAddress);
store.on(["show"], ({ show }) => {
  rowsOf = (world) => shownRows(show, world);
  series.clear();
  for (const [, side] of session.shown) side.select(chosenOf(show, side.world));
});
store.on(["region"], () => requestAnimationFrame(still));
store.on(["theme"], ({ theme }) => {
  keep("localStorage", "hypercluster-theme", theme);
  applyTheme();
});

function applyTheme() {
  document.documentElement.dataset.theme = themeOf(store.state).name;
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  applyTheme();
  draw();
});
window.addEventListener("hashchange", () => {
  const next = { ...DEFAULTS, a: store.state.a, b: store.state.b, ...stateOf(location.hash) };
  // Other pins have to run before what is shown, as they do where the page is opened.
  if (next.pins.map(pinText).join() !== store.state.pins.map(pinText).join()) location.reload();
  else open(next).catch(refused);
});
window.addEventListener("resize", hideTip);

applyTheme();
topBar(store, { choose, pick, openDrawer: (tab) => store.set({ tab }) });
drawer(store, PANELS, () => {
  fillPanel();
  // In a narrow window the drawer stands below the pictures, out of sight.
  const side = byId("drawer");
  if (side.offsetTop > byId("main").offsetTop) side.scrollIntoView({ block: "start" });
});
for (const card of cards) {
  const panel = PANELS.find(({ figures }) => figures?.includes(card.figure.name));
  byId(panel ? `figures-${panel.tab}` : "cards").append(card.element);
}
transport(store, player, session, {
  "?": showHelp,
  d: () => byId("difference").click(),
  r: () => byId("axis").click(),
  t: () => byId("view").click(),
});
byId("help").onclick = showHelp;
byId("share").onclick = () => share(fragmentOf(store.state));
byId("save").onclick = () => {
  if (scene) saveAll(cards, { lightScene, connection, command: commandOf(store.state), failed: refused });
};
connection.connect();
