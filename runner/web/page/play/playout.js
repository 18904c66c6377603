// What the server tells is true at the published edge; the picture comes there later. Playout shows it then, by the
// picture's own place: one that stands still keeps it waiting.

const LOOK_MS = 100;
const ANEW_MS = 1000; // further back is no correction of a date: the source is another

export class Playout {
  /** `placeMs()`: where the picture is; `distanceSeconds()`: from there to the edge. Null while unknown. */
  constructor(placeMs, distanceSeconds) {
    Object.assign(this, { placeMs, distanceSeconds });
    this.waiting = []; // {fromMs, atMs, show, isTalk}, in the order told
  }

  /** Run `show` when the picture has come to where the edge is now; at once where nobody can tell. */
  then(show, { isTalk = false } = {}) {
    this.waiting.push({ fromMs: this.placeMs(), atMs: this.edgeMs, show, isTalk });
    this.timer ??= setInterval(() => this.#look(), LOOK_MS);
    this.#look();
  }

  /** Where the edge is in ms; long ago where nobody can tell. */
  get edgeMs() {
    const nowMs = this.placeMs();
    return nowMs === null ? -Infinity : nowMs + (this.distanceSeconds() ?? 0) * 1000;
  }

  /** Whether something that was said is still to be seen. */
  get hasTalk() {
    return this.waiting.some((one) => one.isTalk);
  }

  /** Where in ms the picture has come to all that was told; null where it has. */
  get endMs() {
    return this.waiting.at(-1)?.atMs ?? null;
  }

  /** The picture has jumped: what was to come will not be seen. */
  drop() {
    this.waiting = [];
  }

  #look() {
    const nowMs = this.placeMs() ?? -Infinity;
    while (this.waiting.length && isDue(this.waiting[0], nowMs)) this.waiting.shift().show();
    if (this.waiting.length) return;
    clearInterval(this.timer);
    this.timer = null;
  }
}

/** Also where the picture begins anew, as a native player's own time does with another source. */
function isDue({ fromMs, atMs }, nowMs) {
  return atMs <= nowMs || (nowMs !== -Infinity && nowMs < fromMs - ANEW_MS);
}
