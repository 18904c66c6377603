// The points of an avatar's face: load them, correct them, save them, try them.

import { Board } from "./points/board.js";
import { landmarksOf, pointsOf } from "./points/shape.js";
import { Trial } from "./points/trial.js";
import { answered } from "./talk/notice.js";
import { write } from "./talk/status.js";

const UNDOS = 100;
const element = (id) => document.getElementById(id);
const avatar = new URLSearchParams(location.search).get("avatar") ?? "";
const address = `/api/avatars/${encodeURIComponent(avatar)}`;

let found = null; // what the server had when this page was opened
let saved = ""; // as JSON
let points = [];
const undos = [];
const trial = new Trial(element("trial"));
const board = new Board(element("board"), { onBegin: remember, onMove: changed, onChoose: name });

load();

async function load() {
  tell("Looking at the picture…");
  try {
    found = await answered(fetch(`${address}/landmarks`));
  } catch (error) {
    tell(error.message, "bad");
    for (const button of document.querySelectorAll("button")) button.disabled = true;
    return;
  }
  points = pointsOf(found);
  board.show(`${address}/picture`, found.width, found.height, points);
  saved = now();
  board.fit();
  allow("try", true);
  tell("");
}

function remember() {
  undos.push(points.map(({ x, y }) => ({ x, y })));
  if (undos.length > UNDOS) undos.shift();
}

function put(places) {
  places.forEach((place, i) => Object.assign(points[i], { x: place.x, y: place.y }));
  board.draw();
  changed();
}

function changed(point) {
  const isChanged = now() !== saved;
  allow("undo", undos.length > 0);
  allow("reset", now() !== JSON.stringify(landmarksOf(pointsOf(found), found)));
  allow("save", isChanged);
  if (isChanged) tell("Not saved yet.");
  if (point) name(point, { aloud: true });
}

/** `aloud`: a screen reader tells it, too; of the point that gets the focus it tells by itself. */
function name(point, { aloud = false } = {}) {
  element("point").setAttribute("aria-live", aloud ? "polite" : "off");
  element("point").textContent = `${point.label}: ${Math.round(point.x)}, ${Math.round(point.y)}`;
}

/** A button that is really disabled would lose the focus of who has just pressed it. This one does nothing, too. */
function allow(name, may) {
  element(name).setAttribute("aria-disabled", String(!may));
}

function now() {
  return JSON.stringify(landmarksOf(points, found));
}

function tell(text, kind = "") {
  write(element("told"), text);
  element("told").dataset.kind = kind;
}

function undo() {
  if (undos.length) put(undos.pop());
}

/** True when the server has the points as they are. */
async function save() {
  if (now() === saved) return true;
  const sent = now();
  tell("Saving…");
  try {
    await answered(fetch(`${address}/landmarks`, { method: "PUT", headers: { "Content-Type": "application/json" }, body: sent }));
  } catch (error) {
    tell(error.message, "bad");
    return false;
  }
  saved = sent;
  changed();
  tell("Saved.", "good");
  return true;
}

async function tryIt() {
  allow("try", false);
  try {
    if (!(await save())) return;
    tell("The avatar is getting ready…");
    await trial.say(avatar);
    tell("Listen and look at the mouth and the eyes.");
  } catch (error) {
    tell(error.message, "bad");
  } finally {
    allow("try", true);
  }
}

element("zoom-in").addEventListener("click", () => board.zoom(1.5));
element("zoom-out").addEventListener("click", () => board.zoom(1 / 1.5));
element("zoom-face").addEventListener("click", () => board.fit());
element("undo").addEventListener("click", undo);
element("reset").addEventListener("click", () => {
  remember();
  put(pointsOf(found));
});
element("save").addEventListener("click", save);
element("try").addEventListener("click", tryIt);
document.addEventListener("click", (event) => event.target.closest("[aria-disabled=true]") && event.stopPropagation(), true);
document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z") {
    event.preventDefault();
    undo();
  }
});
window.addEventListener("beforeunload", (event) => {
  if (found && now() !== saved) event.preventDefault();
});
window.onair = { get landmarks() { return landmarksOf(points, found); } };
