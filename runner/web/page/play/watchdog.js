// When no frame was presented for a while though it plays: seek, then reload, then a new player.

const EVERY_MS = 250;
const STEPS = [
  { afterMs: 2000, name: "seek" },
  { afterMs: 4000, name: "reload" },
  { afterMs: 8000, name: "rebuild" },
];

const LAST_S = 0.5; // of what is buffered
const DRY_S = 0.1;

export class Watchdog {
  constructor(player, report) {
    this.player = player;
    this.report = report;
    this.reset();
    this.timer = setInterval(() => this.#tick(), EVERY_MS);
  }

  /** A frame was presented, or the wait for one begins anew. */
  reset() {
    this.since = performance.now();
    this.step = 0;
  }

  #tick() {
    // A hidden tab presents nothing, a paused video waits for its viewer, and one at rate 0 for its reserve.
    const { video, source } = this.player;
    if (document.hidden || video.paused || video.playbackRate === 0 || !source) return this.reset();
    const waited = performance.now() - this.since;
    const step = STEPS[this.step];
    if (!step || waited < step.afterMs) return undefined;
    this.step += 1;
    this.report("warning", `watchdog.${step.name}`, { waited_ms: Math.round(waited), ...this.player.describe() });
    if (step.name === "seek") this.#seek();
    else if (step.name === "reload") this.player.reload();
    else {
      this.player.rebuild();
      this.reset();
    }
    return undefined;
  }

  #seek() {
    const { video, bufferedAheadS } = this.player;
    if (bufferedAheadS < DRY_S) return; // there is nothing to seek to
    const last = video.buffered.length - 1;
    // Never back: its last frames would be shown, and its last syllable said, again and again.
    video.currentTime = Math.max(video.buffered.start(last), video.buffered.end(last) - LAST_S, video.currentTime);
  }
}
