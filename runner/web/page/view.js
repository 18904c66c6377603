// What the viewer sees besides the picture: state, notices, figures.

const element = (id) => document.getElementById(id);
const NAMES = { idle: "Ready", thinking: "Thinking…", talking: "Talking", connecting: "Connecting…", lost: "Reconnecting…" };
const NOTICE_MS = 8000;
const SLOW_MS = 20_000; // a wait that wants an explanation and a way out

export class View {
  state(state, etaMs) {
    document.body.dataset.state = state;
    const eta = state !== "talking" && etaMs > 1500 ? ` about ${duration(etaMs)}` : "";
    element("state").textContent = (NAMES[state] ?? state) + eta;
    element("stop").disabled = !(state === "talking" || state === "thinking");
    if (state !== "thinking") element("slow").hidden = true;
  }

  /** Why it takes so long, and what helps. `rtf`: seconds to render one second; NaN where nobody knows. */
  slow(etaMs, rtf) {
    element("slow").hidden = !(etaMs > SLOW_MS);
    const times = rtf > 1 ? `, ${rtf < 10 ? rtf.toFixed(1) : Math.round(rtf)} times slower than it plays` : "";
    element("slow-text").textContent =
      `This graph renders slowly here${times}: all of it can begin in about ${duration(etaMs)}. ` +
      "A lighter graph (fewer steps, smaller pictures) or one more engine helps; or hear each sentence as it is ready.";
  }

  sound(isOn) {
    document.body.dataset.sound = isOn ? "on" : "off";
  }

  /** What stands where the picture will be. */
  waiting(text) {
    element("waiting").textContent = text;
    element("waiting").hidden = false;
  }

  picture() {
    element("waiting").hidden = true;
  }

  notice(text) {
    const notice = element("notice");
    notice.textContent = sentence(text);
    notice.hidden = !text;
    clearTimeout(this.timer);
    if (text) this.timer = setTimeout(() => this.notice(""), NOTICE_MS);
  }

  figures(values) {
    for (const [name, text] of Object.entries(values)) element(`figure-${name}`).textContent = text;
  }
}

/** The server's errors are clauses, for logs as for people; here they stand alone. */
function sentence(text) {
  return text && text[0].toUpperCase() + text.slice(1) + (/[.!?…]$/.test(text) ? "" : ".");
}

export function seconds(ms) {
  return Number.isFinite(ms) ? `${(ms / 1000).toFixed(2)} s` : "–";
}

function duration(ms) {
  const s = Math.round(ms / 1000);
  return s < 90 ? `${s} s` : `${Math.round(s / 60)} min`;
}
