// Holds the playhead a fixed time behind the published edge. hls.js's own chase does nothing below 1.3 s.
// Numbers: measured with segments of 24 frames in parts of 8 (hls_facts section 8). Where to stand is told by Distance.

const EVERY_MS = 100;
const STARTING_MS = 4000;
const SLOWEST = 0.94;
const FASTEST = 1.1;

export class RateController {
  constructor(player) {
    this.player = player;
    /**
     * {behindS, jumpS, startingJumpS, leastAheadS, seeksUnbuffered}. Further behind than `jumpS` is not caught up by
     * rate, but by a seek; at the start, when nobody listens yet and hls.js joins a part or two too early, than
     * `startingJumpS`.
     */
    this.stance = null;
    this.resting = false; // while somebody else is about to seek
    this.isHeld = false;
    this.begin();
    this.timer = setInterval(() => this.#tick(), EVERY_MS);
  }

  /** A new source: for a moment the place is found by seeks, not by rate. */
  begin() {
    this.begun = null;
  }

  /** Let the picture stand still, without a pause, which a browser might not let a page end. */
  hold() {
    this.isHeld = true;
    this.player.video.playbackRate = 0;
  }

  release() {
    this.isHeld = false;
    this.player.video.playbackRate = 1;
  }

  /** Seconds from the playhead to the published edge, or null while that is unknown. */
  get edgeDistance() {
    const { edgeS, video } = this.player;
    return edgeS === null ? null : edgeS - video.currentTime;
  }

  #tick() {
    const { player: { hls, video }, edgeDistance: distance, stance } = this;
    if (!hls) return; // a native player finds its own place
    if (this.isHeld && video.playbackRate) video.playbackRate = 0; // a new source has set it to 1
    if (this.isHeld || distance === null || this.resting || video.paused || video.seeking || video.readyState < 2) return;
    const error = distance - stance.behindS;
    this.begun ??= performance.now();
    const jump = performance.now() - this.begun < STARTING_MS ? stance.startingJumpS : stance.jumpS;
    if (error > jump && this.#jump(error)) return;
    // A step of 0.02 keeps the pitch still: every change of the rate restarts the time stretcher.
    const rate = Math.round((1 + error * 0.3) * 50) / 50;
    // Never run faster into the end of what is buffered: at the start the next part may still be on its way.
    const fastest = this.player.bufferedAheadS < stance.leastAheadS ? 1 : FASTEST;
    const wanted = Math.abs(error) < 0.04 ? 1 : Math.min(fastest, Math.max(SLOWEST, rate));
    if (video.playbackRate !== wanted) video.playbackRate = wanted;
  }

  #jump(error) {
    const video = this.player.video;
    const last = video.buffered.length - 1;
    if (last < 0) return false;
    // Never past what is buffered: that froze hls.js in low-latency mode.
    const end = this.stance.seeksUnbuffered ? Infinity : video.buffered.end(last) - 0.15;
    const target = Math.min(video.currentTime + error, end);
    if (target <= video.currentTime + 0.3 || target < video.buffered.start(last)) return false;
    video.currentTime = target;
    return true;
  }
}
