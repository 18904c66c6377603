// The developer's corner: figures over time, the segments, and a button that copies all that a report needs.

import { inWords } from "../talk/stages.js";
import { copied } from "../share.js";
import { diagnostics } from "./diagnostics.js";
import { Plot } from "./plot.js";
import { Segments } from "./segments.js";

const EVERY_MS = 500;
const MESSAGES_KEPT = 100;
// What was said, and what opens: who has a session's id may speak in it, who has a channel's may watch it.
const SECRET = ["text", "heard", "words", "resume_token", "session_id", "channel", "playlist"];

export class Dev {
  /** `screen`, `latency`; `stats()` of the last `stats` message, `settings`. */
  constructor(element, told) {
    this.element = element;
    this.told = told;
    this.messages = [];
    this.segments = new Segments();
    const s = (value) => `${value.toFixed(2)} s`;
    this.edge = new Plot({ title: "Behind the edge", format: s, floor: 1 });
    this.rate = new Plot({ title: "Playback rate", format: (value) => `${value.toFixed(2)}×`, floor: 1.2 });
    this.rtf = new Plot({ title: "Render RTF, per window", format: (value) => value.toFixed(2), floor: 1, bars: true });
    this.latency = new Plot({ title: "First frame, per turn", format: inWords, floor: 1000, bars: true });
    this.dropped = new Plot({ title: "Dropped frames", format: String, floor: 5 });
    this.gap = new Plot({ title: "Gap between frames", format: (value) => `${Math.round(value)} ms`, floor: 100 });
    this.plots = [this.edge, this.latency, this.rtf, this.rate, this.gap, this.dropped];
    this.#build();
    if (new URLSearchParams(location.search).has("dev")) element.open = true;
    this.seen = 0;
    setInterval(() => this.#tick(), EVERY_MS);
  }

  toggle() {
    this.element.open = !this.element.open;
    if (this.element.open) this.element.querySelector("summary").focus();
  }

  /** A message of the server. */
  take(message) {
    const kept = Object.fromEntries(Object.entries(message).filter(([name]) => !SECRET.includes(name)));
    this.messages.push({ at: new Date().toISOString(), ...kept });
    if (this.messages.length > MESSAGES_KEPT) this.messages.shift();
    if (message.type === "session") this.segments.forget();
    else if (message.type === "segment_published") this.segments.take(message);
    else if (message.type === "window") {
      this.rtf.add(message.rtf);
      this.windows = true;
    } else if (message.type === "stats" && !this.windows) this.rtf.add(message.rtf);
  }

  #tick() {
    const { screen, latency } = this.told;
    const { video, frames } = screen;
    this.edge.add(screen.edgeDistance ?? NaN);
    this.rate.add(video.playbackRate);
    this.dropped.add(video.getVideoPlaybackQuality?.().droppedVideoFrames);
    if (frames.log.length) this.gap.add(Math.max(...frames.log.slice(-13).map((entry) => entry.gap)));
    while (this.seen < latency.samples.length) this.latency.add(latency.samples[this.seen++]);
    if (this.element.open) for (const plot of this.plots) plot.show();
    const brief = [["first frame", this.latency, inWords], ["RTF", this.rtf, (v) => v.toFixed(2)], ["behind", this.edge, (v) => `${v.toFixed(1)} s`]]
      .filter(([, plot]) => plot.values.length)
      .map(([name, plot, format]) => `${name} ${format(plot.values.at(-1))}`);
    document.getElementById("brief").textContent = brief.join(" · ");
  }

  #build() {
    const plots = document.createElement("div");
    plots.className = "plots";
    plots.append(...this.plots.map((plot) => plot.element));
    const copy = document.createElement("button");
    copy.type = "button";
    copy.textContent = "Copy diagnostics";
    const line = document.createElement("p");
    line.className = "note";
    line.setAttribute("role", "status");
    line.textContent = "Browser, player, figures, last errors and messages as JSON; nothing that was said.";
    copy.addEventListener("click", async () => {
      const bundle = JSON.stringify(await this.bundle(), null, 1);
      const isCopied = await copied(bundle);
      line.textContent = isCopied ? `Copied: ${Math.ceil(bundle.length / 1000)} kB of JSON.` : "The browser keeps its clipboard closed. The bundle is in its console.";
      if (!isCopied) console.info(bundle);
    });
    const row = document.createElement("div");
    row.className = "row";
    row.append(copy, line);
    document.getElementById("dev-body").append(plots, this.segments.element, row);
  }

  /** The diagnostics bundle as a JSON value. */
  bundle() {
    const { screen, latency, settings } = this.told;
    return diagnostics({
      screen, latency, settings, stats: this.told.stats(),
      plots: this.plots, segments: this.segments.rows, messages: this.messages,
    });
  }
}
