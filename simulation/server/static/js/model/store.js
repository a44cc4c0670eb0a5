// The state of the page in one place: whoever draws subscribes, whoever acts calls `set`.

/** A plain object that tells its subscribers which of its keys have changed. */
export class Store {
  #subscribers = [];

  constructor(initial) {
    this.state = { ...initial };
  }

  /** Call `listener(state, changed)` after each change of one of these keys. */
  on(keys, listener) {
    this.#subscribers.push({ keys, listener });
  }

  set(patch) {
    const changed = Object.keys(patch).filter((key) => !Object.is(this.state[key], patch[key]));
    if (!changed.length) return;
    Object.assign(this.state, patch);
    for (const { keys, listener } of this.#subscribers) {
      if (keys.some((key) => changed.includes(key))) listener(this.state, changed);
    }
  }
}
