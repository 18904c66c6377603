// The picture: a video, its player, and what keeps it at its distance from the edge. Every view has one.

import { BargeIn } from "./barge_in.js";
import { Distance } from "./distance.js";
import { Frames } from "./frames.js";
import { Network } from "./network.js";
import { Player } from "./player.js";
import { Playout } from "./playout.js";
import { RateController } from "./rate_controller.js";
import { Watchdog } from "./watchdog.js";

const DEFAULT_BEHIND_MS = 700;
const ERRORS_KEPT = 200;
const nobody = () => {};
const SILENT = { onFrame: nobody, onSource: nobody, onError: nobody, onEnded: nobody, onNetwork: nobody, mayLeaveOut: () => false };

export const settings = JSON.parse(document.getElementById("settings").textContent);

/** Seconds behind the edge: `?behind=` of the address, else the server's setting. */
function behindS() {
  const asked = Number(new URLSearchParams(location.search).get("behind"));
  return asked >= 0.35 && asked <= 30 ? asked : (settings.behind_ms ?? DEFAULT_BEHIND_MS) / 1000;
}

export class Screen {
  /**
   * `report(level, event, data)` logs; `onFrame`, `onSource`, `onEnded`, `onError(details, fatal, data)` and
   * `onNetwork(name, rates)` are told; the last and `mayLeaveOut()` are `Distance`'s.
   */
  constructor(video, told) {
    const { report, onFrame, onSource, onError, onEnded, onNetwork, mayLeaveOut } = { ...SILENT, ...told };
    const nearS = behindS();
    this.video = video;
    this.errors = [];
    this.player = new Player(video, {
      behindS: nearS,
      onEnded,
      onError: (details, fatal, data) => {
        this.note(details, fatal, data);
        report(fatal ? "error" : "warning", `player.${details}`, data);
        onError(details, fatal, data);
      },
      onSource: () => {
        this.frames.forget();
        this.bargeIn.forget();
        this.watchdog.reset();
        this.rateController.begin();
        this.distance.begin();
        onSource();
      },
    });
    this.rateController = new RateController(this.player);
    this.network = new Network(this.player);
    this.distance = new Distance(this.player, this.rateController, this.network, {
      nearS,
      mayLeaveOut,
      onChange: (name, rates) => {
        report("info", `network.${name}`, rates);
        onNetwork(name, rates);
      },
    });
    this.bargeIn = new BargeIn(this.player, this.rateController, this.distance, report);
    this.watchdog = new Watchdog(this.player, report);
    this.playout = new Playout(() => this.#placeMs, () => this.edgeDistance);
    this.#watch(onFrame);
    this.#listen(report);
  }

  /** Where the picture is, in ms: its date, or its own time where a native player tells no date; null while unknown. */
  get #placeMs() {
    const { hls, video } = this.player;
    return this.player.pdtMs() ?? (hls || !video.readyState ? null : video.currentTime * 1000);
  }

  get edgeDistance() {
    return this.rateController.edgeDistance;
  }

  /** Remember an error, for tests and for the diagnostics bundle. */
  note(details, fatal, data) {
    this.errors.push({ at: performance.now(), details, fatal, ...data });
    if (this.errors.length > ERRORS_KEPT) this.errors.shift();
  }

  #watch(onFrame) {
    this.frames = new Frames(this.player, (entry) => {
      this.watchdog.reset();
      onFrame(entry);
    });
    if (!this.frames.supported) this.video.addEventListener("timeupdate", () => onFrame(null));
    document.addEventListener("visibilitychange", () => {
      this.frames.forget();
      this.watchdog.reset();
    });
  }

  #listen(report) {
    window.addEventListener("error", (event) => {
      if (!event.message) return; // a picture that did not load
      this.note("page.error", false, { message: event.message });
      report("error", "page.error", { message: event.message, at: `${event.filename}:${event.lineno}` });
    });
    window.addEventListener("unhandledrejection", (event) => {
      this.note("page.rejection", false, { message: String(event.reason) });
      report("error", "page.rejection", { message: String(event.reason) });
    });
  }
}
