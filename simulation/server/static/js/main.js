// The page: reads its address, opens the scenarios, and draws whenever something has changed.
import { byId } from "./dom.js";
import { THEMES } from "./draw/colours.js";
import { FIGURES } from "./figures/index.js";
import { regionsOf } from "./figures/raster.js";
import { DEFAULTS, choiceOf, fragmentOf, stateOf } from "./model/address.js";
import { Connection, Refusal } from "./model/connection.js";
import { readFrame } from "./model/frame.js";
import { Player } from "./model/player.js";
import { Series } from "./model/series.js";
import { Session } from "./model/session.js";
import { Store } from "./model/store.js";
import { Card } from "./panels/card.js";
import { drawer } from "./panels/drawer.js";
import { Forms } from "./panels/forms.js";
import { showHelp } from "./panels/help.js";
import { Inspector } from "./panels/inspector.js";
import { drawLedger } from "./panels/ledger.js";
import { hideNotice, showNotice } from "./panels/notice.js";
import { saveAll, saveFigure } from "./panels/save.js";
import { Scoreboard } from "./panels/scoreboard.js";
import { share } from "./panels/share.js";
import { Study } from "./panels/study.js";
import { hideTip } from "./panels/tip.js";
import { drawTop, fillChoices, fillShow, isShown, topBar } from "./panels/top.js";
import { drawTransport, transport } from "./panels/transport.js";
import { chosenOf, sceneOf, shownRows, themeOf } from "./scene.js";

const ADDRESS_MS = 400;
const STILL_MS = 250;
const SEEDS = Number.MAX_SAFE_INTEGER;

const store = new Store({
  ...DEFAULTS,
  playing: false,
  speed: 12,
  theme: localStorage.getItem("hypercluster-theme") ?? "auto",
  tab: null,
  formSide: "a",
  bands: false,
});
let scene = null;
let channels = [];
let welcomed = null;
let rowsOf = () => null;
let timers = { address: 0, still: 0 };
let drawing = false;

const connection = new Connection({ welcome, lost, study: (answer) => study.take(answer), readFrame });
const session = new Session(connection, { changed: draw, failed: refused });
const player = new Player(store, session);
const series = new Series(connection, session, draw);
const sceneNow = () => scene;
const study = new Study(store, session, { connection, sceneNow, changed: draw });
const forms = new Forms(store, {
  sceneNow,
  apply: (side, change) =>
    open(({ [side]: choice }) => ({ [side]: { ...choice, changes: change(choice.changes) } })),
});
const inspector = new Inspector(store, session, { connection, sceneNow });
const scoreboard = new Scoreboard();
const cards = FIGURES.map((figure) => new Card(figure, { picked, save: saveOne, redraw: draw }));
byId("cards").append(...cards.map((card) => card.element));

let opening = Promise.resolve();

/**
 * Open the state with a patch, which may be a function of the state; one after the other, since a change may build on
 * the one before. On success the page takes it over; on failure all stays, and the Refusal is thrown.
 */
function open(patch) {
  const turn = opening.then(() => openNow(typeof patch === "function" ? patch(store.state) : patch));
  opening = turn.catch(() => {});
  return turn;
}

async function openNow(patch) {
  const wanted = { ...store.state, ...patch };
  const { playing } = store.state;
  const before = { ...session.sides };
  store.set({ playing: false });
  await session.open({
    a: wanted.a,
    b: wanted.b,
    seed: wanted.seed,
    chosenOf: (world) => chosenOf(wanted.show, world),
  });
  hideNotice();
  series.clear();
  if (before.a !== session.sides.a || before.b !== session.sides.b) fillShow(session);
  const month = Math.min(wanted.month, session.months);
  store.set({ ...patch, month, ...(isShown(wanted.show) ? {} : { show: "all" }) });
  draw();
  await session.reach(month + 12);
  if (playing) store.set({ playing: true });
}

/** Open what was chosen in the bar; a refusal is told, and the bar shows again what is open. */
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

/** A replication of a results folder has the seeds of the folder: take the first where the present one is none of them. */
function seedOf(choice) {
  if (!choice?.results) return {};
  const seeds =
    welcomed.results
      .find(({ name }) => name === choice.results)
      ?.scenarios.find(({ name }) => name === choice.scenario)?.seeds ?? [];
  return seeds.includes(store.state.seed) || !seeds.length ? {} : { seed: seeds[0] };
}

