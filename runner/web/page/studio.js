// The studio: the picture, the conversation, and what surrounds them. It only joins the parts, in one place, so it is as
// long as they are many. `window.onair` is for tests and the curious.

import { Avatars } from "./choose/avatars.js";
import { Voices } from "./choose/voices.js";
import { Dev } from "./dev/dev.js";
import { Controls } from "./play/controls.js";
import { Latency } from "./play/latency.js";
import { browser, recall, remember } from "./play/memory.js";
import { NO_PLAYER } from "./play/player.js";
import { Poster } from "./play/poster.js";
import { Rest } from "./play/rest.js";
import { Screen, settings } from "./play/screen.js";
import { Timeline } from "./play/timeline.js";
import { Caption } from "./talk/caption.js";
import { Composer } from "./talk/composer.js";
import { Conversation } from "./talk/conversation.js";
import { explain, notice } from "./talk/notice.js";
import { Socket, keptSession } from "./talk/socket.js";
import { Status, network, waiting } from "./talk/status.js";
import { Keys } from "./keys.js";
import { Share } from "./share.js";

const PLAYHEAD_MS = 250;
const LOST_MS = 4000; // a flap that is over sooner is told by the state alone
const FULL = "capacity.full";
const AGAIN = " This page tries again by itself.";
const CHOSEN = "onair.chosen"; // {avatar, voice}, in this browser

const element = (id) => document.getElementById(id);
const address = new URLSearchParams(location.search);
const video = element("video");
const status = new Status();
let stats = {};
let turn = null; // the one that the page shows
let isCut = false; // the turn that ended last
let lost = null;
let refusal = null; // the code of why the server let this page wait

// A tab that goes on shows what it showed, whatever another one has chosen since.
const kept = keptSession();
const chosen = { ...recall(browser, CHOSEN), ...(kept && { avatar: kept.avatar }), ...named(["avatar", "voice"]) };
const report = (level, event, data) => socket.log(level, event, data);

const poster = new Poster([element("poster"), element("backdrop")]);
const screen = new Screen(video, {
  report,
  onFrame() {
    latency.look(screen.frames);
    poster.frame(video);
    waiting("");
  },
  onSource() {
    delete document.body.dataset.picture;
    waiting("Waiting for the picture…");
  },
  onError(details, fatal, data) {
    if (details === NO_PLAYER) waiting(data.message, { aloud: true });
  },
  onNetwork: network,
  mayLeaveOut: () => document.body.dataset.state === "idle", // by the picture, not by the edge
});
const { player, playout } = screen;
const timeline = new Timeline(() => player.pdtMs());
const caption = new Caption(element("caption"), () => video.currentTime, (ticks) => timeline.secondsSince(ticks));
const conversation = new Conversation({
  log: element("log"), list: element("turns"), empty: element("empty"), say: (text) => send(text),
});
const latency = new Latency((of, ms) => conversation.shown(of, ms));
const controls = new Controls(video);
new Composer({
  form: element("form"), text: element("text"), stopButton: element("stop"), send, stop, said: () => conversation.said,
});
const dev = new Dev(element("dev"), { screen, latency, stats: () => stats, settings });

const TAKE = {
  session(message) {
    if (onair.sessionId !== message.session_id) {
      timeline.forget();
      caption.clear();
      playout.drop();
      if (onair.sessionId) conversation.forsake();
    }
    isCut = false;
    onair.sessionId = message.session_id;
    onair.channel = message.channel;
    status.state("idle");
    share.offer(message);
    player.play(message.playlist);
  },
  state(message) {
    onair.state = message.state;
    if (isCut && message.state === "idle") return; // its end tells it, when it is seen
    const show = () => {
      const isLast = message.state !== "idle" || playout.endMs === null; // else there is another turn to come
      tell(isLast ? message.state : "thinking", message.eta_ms);
      if (message.state === "idle") caption.clear();
    };
    if (message.state === "thinking" && message.eta_ms !== undefined) status.slow(message.eta_ms, stats.rtf);
    const isNew = message.state === "thinking" && message.turn !== turn;
    if (isNew) turn = message.turn;
    // At once where the turn before has been seen to its end; between two clauses the first one is still to be seen.
    if (isNew && playout.endMs === null) show();
    else playout.then(show);
  },
  clause: (message) => playout.then(() => caption.say(message), { isTalk: true }),
  segment_published: (message) => timeline.learn(message),
  turn_end(message) {
    isCut = message.interrupted;
    if (!isCut) return;
    onair.state = "idle"; // as the next message says; the seek may be over before it
    const shown = document.body.dataset.state;
    const isQuiet = !message.seek && !playout.hasTalk && shown === "thinking";
    playout.drop();
    if (isQuiet) tell("idle");
    else leaveOut(message.seek ?? { pdt_ms: playout.edgeMs });
  },
  stats: (message) => Object.assign(stats, message),
  error(message) {
    if (socket.introduced) notice(explain(message));
    // Who is not let in tries again every few seconds, and is told once.
    else if (message.code !== refusal) notice(`${explain(message)}${message.code === FULL ? AGAIN : ""}`, { stays: true });
  },
};

