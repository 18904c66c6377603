// From the send to the first talking frame that was presented, judged by the programme date.

export class Latency {
  /** `onShown(turn, ms)` when the first talking frame of a turn of this page was presented. */
  constructor(onShown = () => {}) {
    this.onShown = onShown;
    this.samples = []; // ms
    this.waiting = null;
    this.lastTurn = null;
    // A hidden tab presents nothing, and would count the time until somebody looks again.
    document.addEventListener("visibilitychange", () => document.hidden && (this.waiting = null));
  }

  /** A text was sent. */
  sent() {
    this.waiting = { since: performance.now(), not: this.lastTurn, turn: null, pdtMs: null };
  }

  /** Messages name the turn that answers, and the date at which its talk begins. */
  message(message, frames) {
    const { turn } = message;
    if (turn === undefined || turn === null) return;
    if (this.waiting && turn !== this.waiting.not) this.waiting.turn ??= turn;
    if (this.waiting?.turn === turn) {
      if (message.type === "segment_published" && message.kind === "talk") this.waiting.pdtMs ??= message.pdt_ms;
      if (message.type === "turn_end" && this.waiting.pdtMs === null) this.waiting = null;
    }
    this.lastTurn = turn;
    this.look(frames);
  }

  /** A segment is told of when it is whole; its first frames may have been presented by then. */
  look(frames) {
    if (!this.waiting || this.waiting.pdtMs === null) return;
    const first = frames.firstAt(this.waiting.pdtMs, this.waiting.since);
    if (!first) return;
    const { turn, since } = this.waiting;
    this.waiting = null;
    this.samples.push(first.shown - since);
    this.onShown(turn, first.shown - since);
  }

  get median() {
    const sorted = [...this.samples].sort((a, b) => a - b);
    return sorted.length ? sorted[sorted.length >> 1] : null;
  }
}