async function welcome(answer) {
  hideNotice();
  welcomed = answer;
  channels = answer.channels;
  forms.forms = answer.forms;
  study.limit = answer.limits.replications;
  fillChoices(answer);
  if (answer.resumed && session.shown.length) {
    session.reach(store.state.month + 12);
    draw();
    return;
  }
  const names = answer.scenarios.filter(({ problem }) => !problem).map(({ name }) => name);
  const first = (name, other) => ({ scenario: names.includes(name) ? name : other, changes: [] });
  const chosen =
    store.state.a || store.state.b
      ? {}
      : {
          a: first("regional_cluster", names[0]),
          b: first("hypercluster", names.at(-1)),
          ...stateOf(location.hash),
        };
  try {
    await open(chosen);
  } catch (error) {
    refused(error);
    if (!session.shown.length)
      await open({
        ...chosen,
        a: first("regional_cluster", names[0]),
        b: first("hypercluster", names.at(-1)),
      }).catch(refused);
    refused(error);
  }
}

/** The line is cut; `final` where trying again would not help. */
function lost(reason, final) {
  store.set({ playing: false });
  showNotice(reason, { bad: final });
}

function refused(error) {
  store.set({ playing: false });
  showNotice(error.message, { bad: true, closable: true });
  if (!(error instanceof Refusal) && !/connection/.test(error.message)) console.warn(error.message);
}

/** What was clicked in a figure. */
function picked({ region, month }) {
  if (month !== undefined) player.go(month);
  if (region === undefined) return;
  inspector.leave();
  store.set({ region: region === store.state.region && store.state.tab !== "inspect" ? null : region });
  if (store.state.region) store.set({ tab: "inspect" });
}

const lightScene = () =>
  sceneOf({ state: store.state, session, series, study, channels, theme: THEMES.light });

function saveOne(figure) {
  saveFigure(
    cards.find((card) => card.figure === figure),
    lightScene,
  );
}

/** The two sides as commands, where they are scenarios. */
function command() {
  return ["a", "b"]
    .map((side) => store.state[side])
    .filter((choice) => choice?.scenario && !choice.results)
    .map(({ scenario, changes }) =>
      [
        "hypercluster run",
        scenario,
        `--seed ${store.state.seed}`,
        ...changes.map((change) => `--set '${change.replaceAll("'", `'\\''`)}'`),
      ].join(" "),
    )
    .join("\n");
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
  if (state.axis === "release" || state.bands || state.show !== "all")
    series.want(Math.min(state.month, session.known), rowsOf);
  scene = sceneOf({ state, session, series, study, channels });
  drawTop(state, scene);
  drawTransport(state, session, scene.month);
  scoreboard.draw(scene);
  byId("cards").style.setProperty("--regions", regionsOf(scene).length);
  for (const card of cards) card.draw(scene);
  clearTimeout(timers.still);
  timers.still = setTimeout(still, STILL_MS);
}

/** What need not follow every month: the drawer, once the picture stands still. */
function still() {
  if (store.state.tab === "inspect") inspector.render();
  if (store.state.tab === "money") drawLedger(scene);
}

function fillPanel(tab) {
  if (!scene) return;
  if (tab === "change") forms.render();
  if (tab === "inspect") inspector.render();
  if (tab === "money") drawLedger(scene);
  if (tab === "study") study.render();
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
store.on(["a", "b", "seed", "month", "show", "region", "axis", "difference", "view"], keepAddress);
store.on(["show"], ({ show }) => {
  rowsOf = (world) => shownRows(show, world);
  series.clear();
  for (const [, side] of session.shown) side.select(chosenOf(show, side.world));
});
store.on(["a", "b"], () =>
  requestAnimationFrame(() => {
    fillPanel(store.state.tab);
  }),
);
store.on(["region"], () => store.state.tab === "inspect" && requestAnimationFrame(() => inspector.render()));
store.on(["theme"], ({ theme }) => {
  localStorage.setItem("hypercluster-theme", theme);
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
  open(next).catch(refused);
});
window.addEventListener("resize", hideTip);

applyTheme();
topBar(store, { choose, openDrawer: (tab) => store.set({ tab }) });
drawer(store, fillPanel);
transport(store, player, session, {
  "?": showHelp,
  d: () => byId("difference").click(),
  r: () => byId("axis").click(),
  t: () => byId("view").click(),
});
byId("help").onclick = showHelp;
byId("share").onclick = () => share(fragmentOf(store.state));
byId("save").onclick = () =>
  scene && saveAll(cards, { lightScene, connection, command: command(), failed: refused });
connection.connect();
