// Which voice speaks: a list to search, each with a sample where the server has one.

import { Dialog, icon, iconButton } from "../dialog.js";
import { answered } from "../talk/notice.js";
import { write } from "../talk/status.js";

const LEAST = 2; // one voice is no choice
const SHOWN = 200;

export class Voices {
  /** `current()` is the id of the one that speaks; `onChoose(row)`. */
  constructor(element, opener, { current, onChoose }) {
    Object.assign(this, { opener, current, onChoose });
    this.rows = [];
    this.languages = new Intl.DisplayNames([navigator.language, "en"], { type: "language", fallback: "none" });
    this.dialog = new Dialog(element, {
      title: "Which voice speaks", opener, onOpen: () => this.#show(), onShown: () => this.#shown(), onClose: () => this.#silence(),
    });
    this.search = document.createElement("input");
    this.search.type = "search";
    this.search.placeholder = "Language or name";
    this.search.setAttribute("aria-label", "Search the voices by language or name");
    this.search.addEventListener("input", () => this.#show());
    this.list = document.createElement("ul");
    this.list.className = "voices";
    this.count = document.createElement("p");
    this.count.className = "note";
    this.count.setAttribute("role", "status");
    this.dialog.body.append(this.search, this.list, this.count);
    this.sample = new Audio();
    this.sample.addEventListener("ended", () => this.#silence());
    this.sample.addEventListener("error", () => this.#silence());
    this.#load();
  }

  open() {
    if (!this.opener.hidden) this.dialog.open();
  }

  /** Whether this is the id of one of the server's voices. */
  knows(id) {
    return this.rows.some((row) => row.id === id);
  }

  async #load() {
    try {
      this.rows = (await answered(fetch("/api/voices"))).voices ?? [];
    } catch {
      return; // without a list the server's own voice speaks
    }
    this.opener.hidden = this.rows.length < LEAST;
  }

  /** On a phone the focus would open the keyboard over the list. */
  #shown() {
    if (matchMedia("(hover: hover)").matches) this.search.select();
  }

  #show() {
    const wanted = this.search.value.trim().toLowerCase();
    const own = navigator.language.split("-")[0];
    const found = this.rows
      .filter((row) => `${row.id} ${row.name} ${row.language} ${this.#called(row.language)}`.toLowerCase().includes(wanted))
      .sort((a, b) => rank(b, this.current(), own) - rank(a, this.current(), own));
    this.list.replaceChildren(...found.slice(0, SHOWN).map((row) => this.#row(row)));
    const none = "No voice is called so. Search for a language, or for less.";
    write(this.count, found.length ? `${found.length} of ${this.rows.length} voices` : none);
  }

  #row(row) {
    const item = document.createElement("li");
    const isChosen = row.id === this.current();
    const choose = document.createElement("button");
    choose.type = "button";
    choose.className = "voice";
    choose.setAttribute("aria-pressed", String(isChosen));
    const name = document.createElement("strong");
    name.textContent = row.name ?? row.id;
    const language = document.createElement("span");
    // The language alone: eSpeak's region is no country's (`ca-va` is Valencian, and would read Vatican City).
    const called = this.#called((row.language ?? "").split("-")[0]);
    language.textContent = name.textContent.startsWith(called) ? row.id : `${called} · ${row.id}`;
    choose.append(name, language);
    if (isChosen) choose.append(icon("check"));
    choose.addEventListener("click", () => {
      this.onChoose(row);
      this.dialog.close();
    });
    item.append(choose);
    if (row.sample) item.append(this.#sampleButton(row));
    return item;
  }

  #sampleButton(row) {
    const button = iconButton("play", `Hear ${row.name ?? row.id}`);
    button.addEventListener("click", () => {
      const wasPlaying = this.playing === button;
      this.#silence();
      if (wasPlaying) return;
      this.playing = button;
      button.classList.add("playing");
      this.sample.src = row.sample;
      this.sample.play().catch(() => this.#silence());
    });
    return button;
  }

  #silence() {
    this.sample.pause();
    this.playing?.classList.remove("playing");
    this.playing = null;
  }

  /** What the reader calls this language tag. */
  #called(tag = "") {
    try {
      return this.languages.of(tag) ?? tag;
    } catch {
      return tag;
    }
  }
}

/** The chosen one first, then those of the browser's language. */
function rank(row, chosen, own) {
  return (row.id === chosen ? 2 : 0) + ((row.language ?? "").startsWith(own) ? 1 : 0);
}
