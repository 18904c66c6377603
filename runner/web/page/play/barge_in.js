// After `stop` the server bursts idle ahead of the clock and names its first part; the page seeks there
// as soon as it is buffered. Never sooner: a seek to what is not buffered freezes the player.

const GIVE_UP_MS = { near: 3000, far: 15_000 };
// Chromium shows the frame under the target at once, and its clock starts some 65 ms later. The later in that frame,
// the sooner the next one: median gap 100 ms at 20 ms into the frame, 67 ms at 36 ms of its 40 (20 seeks each).
const INTO_PART_S = 0.036;
const LEAST_LEFT_S = 0.5; // with one part alone it would run dry where the next one is late

export class BargeIn {
  constructor(player, rateController, distance, report) {
    Object.assign(this, { player, rateController, distance, report });
    this.wanted = null;
    this.done = []; // {asked, sought, target, left}: for figures and tests
    player.onBuffered = () => this.#try();
  }

  /**
   * Seek to the date `place.pdt_ms` once it is there, then run `after`: also where the page gives up, or the picture is
   * there by itself. Native players cannot be told to: they play it out.
   */
  seek(place, after) {
    this.wanted = null; // where one is wanted already, the later one tells of both ends
    this.#end();
    if (!this.player.hls) return after();
    this.wanted = { ...place, after, asked: performance.now() };
    this.rateController.resting = true;
    this.timer = setTimeout(() => this.#giveUp(), GIVE_UP_MS[this.distance.isFar ? "far" : "near"]);
    this.#try();
  }

  /** A new source: what was wanted of the old one is not in it. */
  forget() {
    this.#end();
  }

  #try() {
    if (!this.wanted) return;
    // By the date, not by the part that was buffered: hls.js loads the whole burst and tells of its last part alone.
    // Its start is 0.3 s from the edge, and a player that seeks there runs dry with the first part that is late.
    const start = this.player.mediaTime(this.wanted.pdt_ms);
    const target = start + INTO_PART_S;
    if (start === null || !this.player.isBuffered(target) || !this.player.isBuffered(target + LEAST_LEFT_S)) return;
    const { video } = this.player;
    if (target > video.currentTime) {
      video.currentTime = target;
      const left = this.player.bufferedAheadS;
      this.done.push({ asked: this.wanted.asked, sought: performance.now(), target, left });
    }
    this.#end();
  }

  #giveUp() {
    this.report("warning", "barge_in.not_buffered", { wanted: this.wanted, ...this.player.describe() });
    this.#end();
  }

  #end() {
    clearTimeout(this.timer);
    this.rateController.resting = false;
    const ended = this.wanted;
    this.wanted = null;
    ended?.after();
  }
}
