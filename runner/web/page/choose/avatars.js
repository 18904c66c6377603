// Which face is on air: cards with pictures, and one of the viewer's own. A server that has no pictures has no choice.

import { Dialog, icon, iconButton } from "../dialog.js";
import { sized } from "../play/poster.js";
import { answered } from "../talk/notice.js";
import { Upload, pointsAddress } from "./upload.js";

const SMALL = 320;
const KINDS = { drawn: "Drawn by OnAir", picture: "From this server", uploaded: "Your picture" };

export class Avatars {
  /** `current()` is the chosen id; `onRows(rows)` after each look at the server; `onChoose(row)`. */
  constructor(element, opener, { stage, drop, uploads, current, onRows, onChoose }) {
    Object.assign(this, { opener, current, onRows, onChoose });
    this.rows = [];
    this.dialog = new Dialog(element, { title: "Who is on air", opener, onOpen: () => this.#opened() });
    this.cards = document.createElement("ul");
    this.cards.className = "cards";
    this.upload = new Upload({ onDone: (row) => this.#uploaded(row), onOpen: () => this.open() });
    this.dialog.body.append(this.cards, this.upload.element);
    this.upload.element.hidden = !uploads;
    this.upload.takeDrops(stage, drop);
    this.#load();
  }

  #opened() {
    this.upload.forget();
    this.#load();
  }

  open() {
    if (!this.opener.hidden) this.dialog.open();
  }

  async #load() {
    let told;
    try {
      told = await answered(fetch("/api/avatars"));
    } catch {
      return; // the connection's own state tells of it
    }
    this.rows = (told.avatars ?? []).filter((row) => row.picture);
    this.opener.hidden = !this.rows.length;
    this.onRows(this.rows);
    this.#show();
  }

  #show() {
    const chosen = this.rows.find((row) => row.avatar === this.current()) ?? this.rows.find((row) => row.default);
    const shown = JSON.stringify([this.rows, chosen?.avatar]);
    if (shown === this.shown) return; // the focus may be on one of them
    this.shown = shown;
    this.cards.replaceChildren(...this.rows.map((row) => this.#card(row, row === chosen)));
  }

  #card(row, isChosen) {
    const item = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "card";
    button.setAttribute("aria-pressed", String(isChosen));
    const picture = document.createElement("img");
    picture.src = sized(row.picture, SMALL);
    picture.alt = "";
    picture.loading = "lazy";
    const name = document.createElement("strong");
    name.textContent = row.title;
    const kind = document.createElement("span");
    kind.textContent = isChosen ? "On air" : (KINDS[row.kind] ?? "");
    button.append(picture, name, kind);
    button.addEventListener("click", () => {
      this.dialog.close();
      if (isChosen) return;
      this.onChoose(row);
      this.#show();
    });
    item.append(button, this.#more(row));
    return item;
  }

  #more(row) {
    const more = document.createElement("div");
    more.className = "more";
    // Who drew an avatar knew where its face is; only a picture of one's own wants correcting.
    if (row.kind !== "uploaded" || this.upload.element.hidden) return more;
    const points = document.createElement("a");
    points.href = pointsAddress(row.avatar);
    points.append(icon("points"), "Points");
    points.setAttribute("aria-label", `Points: correct where the face of ${row.title} is`);
    const remove = iconButton("bin", `Remove ${row.title}`);
    remove.addEventListener("click", () => this.#remove(row));
    more.append(points, remove);
    return more;
  }

  async #remove(row) {
    try {
      const answer = await fetch(`/api/avatars/${encodeURIComponent(row.avatar)}`, { method: "DELETE" });
      if (!answer.ok) await answered(Promise.resolve(answer));
      await this.#load();
      this.upload.tell(`${row.title} is removed.`);
      this.dialog.focus();
    } catch (error) {
      this.upload.tell(error.message, "bad");
    }
  }

  async #uploaded(row) {
    await this.#load();
    if (!row.notes?.length) this.dialog.close(); // else there is something to read, and to correct by its points
    this.onChoose(this.rows.find((one) => one.avatar === row.avatar) ?? row);
    this.#show();
  }
}
