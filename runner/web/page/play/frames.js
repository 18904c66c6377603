// What was really presented: currentTime proves nothing, requestVideoFrameCallback does.

const KEPT = 20_000; // over ten minutes at 25 fps

export class Frames {
  /**
   * Log every presented frame as {now, mediaTime, gap, pdtMs}, in ms, s, ms, ms; `onFrame(entry)` after each.
   *
   * A busy page is called once for several frames, as `presentedFrames` tells: `gap` is then their mean distance.
   */
  constructor(player, onFrame) {
    this.player = player;
    this.video = player.video;
    this.onFrame = onFrame;
    this.log = [];
    this.last = null;
    this.longestGap = 0;
    if (this.supported) this.#next();
  }

  get supported() {
    return "requestVideoFrameCallback" in HTMLVideoElement.prototype;
  }

  /** A pause that is not the stream's fault (a hidden tab, a new source) begins no gap. */
  forget() {
    this.last = null;
  }

  /** The first logged frame that was shown after `since` and is dated `pdtMs` or later. */
  firstAt(pdtMs, since) {
    let found = null;
    for (let i = this.log.length - 1; i >= 0 && this.log[i].shown > since; i -= 1)
      if (this.log[i].pdtMs !== null && this.log[i].pdtMs >= pdtMs - 1) found = this.log[i];
    return found;
  }

  #gap(now, presented) {
    if (this.last === null) return 0;
    return (now - this.last.now) / Math.max(1, presented - this.last.presented);
  }

  #next() {
    this.video.requestVideoFrameCallback((now, metadata) => {
      this.#next();
      const entry = {
        now,
        mediaTime: metadata.mediaTime,
        gap: this.#gap(now, metadata.presentedFrames),
        shown: metadata.expectedDisplayTime,
        presented: metadata.presentedFrames,
        pdtMs: this.player.pdtMs(metadata.mediaTime),
      };
      this.last = entry;
      // The first seconds after attaching are warm-up: the player is still finding its place.
      if (this.log.length > 50) this.longestGap = Math.max(this.longestGap, entry.gap);
      this.log.push(entry);
      if (this.log.length > KEPT) this.log.splice(0, KEPT / 10);
      this.onFrame(entry);
    });
  }
}