const socket = new Socket({
  wanted: { ...chosen },
  asked: address.get("avatar"),
  onOpen() {
    foundAgain();
    refusal = null;
    notice("");
  },
  onClosed(told) {
    refusal = told;
    status.state(refusal === FULL ? "full" : "lost");
    if (!refusal) lost ??= setTimeout(tellLost, LOST_MS);
    else foundAgain(); // a server that refuses is there
  },
  onMessage(message) {
    latency.message(message, screen.frames);
    conversation.take(message);
    dev.take(message);
    TAKE[message.type]?.(message);
  },
});

const avatars = new Avatars(element("avatars"), element("open-avatars"), {
  stage: element("stage"),
  drop: element("drop"),
  uploads: settings.uploads === true,
  current: () => chosen.avatar,
  onRows: (rows) => poster.know(rows, chosen.avatar),
  onChoose(row) {
    choose({ avatar: row.avatar });
    status.state("changing");
    player.stop(); // or the old picture would stand before the new one's
    poster.show(row);
    waiting("The avatar is getting ready…");
    socket.renew({ ...chosen });
  },
});
const voices = new Voices(element("voices"), element("open-voices"), {
  current: () => (voices.knows(chosen.voice) ? chosen.voice : settings.voice),
  onChoose: (row) => choose({ voice: row.id }),
});
const share = new Share(element("share"), element("open-share"));
const rest = new Rest({
  mayRest: () => onair.state === "idle",
  onRest() {
    socket.rest();
    player.stop();
    status.state("resting");
  },
  onWake() {
    status.state("connecting");
    socket.retry();
  },
});
new Keys(element("keys"), element("open-keys"), { controls, avatars, voices, share, dev, stop });

function named(names) {
  return Object.fromEntries(names.filter((name) => address.get(name)).map((name) => [name, address.get(name)]));
}

function choose(what) {
  Object.assign(chosen, what);
  remember(browser, CHOSEN, chosen);
}

function send(text) {
  const clientId = crypto.randomUUID?.() ?? String(Math.random());
  // A connection that is dead and does not know it would keep the text, and say it when nobody waits for it any more.
  if (screen.distance.name === "silent") return keep();
  latency.sent();
  const voice = voices.knows(chosen.voice) ? { voice: chosen.voice } : {};
  if (!socket.send({ type: "prompt", text, client_id: clientId, ...voice })) return keep();
  conversation.ask(text, clientId);
  notice("");
  return true;
}

/** Not sent: the text stays in its box. */
function keep() {
  notice("Not connected just now; the text is kept. Try again in a moment.");
  return false;
}

function stop() {
  const heard = player.pdtMs();
  socket.send({ type: "control", action: "stop", ...(heard === null ? {} : { heard_pdt_ms: Math.round(heard) }) });
  // All of it was published, so the server has nothing to stop; a picture that is behind has.
  const { endMs } = playout;
  if (onair.state !== "idle" || endMs === null || element("stop").disabled) return;
  playout.drop();
  leaveOut({ pdt_ms: endMs });
}

/** Go on from `place`; what comes before it is not to be seen. */
function leaveOut(place) {
  tell("stopping");
  screen.bargeIn.seek(place, quiet);
}

/** The picture has come to the end of what was stopped. */
function quiet() {
  caption.clear();
  if (onair.state === "idle" && playout.endMs === null) tell("idle"); // else somebody speaks again by now
}

/** What the picture shows; where the connection is gone, that is what counts. */
function tell(state, etaMs) {
  if (socket.introduced) status.state(state, etaMs);
}

function foundAgain() {
  clearTimeout(lost);
  lost = null;
}

function tellLost() {
  const text = "The server does not answer. This page tries again by itself, and what you type is kept.";
  notice(text, { stays: true, act: { label: "Try now", run: () => socket.retry() } });
}

if (settings.comfyui_url) {
  element("open-graph").href = settings.comfyui_url;
  element("open-graph").hidden = false;
}
element("by-clause").addEventListener("click", ({ currentTarget }) => {
  socket.send({ type: "control", action: "by_clause" });
  if (currentTarget.matches(":focus-visible")) element("text").focus(); // the button goes away
});
// On a phone the focus would open the keyboard over the picture.
if (matchMedia("(hover: hover)").matches) element("text").focus({ preventScroll: true });

setInterval(() => {
  const pdtMs = video.paused ? null : player.pdtMs();
  if (pdtMs !== null) socket.send({ type: "playhead", pdt_ms: Math.round(pdtMs) });
}, PLAYHEAD_MS);

const onair = (window.onair = {
  errors: screen.errors,
  get framesPresented() {
    return screen.frames.log;
  },
  get latencies() {
    return latency.samples;
  },
  get edgeDistance() {
    return screen.edgeDistance;
  },
  get stats() {
    return stats;
  },
  bargeIns: screen.bargeIn.done,
  distance: screen.distance,
  player,
  rest,
  diagnostics: () => dev.bundle(),
  sessionId: null,
  channel: null,
  state: "connecting",
});
