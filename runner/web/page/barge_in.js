// After `stop` the server bursts idle ahead of the clock and names its first part; the page seeks there
// as soon as it is buffered. Never sooner: a seek to what is not buffered freezes the player.

const GIVE_UP_MS = 3000;
// Chromium shows the frame under the target at once, and its clock starts some 65 ms later. The later in that frame,
// the sooner the next one: median gap 100 ms at 20 ms into the frame, 67 ms at 36 ms of its 40 (20 seeks each).
const INTO_PART_S = 0.036;
const REMEMBERED = 64;

export class BargeIn {
  constructor(player, rateController, report) {
    this.player = player;
    this.rateController = rateController;
    this.report = report;
    this.buffered = [];
    this.wanted = null;
    this.done = []; // {asked, sought}: for figures and tests
    player.onBuffered = (place) => this.#note(place);
  }

  /** Seek to `{media_sequence, part}` once it is there. Native players cannot be told to: they play it out. */
  seek(place) {
    if (!this.player.hls) return;
    this.wanted = { ...place, asked: performance.now() };
    this.rateController.resting = true;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#giveUp(), GIVE_UP_MS);
    for (const seen of this.buffered) this.#try(seen);
  }

  /** A new source counts its segments anew. */
  forget() {
    this.buffered = [];
    this.#end();
  }

  #note(place) {
    this.buffered.push(place);
    if (this.buffered.length > REMEMBERED) this.buffered.shift();
    this.#try(place);
  }

  #try({ sn, part, start }) {
    const wanted = this.wanted;
    // A whole segment (part null) serves for any of its parts, but only its own start is known: take it when it is later.
    const reached = wanted && (sn > wanted.media_sequence || (sn === wanted.media_sequence && (part ?? 0) >= wanted.part));
    if (!reached) return;
    const target = start + INTO_PART_S;
    const video = this.player.video;
    if (target > video.currentTime && this.player.isBuffered(target)) {
      video.currentTime = target;
      this.done.push({ asked: wanted.asked, sought: performance.now(), target });
    }
    this.#end();
  }

  #giveUp() {
    this.report("warning", "barge_in.not_buffered", { wanted: this.wanted, ...this.player.describe() });
    this.#end();
  }

  #end() {
    clearTimeout(this.timer);
    this.wanted = null;
    this.rateController.resting = false;
  }
}
