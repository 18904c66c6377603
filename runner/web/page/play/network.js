// How the network keeps up: what loading takes against what it plays, and how often the picture stood still.

const JUDGED = 8; // loads: parts of 0.32 s, or segments of 0.96 s
const LEAST_JUDGED = 4;
const OUTLIER = 3; // a load counts as three times its length at most: a server that paused once is no slow network
const STALLS_KEPT_MS = 20_000;
const STARTING_MS = 4000; // hls.js begins with one part in hand
const SOUGHT_MS = 1000; // a seek waits for its picture, too

export class Network {
  constructor(player) {
    this.video = player.video;
    this.sought = -Infinity;
    player.onLoaded = (load) => this.#loaded(load);
    this.video.addEventListener("seeking", () => {
      this.sought = performance.now();
    });
    this.video.addEventListener("waiting", () => this.#waits());
    this.expect();
    this.forget();
  }

  /** A new source, or another way of loading: what was seen before tells nothing of it. */
  forget() {
    this.begun = performance.now();
    this.loads = [];
    this.stalled = [];
  }

  /** Nothing was to come until now. */
  expect() {
    this.cameAt = performance.now();
  }

  /** Milliseconds since something came. */
  get silentMs() {
    return performance.now() - this.cameAt;
  }

  /** Milliseconds that loading takes for a millisecond of picture; 1 is just too slow, NaN is not known yet. */
  get strain() {
    if (this.loads.length < LEAST_JUDGED) return NaN;
    return sum(this.loads, (one) => Math.min(one.tookS, OUTLIER * one.mediaS)) / sum(this.loads, (one) => one.mediaS);
  }

  /** Bits of a second of picture, and bits that come in a second of loading. */
  get rates() {
    const bits = 8 * sum(this.loads, (one) => one.bytes);
    return { neededBitsPerS: bits / sum(this.loads, (one) => one.mediaS), gotBitsPerS: bits / sum(this.loads, (one) => one.tookS) };
  }

  /** How often the picture stood still for want of data lately. */
  get stalls() {
    const since = performance.now() - STALLS_KEPT_MS;
    this.stalled = this.stalled.filter((at) => at > since);
    return this.stalled.length;
  }

  #loaded(load) {
    this.cameAt = performance.now();
    if (document.hidden || !(load.tookS > 0)) return;
    this.loads.push(load);
    if (this.loads.length > JUDGED) this.loads.shift();
  }

  #waits() {
    const now = performance.now();
    if (document.hidden || this.video.seeking || now - this.sought < SOUGHT_MS || now - this.begun < STARTING_MS) return;
    this.stalled.push(now);
  }
}

function sum(list, value) {
  return list.reduce((total, one) => total + value(one), 0);
}
