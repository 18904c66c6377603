// A page that nobody has looked at for long lets go of its stream, so that the server need not render for it all night;
// one that was left lets go at once: browsers keep it to go back to, with its socket open, and it would hold a place.

const AFTER_MS = 10 * 60_000;

export class Rest {
  /** `mayRest()` is asked again after each wait; `onRest` and `onWake` are told. */
  constructor({ mayRest, onRest, onWake, afterMs = AFTER_MS }) {
    Object.assign(this, { mayRest, onRest, onWake, afterMs });
    this.resting = false;
    document.addEventListener("visibilitychange", () => this.look());
    window.addEventListener("pagehide", ({ persisted }) => persisted && this.#letGo());
  }

  look() {
    clearTimeout(this.timer);
    if (document.hidden) this.timer = setTimeout(() => this.#rest(), this.afterMs);
    else if (this.resting) {
      this.resting = false;
      this.onWake();
    }
  }

  #rest() {
    if (this.mayRest()) this.#letGo();
    else this.look();
  }

  #letGo() {
    if (this.resting) return;
    this.resting = true;
    this.onRest();
  }
}
