// Browsers start video only without sound: it is off until the viewer's first action, and on after it, unless the
// viewer wants it off. Volume and wish are kept in this browser.

import { browser, recall, remember } from "./memory.js";

const ACTIONS = ["pointerup", "keydown", "touchend"];
const KEY = "onair.sound";

export class Sound {
  /** `onChange(isOn, volume)` after every change; `wanted` where a view does not listen to what is kept. */
  constructor(video, onChange, { wanted } = {}) {
    this.video = video;
    this.onChange = onChange;
    const kept = recall(browser, KEY) ?? {};
    this.wanted = wanted ?? kept.wanted ?? true;
    video.volume = Math.min(1, Math.max(0, kept.volume ?? 1));
    video.muted = true;
    this.act = (event) => {
      // What turns the sound off is not to turn it on first.
      if (this.wanted && !event.target.closest?.("#mute")) this.on();
    };
    this.#listen();
    this.#tell();
  }

  get isOn() {
    return !this.video.muted;
  }

  toggle() {
    if (this.isOn) this.off();
    else this.on();
  }

  /** `trying`: without an action here; the page around this one may have had one. A refusal leaves it muted. */
  on({ trying = false } = {}) {
    // Escape and modifier keys are no action in the browser's eyes: unmuting then would pause the video.
    if (!trying && navigator.userActivation && !navigator.userActivation.hasBeenActive) return;
    this.#deaf();
    this.wanted = true;
    this.video.muted = false;
    if (this.video.volume === 0) this.video.volume = 1;
    this.#tell();
    if (this.video.paused) this.video.play().catch(() => this.#refused());
  }

  off() {
    this.wanted = false;
    this.video.muted = true;
    this.#tell();
  }

  /** From 0 to 1; 0 is off. */
  set volume(value) {
    this.video.volume = value;
    if (value === 0) this.off();
    else this.on();
  }

  #tell() {
    remember(browser, KEY, { wanted: this.wanted, volume: this.video.volume });
    this.onChange(this.isOn, this.video.volume);
  }

  #listen() {
    for (const action of ACTIONS) document.addEventListener(action, this.act, { capture: true });
  }

  #deaf() {
    for (const action of ACTIONS) document.removeEventListener(action, this.act, { capture: true });
  }

  #refused() {
    this.video.muted = true;
    this.video.play().catch(() => {});
    this.#tell();
    this.#listen();
  }
}
