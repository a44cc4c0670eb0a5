// The clock of the page: plays, pauses, steps, and asks for months ahead so that it need not wait.

const AHEAD_SECONDS = 1.5;
const FEWEST_AHEAD = 12;

/** Speeds that are offered, in months a second; the last is as fast as the screen. */
export const SPEEDS = [2, 6, 12, 24, 60];

export class Player {
  #last = 0;
  #fraction = 0;

  /** @param {import("./store.js").Store} store @param {import("./session.js").Session} session */
  constructor(store, session) {
    this.store = store;
    this.session = session;
    store.on(["playing"], ({ playing }) => {
      if (playing) this.#start();
    });
  }

  /**
   * Go to a month; where it is not known yet, the page shows the last one known until it comes.
   *
   * @param {number} month
   */
  go(month) {
    const there = Math.max(0, Math.min(Math.round(month), this.session.months));
    this.store.set({ month: there, playing: false });
    return this.session.reach(there + FEWEST_AHEAD);
  }

  /** @param {number} months */
  step(months) {
    return this.go(this.store.state.month + months);
  }

  toggle() {
    const { playing, month } = this.store.state;
    if (!playing && month >= this.session.months) this.store.set({ month: 0 });
    this.store.set({ playing: !playing });
  }

  #start() {
    this.#fraction = 0;
    requestAnimationFrame((now) => {
      this.#last = now;
      this.#tick(now);
    });
  }

  /** @param {number} now ms */
  #tick(now) {
    const { playing, speed, month } = this.store.state;
    if (!playing) return;
    this.#fraction += ((now - this.#last) / 1000) * speed;
    this.#last = now;
    // One month a picture at most: a machine that cannot keep up plays slower and leaves nothing out.
    const ahead = this.session.known - month;
    const forward = Math.min(Math.floor(this.#fraction), ahead, Math.max(1, Math.round(speed / 60)));
    this.#fraction = Math.min(this.#fraction - forward, 1);
    if (forward > 0) this.store.set({ month: month + forward });
    if (this.store.state.month >= this.session.months) {
      this.store.set({ playing: false });
      return;
    }
    this.session.reach(month + Math.max(FEWEST_AHEAD, AHEAD_SECONDS * speed));
    requestAnimationFrame((next) => this.#tick(next));
  }
}
