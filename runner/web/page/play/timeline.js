// Where the picture stands on the channel's timeline: published segments tell which tick has which date.

const TICKS_PER_MS = 48;
const KEPT = 240; // the playlist lists 120

export class Timeline {
  /** `pdtMs()` is the date of the picture that is shown, or null. */
  constructor(pdtMs) {
    this.pdtMs = pdtMs;
    this.segments = [];
  }

  /** A `segment_published` message. */
  learn(segment) {
    this.segments.push(segment);
    if (this.segments.length > KEPT) this.segments.shift();
  }

  /** A new channel has a timeline of its own. */
  forget() {
    this.segments = [];
  }

  /** Seconds since `ticks` by the picture; negative before it, null while nobody can tell. */
  secondsSince(ticks) {
    const now = this.pdtMs();
    if (now === null) return null;
    const { segments } = this;
    // Dates jump where the stream broke off, so the segment that is shown tells, or the newest one before it.
    const shown = segments.findLast((one) => one.pdt_ms <= now) ?? segments[0];
    if (!shown) return null;
    return (shown.start_ticks - ticks) / TICKS_PER_MS / 1000 + (now - shown.pdt_ms) / 1000;
  }
}
