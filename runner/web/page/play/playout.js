// What the server tells is true at the published edge; the picture comes there later. Playout shows it then, by the
// picture's own date: one that stands still keeps it waiting.

const LOOK_MS = 100;

export class Playout {
  /** `pdtMs()`: the date of the picture in ms; `distanceSeconds()`: from it to the edge. Null while unknown. */
  constructor(pdtMs, distanceSeconds) {
    Object.assign(this, { pdtMs, distanceSeconds });
    this.waiting = []; // {atMs, show, isTalk}, in the order told
  }

  /** Run `show` when the picture has come to where the edge is now; at once where nobody can tell. */
  then(show, { isTalk = false } = {}) {
    this.waiting.push({ atMs: this.edgeMs, show, isTalk });
    this.timer ??= setInterval(() => this.#look(), LOOK_MS);
    this.#look();
  }

  /** The date of the edge in ms; long ago where nobody can tell. */
  get edgeMs() {
    const nowMs = this.pdtMs();
    return nowMs === null ? -Infinity : nowMs + (this.distanceSeconds() ?? 0) * 1000;
  }

  /** Whether something that was said is still to be seen. */
  get hasTalk() {
    return this.waiting.some((one) => one.isTalk);
  }

  /** The date in ms at which the picture has come to all that was told; null where it has. */
  get endMs() {
    return this.waiting.at(-1)?.atMs ?? null;
  }

  /** The picture has jumped: what was to come will not be seen. */
  drop() {
    this.waiting = [];
  }

  #look() {
    const nowMs = this.pdtMs() ?? -Infinity;
    while (this.waiting.length && this.waiting[0].atMs <= nowMs) this.waiting.shift().show();
    if (this.waiting.length) return;
    clearInterval(this.timer);
    this.timer = null;
  }
}
