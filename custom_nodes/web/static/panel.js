// The side panel's picture of a broadcast. It knows the DOM and nothing of runners.
import { inWords } from "./figures.js";
import { showNode } from "./graph.js";
import { words } from "./words.js";

const SIGN = { error: "✕", warning: "!", hint: "i" };

function element(name, properties = {}, ...children) {
  const { dataset, ...plain } = properties;
  const made = Object.assign(document.createElement(name), plain);
  Object.assign(made.dataset, dataset);
  made.append(...children.filter((child) => child != null));
  return made;
}

const button = (text, title, onclick, kind = "") =>
  element("button", { type: "button", className: `onair-button ${kind}`, textContent: text, title, onclick });

export class Panel {
  #broadcast;
  #parts = {};
  #leave;

  constructor(container, broadcast) {
    this.#broadcast = broadcast;
    container.replaceChildren(this.#build());
    this.#leave = broadcast.subscribe((state) => this.#show(state));
  }

  destroy() {
    this.#leave();
  }

  #build() {
    const say = words();
    const on = this.#broadcast;
    const parts = (this.#parts = {
      lamp: element("span", { className: "onair-lamp", ariaHidden: "true" }),
      status: element("span", { className: "onair-status", role: "status" }),
      stage: element("div", { className: "onair-stage" }),
      intro: element("p", { className: "onair-intro", textContent: say.intro }),
      step: element("p", { className: "onair-step", role: "status" }),
      error: element("p", { className: "onair-error", role: "alert" }),
      notice: element("p", { className: "onair-notice", role: "status" }),
      log: element("details", { className: "onair-log" }),
      figures: element("dl", { className: "onair-figures" }),
      findings: element("section", { className: "onair-findings", ariaLabel: say.findings }),
      text: element("textarea", { rows: 3, placeholder: say.say, ariaLabel: say.say, maxLength: 100_000 }),
      goLive: button(say.goLive, "", () => on.goLive(), "onair-primary"),
      cancel: button(say.cancel, "", () => on.end()),
      update: button(say.update, say.updateHint, () => on.update()),
      check: button(say.check, say.checkHint, () => on.check()),
      end: button(say.end, say.endHint, () => on.end()),
      speak: button(say.speak, say.speakHint, () => this.#speak(), "onair-primary"),
      stop: button(say.stop, say.stopHint, () => on.stop()),
      stopRunner: button(say.stopRunner, say.stopRunnerHint, () => on.stopRunner(), "onair-quiet"),
    });
    parts.text.addEventListener("keydown", (event) => this.#key(event));
    parts.talk = element(
      "div",
      { className: "onair-talk" },
      parts.text,
      element("div", { className: "onair-row" }, parts.speak, parts.stop),
    );
    const { lamp, status, stage, intro, step, error, notice, log, talk, figures, findings } = parts;
    return element(
      "div",
      { className: "onair-panel" },
      element("header", { className: "onair-head" }, lamp, status),
      stage,
      intro,
      element("div", { className: "onair-row" }, parts.goLive, parts.cancel, parts.update, parts.check, parts.end),
      step,
      error,
      notice,
      log,
      talk,
      figures,
      findings,
      parts.stopRunner,
    );
  }

  #show(state) {
    const say = words();
    const { phase, talk } = state;
    const live = phase === "live" || phase === "lost";
    const parts = this.#parts;
    const visible = {
      intro: phase === "off",
      goLive: phase === "off",
      cancel: phase === "starting" || phase === "opening",
      check: phase === "off" || phase === "live",
      update: phase === "live",
      end: live,
      talk: live,
      stopRunner: state.ours,
      stage: live,
    };
    for (const [name, seen] of Object.entries(visible)) parts[name].hidden = !seen;
    parts.lamp.dataset.phase = phase;
    const speaking = live && talk !== "idle" ? say[talk] : "";
    const wait = speaking && state.waitMs > 1000 ? say.wait(Math.ceil(state.waitMs / 1000)) : "";
    parts.status.textContent = [say[phase], wait || speaking].filter(Boolean).join(" · ");
    parts.stop.disabled = talk === "idle";
    parts.update.classList.toggle("onair-primary", state.changed);
    for (const name of ["step", "error", "notice"]) {
      parts[name].textContent = state[name];
      parts[name].hidden = !state[name];
    }
    parts.stage.style.aspectRatio = state.size.join(" / ");
    this.#showStage(live ? state.stage : "");
    this.#showLog(state);
    this.#showFigures(live ? state.figures : {});
    this.#showFindings(state.findings ?? []);
  }

  #showStage(address) {
    const { stage } = this.#parts;
    if (stage.dataset.address === address) return;
    stage.dataset.address = address;
    const frame = { src: address, title: words().stream, allow: "autoplay; fullscreen; picture-in-picture" };
    stage.replaceChildren(...(address ? [element("iframe", frame)] : []));
  }

  #showLog({ error, log }) {
    const { log: place } = this.#parts;
    place.hidden = !error || !log.length;
    if (!place.hidden) {
      const lines = element("pre", { textContent: log.join("\n") });
      place.replaceChildren(element("summary", { textContent: words().log }), lines);
    }
  }

  #showFigures({ rtf, latencyMs, windowMs }) {
    const say = words();
    const rows = [
      [say.rtf, say.rtfHint, rtf == null ? null : rtf.toFixed(2)],
      [say.window, say.windowHint, windowMs == null ? null : inWords(windowMs)],
      [say.latency, say.latencyHint, latencyMs == null ? null : inWords(latencyMs)],
    ].filter(([, , value]) => value != null);
    this.#parts.figures.replaceChildren(
      ...rows.map(([name, title, value]) =>
        element("div", { title }, element("dt", { textContent: name }), element("dd", { textContent: value })),
      ),
    );
  }

  #showFindings(findings) {
    const say = words();
    const { findings: place } = this.#parts;
    place.hidden = !findings.length;
    const rows = findings.map(({ node, severity, message }) => {
      const inside = [
        element("span", { className: "onair-sign", dataset: { severity }, textContent: SIGN[severity] ?? "i" }),
        element("span", { textContent: message }),
      ];
      const shown =
        node == null
          ? element("div", { className: "onair-finding" }, ...inside)
          : element(
              "button",
              { type: "button", className: "onair-finding", title: say.goTo, onclick: () => showNode(node) },
              ...inside,
            );
      return element("li", {}, shown);
    });
    place.replaceChildren(element("h3", { textContent: say.findings }), element("ul", {}, ...rows));
  }

  #speak() {
    const { text } = this.#parts;
    const said = text.value.trim();
    if (!said) return text.focus();
    text.select();
    this.#broadcast.speak(said);
  }

  #key(event) {
    event.stopPropagation(); // the editor would take Ctrl+Enter for Run, and Delete for the selected node
    if (event.isComposing) return; // Escape gives up a composed word then, and is no stop
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      this.#speak();
    } else if (event.key === "Escape" && !this.#parts.stop.disabled) {
      this.#broadcast.stop();
    }
  }
}
