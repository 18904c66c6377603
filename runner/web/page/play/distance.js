// How far behind the edge the picture is played. Near: part by part, as close as it goes. Far, where the network does not
// keep up: by whole segments, from a reserve that is gathered first.

const EVERY_MS = 250;
// Parts that come late now and then are no reason yet; standing still counts where loading is not quick either.
const TOO_SLOW = [
  { strain: 1.05, stalls: 0 },
  { strain: 0.8, stalls: 1 },
  { strain: 0.5, stalls: 2 },
];
const SHORT = { from: 1, until: 0.9 }; // strain
const EASY = 0.5;
const CALM_MS = 30_000; // so long it must be easy to go near again; longer after each attempt that failed
const LONGEST_CALM_MS = 480_000;
const RESERVE_S = 2.5;
const GATHERING_MS = 10_000; // then what there is is played
const EASE_S = 0.25;

const NEAR = { jumpS: 1.5, startingJumpS: 0.4, leastAheadS: 0.25, seeksUnbuffered: false };
// Whole segments can be sought in: hls.js froze on that by parts alone. Chasing must not eat the reserve.
const FAR = { behindS: 4, jumpS: 12, startingJumpS: 12, leastAheadS: 3, seeksUnbuffered: true };

export class Distance {
  /**
   * `mayLeaveOut()`: whether nothing is said that a jump would leave out. `onChange(name, rates)`: "near", "gathering",
   * "far", or "short": far, and still too slow.
   */
  constructor(player, rateController, network, { nearS, mayLeaveOut, onChange }) {
    Object.assign(this, { player, rateController, network, mayLeaveOut, onChange });
    this.near = { ...NEAR, behindS: nearS };
    this.far = { ...FAR, behindS: Math.max(FAR.behindS, nearS + 3) };
    this.isFar = false;
    this.gathering = null; // since when, in ms
    this.calmMs = CALM_MS;
    this.name = "near";
    rateController.stance = this.near;
    this.timer = setInterval(() => this.#tick(), EVERY_MS);
  }

  /** A new source: the network is the same. */
  begin() {
    this.network.forget();
    if (this.isFar) this.#gather();
  }

  #tick() {
    const { strain, stalls } = this.network;
    if (!this.player.hls) return this.#tell("near"); // nothing plays, so there is nothing to tell
    if (!this.isFar) {
      this.#ease();
      if (TOO_SLOW.some((one) => strain > one.strain && stalls >= one.stalls)) this.#goFar();
      return;
    }
    if (this.gathering !== null) this.#look();
    else if (this.#isDry()) this.#gather();
    const isShort = strain > (this.name === "short" ? SHORT.until : SHORT.from);
    this.#tell(isShort ? "short" : this.gathering === null ? "far" : "gathering");
    if (strain > EASY || stalls || this.gathering !== null || Number.isNaN(strain)) this.strainedAt = performance.now();
    else if (performance.now() - this.strainedAt > this.calmMs) this.#goNear();
  }

  #goFar() {
    this.#tell("gathering"); // with the rates that led to it
    this.isFar = true;
    this.strainedAt = performance.now();
    this.player.load({ behindS: this.far.behindS, byParts: false });
    this.rateController.stance = this.far;
    this.network.forget();
    this.#gather();
  }

  /** While something is said the picture runs a little faster until it is there; else it jumps. */
  #goNear() {
    this.#tell("near");
    this.isFar = false;
    this.calmMs = Math.min(2 * this.calmMs, LONGEST_CALM_MS);
    this.player.load({ behindS: this.near.behindS, byParts: true });
    this.rateController.stance = { ...this.near, behindS: this.rateController.edgeDistance ?? this.near.behindS };
    this.network.forget();
  }

  #ease() {
    const { stance, edgeDistance } = this.rateController;
    if (stance.behindS <= this.near.behindS || edgeDistance === null) return;
    const nextS = this.mayLeaveOut() ? 0 : Math.min(stance.behindS, edgeDistance - EASE_S);
    stance.behindS = Math.max(this.near.behindS, nextS);
  }

  #isDry() {
    const { video } = this.player;
    // A hole with a reserve behind it is the watchdog's, which rests at rate 0.
    const isStarved = video.readyState < 3 && this.player.bufferedAheadS < RESERVE_S;
    return isStarved && !video.paused && !video.seeking;
  }

  #gather() {
    this.gathering = performance.now();
    this.rateController.hold();
  }

  #look() {
    if (this.player.bufferedAheadS < RESERVE_S && performance.now() - this.gathering < GATHERING_MS) return;
    this.gathering = null;
    this.rateController.release();
  }

  #tell(name) {
    if (name === this.name) return;
    this.name = name;
    this.onChange(name, this.network.rates);
  }
}
