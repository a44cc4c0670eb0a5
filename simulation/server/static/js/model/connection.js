// The WebSocket: sends hello, numbers requests, passes answers to their callers, and reconnects when it is lost.

import { keep, kept } from "./storage.js";

const PATIENCE_MS = [300, 1000, 2000, 4000, 8000];
const TAKEN_OVER = 4001;
const WRONG_TOKEN = 4003;
const FULL = 1013;
const KEY = "hypercluster-session";

/** @typedef {{key: string, message: string, found: string}} Problem */
/** @typedef {{resolve: (answer: any) => void, reject: (error: Error) => void, take: (answer: any) => void}} Waiting */

/** The server's refusal of a request: `kind`, `side`, `problems` as in docs/browser.md. */
export class Refusal extends Error {
  /** @param {{text: string, kind: string, side?: "a" | "b" | null, problems?: Problem[]}} answer */
  constructor(answer) {
    super(answer.text);
    this.kind = answer.kind;
    this.side = answer.side ?? null;
    this.problems = answer.problems ?? [];
  }
}

export class Connection {
  /** @type {WebSocket | null} */
  #socket = null;
  #next = 1;
  /** The callers that wait for an answer, by its id. @type {Map<number, Waiting>} */
  #waiting = new Map();
  #tries = 0;
  #listeners;

  /**
   * @param {{welcome: (answer: any) => void, lost: (reason: string, final: boolean) => void,
   *   study: (answer: any) => void, readFrame: (buffer: ArrayBuffer) => {id: number}}} listeners
   */
  constructor(listeners) {
    this.#listeners = listeners;
  }

  connect() {
    const address = new URL("live", location.href);
    address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    const token = new URL(location.href).searchParams.get("token");
    address.search = "";
    address.hash = "";
    const socket = new WebSocket(address);
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      socket.send(JSON.stringify({ type: "hello", session: kept("sessionStorage", KEY), token }));
    };
    socket.onmessage = ({ data }) => this.#answer(data);
    socket.onclose = ({ code }) => this.#closed(socket, code);
  }

  /**
   * Ask for one thing. `take` sees the answers that come before the last (worlds before "opened", progress).
   *
   * Rejects with a Refusal if the server refuses, and with an Error if the connection is lost before the answer.
   *
   * @param {{type: string, [key: string]: unknown}} message
   * @param {(answer: any) => void} take
   * @returns {Promise<any>}
   */
  request(message, take = () => {}) {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      if (this.#socket?.readyState !== WebSocket.OPEN) {
        reject(new Error("no connection"));
        return;
      }
      this.#waiting.set(id, { resolve, reject, take });
      this.#socket.send(JSON.stringify({ ...message, id }));
    });
  }

  /** @param {string | ArrayBuffer} data */
  #answer(data) {
    if (data instanceof ArrayBuffer) {
      const frame = this.#listeners.readFrame(data);
      this.#settle(frame.id, (waiting) => waiting.resolve(frame));
      return;
    }
    const answer = JSON.parse(data);
    if (answer.type === "welcome") {
      this.#tries = 0;
      keep("sessionStorage", KEY, answer.session);
      this.#listeners.welcome(answer);
    } else if (answer.type === "error") {
      if (answer.id === null) this.#listeners.lost(answer.text, false);
      else this.#settle(answer.id, (waiting) => waiting.reject(new Refusal(answer)));
    } else if (answer.type === "world" || (answer.state === "running" && answer.type !== "study")) {
      this.#waiting.get(answer.id)?.take(answer);
    } else {
      this.#settle(answer.id, (waiting) => waiting.resolve(answer));
      if (answer.type === "study") this.#listeners.study(answer);
    }
  }

  /** @param {number} id @param {(waiting: Waiting) => void} settle */
  #settle(id, settle) {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (waiting) settle(waiting);
  }

  /** @param {WebSocket} socket @param {number} code */
  #closed(socket, code) {
    if (socket !== this.#socket) return;
    for (const { reject } of this.#waiting.values()) reject(new Error("the connection was lost"));
    this.#waiting.clear();
    if (code === WRONG_TOKEN) {
      this.#listeners.lost(
        "This server requires a token: open the page at the address that it printed.",
        true,
      );
      return;
    }
    if (code === TAKEN_OVER) keep("sessionStorage", KEY, null);
    const wait = PATIENCE_MS[Math.min(this.#tries++, PATIENCE_MS.length - 1)];
    const reason = code === FULL ? "The server accepts no more connections." : "The connection was lost.";
    this.#listeners.lost(`${reason} Reconnecting …`, false);
    setTimeout(() => this.connect(), wait);
  }
}
