// The picture alone, without a word around it: a channel for anybody (`?channel=`), or the picture of one session
// (`?view=stage&session=&resume=`). It tries again for ever. `background=clear` for OBS, `captions=0`, `sound=1`.

import { Poster } from "./play/poster.js";
import { NO_PLAYER } from "./play/player.js";
import { Screen } from "./play/screen.js";
import { Sound } from "./play/sound.js";
import { Timeline } from "./play/timeline.js";
import { Caption } from "./talk/caption.js";
import { Socket } from "./talk/socket.js";
import { waiting } from "./talk/status.js";

const AGAIN_MS = 4000;
const PLAYHEAD_MS = 250;
const PATIENCE_MS = 10_000;
const OVER = "This channel is not on air. The picture comes back by itself when it is.";
const UNREACHED = "The server does not answer. The picture comes back by itself when it does.";

const address = new URLSearchParams(location.search);
const channel = address.get("channel");
const video = document.getElementById("video");
const poster = new Poster([]);
let socket = null;
let hopeless = false;

document.documentElement.classList.toggle("clear", address.get("background") === "clear");
document.body.dataset.captions = (address.get("captions") ?? (channel ? "0" : "1")) === "1" ? "on" : "off";

const screen = new Screen(video, {
  report: (level, event, data) => socket?.log(level, event, data),
  onFrame() {
    poster.frame(video);
    document.body.dataset.state = "idle";
    waiting("");
  },
  onSource: () => delete document.body.dataset.picture,
  onError(details, fatal, data) {
    if (details === NO_PLAYER) {
      hopeless = true;
      waiting(data.message);
    }
  },
});
const { player } = screen;
const sound = new Sound(video, (isOn) => (document.body.dataset.sound = isOn ? "on" : "off"), { wanted: true });
if (address.get("sound") === "1") video.addEventListener("playing", () => sound.on({ trying: true }), { once: true });

if (channel) watchChannel(`/hls/${encodeURIComponent(channel)}/`);
else watchSession();

/** Play while the channel is there; look for it again for ever. */
async function watchChannel(folder) {
  if (hopeless) return;
  const is = await state(`${folder}manifest.m3u8`);
  if (is === "live") player.play(`${folder}master.m3u8`);
  // What is buffered is still shown, up to its end.
  else if (video.paused || video.readyState < 3 || !player.source) {
    player.stop();
    gone(is === "unreached" ? UNREACHED : OVER);
  }
  setTimeout(() => watchChannel(folder), AGAIN_MS);
}

async function state(playlist) {
  try {
    const answer = await fetch(playlist, { cache: "no-store", signal: AbortSignal.timeout?.(PATIENCE_MS) });
    if (!answer.ok) return "over";
    return (await answer.text()).includes("#EXT-X-ENDLIST") ? "over" : "live";
  } catch {
    return "unreached";
  }
}

function gone(text) {
  delete document.body.dataset.picture;
  document.body.dataset.state = "lost";
  waiting(text);
}

function watchSession() {
  const timeline = new Timeline(() => player.pdtMs());
  const caption = new Caption(document.getElementById("caption"), () => video.currentTime, (ticks) => timeline.secondsSince(ticks));
  const clear = () => caption.clear();
  const take = {
    session: (message) => player.play(message.playlist),
    segment_published: (message) => timeline.learn(message),
    clause: (message) => screen.playout.then(() => caption.say(message)),
    state: (message) => message.state === "idle" && screen.playout.then(clear),
    turn_end(message) {
      if (!message.interrupted) return;
      screen.playout.drop();
      if (message.seek) screen.bargeIn.seek(message.seek, clear);
      else screen.playout.then(clear);
    },
    error() {
      if (socket.introduced) return;
      player.stop();
      gone("This conversation is over.");
    },
  };
  socket = new Socket({
    fixed: { session: address.get("session") ?? "", resume: address.get("resume") ?? "" },
    onMessage: (message) => take[message.type]?.(message),
  });
  setInterval(() => {
    const pdtMs = video.paused ? null : player.pdtMs();
    if (pdtMs !== null) socket.send({ type: "playhead", pdt_ms: Math.round(pdtMs) });
  }, PLAYHEAD_MS);
}

window.onair = {
  errors: screen.errors,
  player,
  get framesPresented() {
    return screen.frames.log;
  },
  get edgeDistance() {
    return screen.edgeDistance;
  },
};
