// The player's bar: mute, volume, captions, full screen.

import { browser, recall, remember } from "./memory.js";
import { Sound } from "./sound.js";

const KEY = "onair.captions";
const element = (id) => document.getElementById(id);

export class Controls {
  constructor(video) {
    this.sound = new Sound(video, (isOn, volume) => this.#told(isOn, volume));
    element("mute").addEventListener("click", () => this.sound.toggle());
    element("sound").addEventListener("click", () => this.sound.on());
    element("volume").addEventListener("input", (event) => {
      this.sound.volume = event.target.value / 100;
    });
    element("captions").addEventListener("click", () => this.captions());
    element("fullscreen").addEventListener("click", () => this.fullscreen());
    element("fullscreen").hidden = !document.fullscreenEnabled;
    document.addEventListener("fullscreenchange", () => this.#fullscreenChanged());
    element("stage").addEventListener("dblclick", (event) => {
      if (!event.target.closest("button, input")) this.fullscreen();
    });
    this.#caption(recall(browser, KEY) ?? true);
  }

  captions() {
    this.#caption(document.body.dataset.captions === "off");
  }

  fullscreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else element("stage").requestFullscreen?.().catch(() => {});
  }

  #caption(isOn) {
    document.body.dataset.captions = isOn ? "on" : "off";
    element("captions").setAttribute("aria-pressed", String(isOn));
    remember(browser, KEY, isOn);
  }

  #told(isOn, volume) {
    const { sound } = this;
    document.body.dataset.sound = isOn ? "on" : sound?.wanted === false ? "unwanted" : "off";
    element("mute").setAttribute("aria-pressed", String(!isOn));
    element("mute").querySelector("use").setAttribute("href", `/page/icons.svg#${isOn ? "sound" : "muted"}`);
    if (document.activeElement !== element("volume")) element("volume").value = String(Math.round(volume * 100));
  }

  #fullscreenChanged() {
    const isFull = Boolean(document.fullscreenElement);
    element("fullscreen").setAttribute("aria-pressed", String(isFull));
    element("fullscreen").querySelector("use").setAttribute("href", `/page/icons.svg#${isFull ? "windowed" : "fullscreen"}`);
  }
}
