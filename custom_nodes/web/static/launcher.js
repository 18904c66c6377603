// Asks this ComfyUI for a runner by the pack's own routes, and tells how far it has come.
import { api } from "../../scripts/api.js";
import { words } from "./words.js";

const PAUSE_MS = 600;
const MARK = { "X-OnAir-Editor": "1" };

async function ask(path = "", method = "GET") {
  const answer = await fetch(api.fileURL(`/onair/runner${path}`), { method, headers: MARK });
  if (answer.status === 404 || answer.status === 405) throw new Error(words().noRoute);
  if (!answer.ok) throw new Error((await answer.text()) || answer.statusText);
  return answer.json();
}

export const runnerStatus = () => ask();
export const stopRunner = () => ask("/stop", "POST");

// Start one, or take the one that is there; `onStep` hears how it stands. Returns {address, token}.
export async function startRunner(onStep, signal) {
  let told = await ask("/start", "POST");
  while (told.state === "starting") {
    onStep(told);
    await new Promise((done) => setTimeout(done, PAUSE_MS));
    signal.throwIfAborted();
    told = await ask();
  }
  if (told.state !== "running") throw Object.assign(new Error(told.message ?? told.state), { log: told.log });
  return { address: nearest(told.address), token: told.token };
}

// A runner that listens everywhere tells an address that only its own machine understands.
function nearest(address) {
  const url = new URL(address);
  const here = ["127.0.0.1", "localhost", "[::1]"].includes(location.hostname);
  if (!here && ["127.0.0.1", "0.0.0.0", "[::]"].includes(url.hostname)) url.hostname = location.hostname;
  if (url.hostname === "0.0.0.0" || url.hostname === "[::]") url.hostname = "127.0.0.1";
  return url.href.replace(/\/$/, "");
}
