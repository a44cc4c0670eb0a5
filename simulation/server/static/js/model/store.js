// The state of the page in one place: whoever draws subscribes, whoever acts calls `set`.

/**
 * @typedef {import("./address.js").Shown & {playing: boolean, speed: number, theme: string, tab: string | null,
 *   formSide: import("./address.js").SideName | "both", bands: boolean}} State
 */
/** @typedef {(state: State, changed: string[]) => void} Listener */

/** A plain object that tells its subscribers which of its keys have changed. */
export class Store {
  /** @type {{keys: (keyof State)[], listener: Listener}[]} */
  #subscribers = [];

  /** @param {State} initial */
  constructor(initial) {
    this.state = { ...initial };
  }

  /**
   * Call `listener(state, changed)` after each change of one of these keys.
   *
   * @param {(keyof State)[]} keys
   * @param {Listener} listener
   */
  on(keys, listener) {
    this.#subscribers.push({ keys, listener });
  }

  /** @param {Partial<State>} patch */
  set(patch) {
    const keys = /** @type {(keyof State)[]} */ (Object.keys(patch));
    const changed = keys.filter((key) => !Object.is(this.state[key], patch[key]));
    if (!changed.length) return;
    Object.assign(this.state, patch);
    for (const { keys: heard, listener } of this.#subscribers) {
      if (heard.some((key) => changed.includes(key))) listener(this.state, changed);
    }
  }
}
