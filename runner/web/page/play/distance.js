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
const SILENT_MS = 5000;
// So far behind its place a far picture jumps: soon where nothing is lost by it, late where something is said.
const FAR_JUMP_S = { easy: 1.5, idle: 12, talk: 30 };
const RATE_CHANGED = 1.3; // times, to be told again

const NEAR = { jumpS: 1.5, startingJumpS: 0.4, leastAheadS: 0.25, seeksUnbuffered: false };
// Whole segments can be sought in: hls.js froze on that by parts alone. Chasing must not eat the reserve.
const FAR = { behindS: 4, jumpS: FAR_JUMP_S.idle, startingJumpS: 12, leastAheadS: 3, seeksUnbuffered: true };

export class Distance {
  /**
   * `mayLeaveOut()`: whether nothing is said that a jump would leave out. `onChange(name, rates)`: "near", "gathering",
   * "far", "short": far, and still too slow, or "silent": nothing comes at all, and the picture stands.
   */
  constructor(player, rateController, network, { nearS, mayLeaveOut, onChange }) {
    Object.assign(this, { player, rateController, network, mayLeaveOut, onChange });
    this.near = { ...NEAR, behindS: nearS };
    this.far = { ...FAR, behindS: Math.max(FAR.behindS, nearS + 3) };
    this.isFar = false;
    this.gathering = null; // since when, in ms
    this.calmMs = CALM_MS;
    this.name = "near";
    this.toldBitsPerS = NaN;
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
    if (!this.player.hls) {
      this.network.expect();
      return this.#tell("near"); // nothing plays, so there is nothing to tell
    }
    if (this.network.silentMs > SILENT_MS) return this.#beSilent();
    if (!this.isFar) {
      this.#ease();
      if (TOO_SLOW.some((one) => strain > one.strain && stalls >= one.stalls)) this.#goFar();
      else this.#tell("near");
      return;
    }
    this.far.jumpS = FAR_JUMP_S[!this.mayLeaveOut() ? "talk" : strain <= EASY ? "easy" : "idle"];
    if (this.gathering !== null) this.#look();
    else if (this.#isDry()) this.#gather();
    const isShort = strain > (this.name === "short" ? SHORT.until : SHORT.from);
    this.#tell(isShort ? "short" : this.gathering === null ? "far" : "gathering");
    if (strain > EASY || this.gathering !== null || Number.isNaN(strain)) this.strainedAt = performance.now();
    else if (performance.now() - this.strainedAt > this.calmMs) this.#goNear();
  }

  /** What was seen of the network before tells nothing of now; what is in hand is played. */
  #beSilent() {
    this.strainedAt = performance.now();
    if (this.gathering !== null) this.gathering = performance.now();
    if (this.gathering !== null || this.player.video.readyState < 3) this.#tell("silent");
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
    const { rates } = this.network;
    const times = rates.gotBitsPerS / this.toldBitsPerS;
    const isOther = name === "short" && Math.max(times, 1 / times) > RATE_CHANGED;
    if (name === this.name && !isOther) return;
    this.name = name;
    this.toldBitsPerS = rates.gotBitsPerS;
    this.onChange(name, rates);
  }
}
