// What was said, as a list: each turn with what became of it and where its time went. A reload keeps it. A screen reader
// does not read out what comes (aria-live is off): it was typed here, or is heard from the avatar at the same time.

import { recall, remember, tab } from "../play/memory.js";
import { stagesBar } from "./stages.js";

const KEY = "onair.conversation";
const KEPT = 60;
const LETTER = /[\p{L}\p{N}]/gu;
const STATUS = { waiting: "Getting ready", speaking: "Speaking", done: "Spoken", interrupted: "Cut off", failed: "Failed" };

export class Conversation {
  /** `say(text)` says an entry's text again. */
  constructor({ log, list, empty, say }) {
    Object.assign(this, { log, list, empty, say });
    this.entries = [];
    this.rows = new Map(); // entry → li
    for (const kept of recall(tab, KEY) ?? []) {
      if (kept.status === "waiting" || kept.status === "speaking") kept.status = "done";
      this.#add(kept);
    }
  }

  /** A text was sent. */
  ask(text, clientId) {
    this.#add({ text, clientId, turn: null, status: "waiting", at: Date.now(), own: true, stages: {} });
  }

  /** A message of the server. */
  take(message) {
    const entry = this.#entry(message);
    if (message.type === "state" && entry && message.state !== "idle" && live(entry)) {
      entry.turn ??= message.turn;
      // Between two clauses of a turn it thinks again; that is no news to who listens.
      if (message.state === "talking") entry.status = "speaking";
    } else if (message.type === "clause") this.#clause(message, entry);
    else if (message.type === "turn_end" && entry) {
      entry.status = message.reason;
      if (message.reason !== "done") entry.heard = message.heard;
    } else if (message.type === "latency" && entry) this.#stages(entry, message);
    else if (message.type === "error" && entry) entry.status = "failed";
    else return;
    if (entry) this.#show(entry);
  }

  /** The page's own measure: ms from the send to the first talking frame that was shown. */
  shown(turn, ms) {
    const entry = this.entries.findLast((one) => one.turn === turn);
    if (!entry) return;
    entry.stages.shown_ms = Math.round(ms);
    this.#show(entry);
  }

  /** The connection is gone for good: what was being said will not end. */
  forsake() {
    for (const entry of this.entries.filter(live)) {
      entry.status = "interrupted";
      this.#show(entry);
    }
  }

  /** The texts that this page sent, oldest first. */
  get said() {
    return this.entries.filter((one) => one.own).map((one) => one.text);
  }

  #entry({ turn, client_id }) {
    const { entries } = this;
    const found = turn && entries.findLast((one) => one.turn === turn);
    if (found || !client_id) return found || null;
    const own = entries.findLast((one) => one.clientId === client_id);
    if (own && turn) own.turn = turn;
    return own ?? null;
  }

  #clause({ turn, index, text }, entry) {
    if (entry?.own) return;
    // A turn that another application began is told here as its clauses come, some twice: with more of their words.
    const clauses = entry?.clauses ?? [];
    clauses[index] = text;
    const whole = clauses.filter(Boolean).join(" ");
    if (entry) Object.assign(entry, { clauses, text: whole });
    else this.#add({ text: whole, clauses, clientId: null, turn, status: "speaking", at: Date.now(), own: false, stages: {} });
  }

  #stages(entry, { speech_ms, rendered_ms, published_ms }) {
    Object.assign(entry.stages, { speech_ms, rendered_ms, published_ms });
  }

  #add(entry) {
    this.entries.push(entry);
    const row = document.createElement("li");
    this.rows.set(entry, row);
    this.list.append(row);
    while (this.entries.length > KEPT) {
      const old = this.entries.shift();
      this.rows.get(old).remove();
      this.rows.delete(old);
    }
    this.empty.hidden = true;
    this.#show(entry);
  }

  /** In place: the focus, on "Say again", stays. */
  #show(entry) {
    const row = this.rows.get(entry);
    const nearEnd = this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < 120;
    row.dataset.status = entry.status;
    if (!row.firstChild) row.append(document.createElement("p"), this.#foot(entry), document.createElement("div"));
    const [said, foot, stages] = row.children;
    said.replaceWith(text(entry));
    stages.replaceWith(stagesBar(entry.stages));
    foot.querySelector(".status").textContent = STATUS[entry.status] ?? entry.status;
    foot.querySelector(".again").setAttribute("aria-label", `Say again: ${entry.text.slice(0, 60)}`);
    if (nearEnd) this.log.scrollTop = this.log.scrollHeight;
    remember(tab, KEY, this.entries);
  }

  #foot(entry) {
    const foot = document.createElement("p");
    foot.className = "foot";
    const time = document.createElement("time");
    time.textContent = new Date(entry.at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    const status = document.createElement("span");
    status.className = "status";
    const again = document.createElement("button");
    again.type = "button";
    again.className = "again";
    again.textContent = "Say again";
    again.addEventListener("click", () => this.say(entry.text));
    foot.append(time, status, again);
    return foot;
  }
}

const live = (entry) => entry.status === "waiting" || entry.status === "speaking";

/** The text; of what was cut off, what nobody heard is marked. */
function text(entry) {
  const line = document.createElement("p");
  line.className = "said";
  const upTo = entry.heard === undefined ? entry.text.length : reach(entry.text, entry.heard);
  const rest = document.createElement("del");
  rest.textContent = entry.text.slice(upTo);
  line.append(entry.text.slice(0, upTo));
  if (rest.textContent.trim()) line.append(rest);
  return line;
}

/** How far into `text` the voice came: the server tells it by words, whose spaces and marks may be others. */
function reach(text, heard) {
  const spoken = heard.match(LETTER)?.length ?? 0;
  let count = 0;
  for (const found of text.matchAll(LETTER)) {
    if (count === spoken) return count ? text.slice(0, found.index).trimEnd().length : 0;
    count += 1;
  }
  return text.length;
}
