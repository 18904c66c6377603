// What is seen before the stream is: the avatar's picture at once, and the sides of the stage in its colours.

import { browser, recall, remember } from "./memory.js";

const KEY = "onair.poster";
const LARGE = 1024; // as the HTML asks for the default's

export class Poster {
  /** `images` all show it; a view may have none, and wants the picture's shape alone. */
  constructor(images) {
    this.images = images;
    this.shape = null;
    for (const one of images) one.addEventListener("error", () => one.removeAttribute("src"));
    if (!images.length) return;
    // The server's default is in the HTML. What this browser chose comes from its cache; the list corrects it soon.
    const address = recall(browser, KEY);
    if (address) this.#set(address);
  }

  /** The server's avatars: the chosen one is on air, else the default; neither, where the graph has its own picture. */
  know(rows, chosen) {
    const row = rows.find((one) => one.avatar === chosen) ?? rows.find((one) => one.default);
    if (row) this.show(row);
    else this.#forget();
  }

  show(row) {
    const address = sized(row.picture, LARGE);
    remember(browser, KEY, address);
    this.#set(address);
  }

  /** The picture's own shape, as the stream has it: captions lie on the picture, whatever the stage is. */
  frame({ videoWidth, videoHeight }) {
    const shape = `${videoWidth} / ${videoHeight}`;
    if (!videoWidth || shape === this.shape) return;
    this.shape = shape;
    document.body.style.setProperty("--shape", String(videoWidth / videoHeight));
  }

  #forget() {
    remember(browser, KEY, null);
    for (const one of this.images) one.removeAttribute("src");
  }

  #set(address) {
    for (const one of this.images) if (one.getAttribute("src") !== address) one.src = address;
  }
}

/** The address of a picture so many pixels large: a small JPEG. */
export function sized(address, pixels) {
  return `${address}?size=${pixels}`;
}
