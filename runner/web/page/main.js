// Joins the parts of the page. `window.onair` is what tests and the curious look at.

import { BargeIn } from "./barge_in.js";
import { Caption } from "./caption.js";
import { Frames } from "./frames.js";
import { Latency } from "./latency.js";
import { NO_PLAYER, Player } from "./player.js";
import { Playout } from "./playout.js";
import { RateController } from "./rate_controller.js";
import { Socket } from "./socket.js";
import { Sound } from "./sound.js";
import { View, seconds } from "./view.js";
import { Watchdog } from "./watchdog.js";

const PLAYHEAD_MS = 250;
const FIGURES_MS = 500;
const DEFAULT_BEHIND_MS = 700;

const settings = JSON.parse(document.getElementById("settings").textContent);
const asked = Number(new URLSearchParams(location.search).get("behind"));
const behindS = asked >= 0.35 && asked <= 30 ? asked : (settings.behind_ms ?? DEFAULT_BEHIND_MS) / 1000;

const video = document.getElementById("video");
const form = document.getElementById("form");
const text = document.getElementById("text");
const view = new View();
const caption = new Caption(document.getElementById("caption"), () => video.currentTime);
const errors = [];
let stats = {};
let turn = null; // the one that the page shows

const report = (level, event, data) => socket.log(level, event, data);

const player = new Player(video, {
  behindS,
  onError(details, fatal, data) {
    errors.push({ at: performance.now(), details, fatal, ...data });
    report(fatal ? "error" : "warning", `player.${details}`, data);
    if (details === NO_PLAYER) view.waiting(data.message);
  },
  onSource() {
    frames.forget();
    bargeIn.forget();
    watchdog.reset();
    rateController.begin();
  },
});
const rateController = new RateController(player, behindS);
const bargeIn = new BargeIn(player, rateController, report);
const watchdog = new Watchdog(player, report);
const playout = new Playout(() => rateController.edgeDistance);
const latency = new Latency();
const frames = new Frames(player, () => {
  watchdog.reset();
  latency.look(frames);
  view.picture();
});
new Sound(video, (isOn) => view.sound(isOn));

const socket = new Socket({
  onOpen: () => view.notice(""),
  onClosed: () => view.state("lost"),
  onMessage(message) {
    latency.message(message, frames);
    TAKE[message.type]?.(message);
  },
});

const TAKE = {
  session(message) {
    window.onair.sessionId = message.session_id;
    view.state("idle");
    player.play(message.playlist);
  },
  state(message) {
    window.onair.state = message.state;
    const show = () => {
      view.state(message.state, message.eta_ms);
      if (message.state === "idle") caption.clear();
    };
    if (message.state === "thinking") {
      if (message.eta_ms !== undefined) view.slow(message.eta_ms, stats.rtf);
    }
    if (message.state === "thinking" && message.turn !== turn) {
      turn = message.turn;
      playout.drop(); // or the end of the turn before would be shown after the beginning of this one
      show();
    } else playout.then(show); // between two clauses of a turn, too: the first one is still to be seen
  },
  clause: (message) => playout.then(() => caption.say(message)),
  turn_end(message) {
    if (!message.interrupted) return;
    const show = () => {
      caption.clear();
      view.state("idle");
    };
    playout.drop();
    if (message.seek) {
      bargeIn.seek(message.seek);
      show();
    } else playout.then(show); // no burst: what was published is played out
  },
  stats: (message) => Object.assign(stats, message),
  error: (message) => view.notice(message.message),
};

function send() {
  const said = text.value.trim();
  if (!said) return;
  latency.sent();
  if (!socket.send({ type: "prompt", text: said, client_id: crypto.randomUUID?.() ?? String(Math.random()) })) {
    view.notice("Not connected just now; the text is kept. Try again in a moment.");
    return;
  }
  text.value = "";
  grow();
  view.notice("");
}

function stop() {
  const heard = player.pdtMs();
  socket.send({ type: "control", action: "stop", ...(heard === null ? {} : { heard_pdt_ms: Math.round(heard) }) });
}

function grow() {
  text.style.height = "auto";
  text.style.height = `${text.scrollHeight + 2}px`; // and its border
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  send();
});
text.addEventListener("input", grow);
text.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    send();
  } else if (event.key === "Escape") stop();
});
document.getElementById("stop").addEventListener("click", stop);
document.getElementById("by-clause").addEventListener("click", () => {
  socket.send({ type: "control", action: "by_clause" });
});
document.addEventListener("visibilitychange", () => {
  frames.forget();
  watchdog.reset();
});
window.addEventListener("error", (event) => {
  errors.push({ at: performance.now(), details: "page.error", fatal: false, message: event.message });
  report("error", "page.error", { message: event.message, at: `${event.filename}:${event.lineno}` });
});
window.addEventListener("unhandledrejection", (event) => {
  errors.push({ at: performance.now(), details: "page.rejection", fatal: false, message: String(event.reason) });
  report("error", "page.rejection", { message: String(event.reason) });
});

setInterval(() => {
  const pdtMs = video.paused ? null : player.pdtMs();
  if (pdtMs !== null) socket.send({ type: "playhead", pdt_ms: Math.round(pdtMs) });
}, PLAYHEAD_MS);

setInterval(() => {
  const distance = rateController.edgeDistance;
  view.figures({
    latency: latency.samples.length ? `${seconds(latency.samples.at(-1))} · ${seconds(latency.median)}` : "–",
    rtf: Number.isFinite(stats.rtf) ? stats.rtf.toFixed(2) : "–",
    edge: distance === null ? "–" : `${distance.toFixed(2)} s`,
    rate: `${video.playbackRate.toFixed(2)}×`,
    dropped: String(video.getVideoPlaybackQuality?.().droppedVideoFrames ?? "–"),
    gap: frames.supported ? `${Math.round(frames.longestGap)} ms` : "–",
  });
}, FIGURES_MS);

window.onair = {
  errors,
  get framesPresented() {
    return frames.log;
  },
  get latencies() {
    return latency.samples;
  },
  get edgeDistance() {
    return rateController.edgeDistance;
  },
  get stats() {
    return stats;
  },
  bargeIns: bargeIn.done,
  player,
  sessionId: null,
  state: "connecting",
};
