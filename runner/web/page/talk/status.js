// What the avatar does and how the connection is, in a word; and what stands where the picture will be.

const element = (id) => document.getElementById(id);
const NAMES = { idle: "Ready", thinking: "Thinking…", talking: "Talking", stopping: "Stopping…", connecting: "Connecting…", changing: "Changing the avatar…", lost: "Reconnecting…", full: "Waiting for a place…", resting: "Resting" };
const SLOW_MS = 20_000; // a wait that wants an explanation and a way out

export class Status {
  state(state, etaMs) {
    document.body.dataset.state = state;
    write(element("state"), NAMES[state] ?? state);
    // Beside it, not in it: it changes with every window, and would be read out each time.
    element("eta").textContent = state !== "talking" && etaMs > 1500 ? `about ${duration(etaMs)}` : "";
    element("stop").disabled = !(state === "talking" || state === "thinking");
    if (state !== "thinking") element("slow").hidden = true;
  }

  /** Why it takes so long, and what helps. `rtf`: seconds to render one second; NaN where nobody knows. */
  slow(etaMs, rtf) {
    element("slow-text").setAttribute("aria-live", element("slow").hidden ? "polite" : "off"); // read out once
    element("slow").hidden = !(etaMs > SLOW_MS);
    const times = rtf > 1 ? `, ${rtf < 10 ? rtf.toFixed(1) : Math.round(rtf)} times slower than it plays` : "";
    element("slow-text").textContent =
      `This graph renders slowly here${times}: all of it can begin in about ${duration(etaMs)}. ` +
      "A lighter graph (fewer steps, smaller pictures) or one more engine helps; or hear each sentence as it is ready.";
  }
}

/** What stands where the picture will be; empty when it is there. `aloud`: it is an error, and read out. */
export function waiting(text, { aloud = false } = {}) {
  const line = element("waiting");
  if (aloud) line.setAttribute("role", "alert");
  if (text) write(line.firstElementChild, text);
  line.hidden = !text;
  if (!text) document.body.dataset.picture = "live";
}

/** Put a text into a line that is read out when it changes: the same again would be read out again. */
export function write(line, text) {
  if (line.textContent !== text) line.textContent = text;
}

/** How the network keeps up, as `Distance` tells it, in human words; nothing while it does. */
export function network(name, { gotBitsPerS, neededBitsPerS }) {
  const TOLD = {
    gathering: "Your network is slow: gathering a few seconds of picture…",
    far: "Your network is slow, so the picture is a few seconds behind; it does not stop.",
    short: `Your network brings ${tenths(gotBitsPerS, Math.floor)} of the ${tenths(neededBitsPerS, Math.ceil)} Mbit/s that the picture needs, so it stops now and then. ` +
      "Go nearer to the Wi-Fi, or end other downloads.",
    silent: "No picture comes over the network just now. It goes on by itself when it does.",
  };
  element("network").textContent = TOLD[name] ?? "";
}

function tenths(bitsPerS, rounded) {
  return (rounded(bitsPerS / 1e5) / 10).toFixed(1);
}

function duration(ms) {
  const s = Math.round(ms / 1000);
  return s < 90 ? `${s} s` : `${Math.round(s / 60)} min`;
}
