// Keys for everything, told in a dialog. Single letters work outside text fields alone, and can be switched off.

import { Dialog } from "./dialog.js";
import { browser, recall, remember } from "./play/memory.js";

const KEY = "onair.keys";
const FIELDS = "input:not([type=range]):not([type=checkbox]), textarea, select, [contenteditable]";
const OUTSIDE = ["/", "D"]; // what they lead to is not to be seen in full screen
const IN_THE_BOX = [
  ["Enter", "Speak"],
  ["Shift + Enter", "A new line"],
  ["↑ ↓", "Through what was said"],
  ["Esc", "Stop"],
];

export class Keys {
  constructor(element, opener, { controls, avatars, voices, share, dev, stop }) {
    this.shortcuts = [
      ["/", "To the text box", () => document.getElementById("text").focus()],
      ["Esc", "Stop", stop],
      ["M", "Sound on and off", () => controls.sound.toggle()],
      ["C", "Captions", () => controls.captions()],
      ["F", "Full screen", () => controls.fullscreen()],
      ["A", "Choose an avatar", () => avatars.open()],
      ["V", "Choose a voice", () => voices.open()],
      ["S", "Share", () => share.open()],
      ["D", "Developer’s corner", () => dev.toggle()],
      ["?", "These keys", () => this.dialog.open()],
    ];
    this.enabled = recall(browser, KEY) ?? true;
    this.dialog = new Dialog(element, { title: "Keys", opener });
    this.#fill();
    document.addEventListener("keydown", (event) => this.#press(event));
  }

  #press(event) {
    if (!this.enabled || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.matches?.(FIELDS) || document.querySelector("dialog[open]")) return;
    const pressed = event.key === "Escape" ? "Esc" : event.key.toUpperCase();
    const found = this.shortcuts.find(([key]) => key === pressed);
    if (!found || (pressed === "Esc" && document.fullscreenElement)) return;
    event.preventDefault();
    const away = document.fullscreenElement && OUTSIDE.includes(pressed) ? document.exitFullscreen() : Promise.resolve();
    away.then(found[2], found[2]);
  }

  #fill() {
    const label = document.createElement("label");
    label.className = "switch";
    const box = document.createElement("input");
    box.type = "checkbox";
    box.checked = this.enabled;
    box.addEventListener("change", () => {
      this.enabled = box.checked;
      remember(browser, KEY, box.checked);
    });
    label.append(box, "Single keys outside the text box");
    this.dialog.body.append(heading("In the text box"), list(IN_THE_BOX), heading("Anywhere else"), list(this.shortcuts), label);
  }
}

function heading(text) {
  const line = document.createElement("h3");
  line.textContent = text;
  return line;
}

function list(rows) {
  const list = document.createElement("dl");
  list.className = "keys";
  for (const [key, what] of rows) {
    const row = document.createElement("div");
    const term = document.createElement("dt");
    for (const one of key.split(" ")) {
      const cap = document.createElement(one === "+" ? "span" : "kbd");
      cap.textContent = one;
      term.append(cap, " ");
    }
    const told = document.createElement("dd");
    told.textContent = what;
    row.append(term, told);
    list.append(row);
  }
  return list;
}
