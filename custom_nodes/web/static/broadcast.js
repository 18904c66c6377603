// One stream from this editor: found or started, opened, fed with the graph, heard, ended. It outlives the panel's view.
// Longer than other modules: what may happen in which phase of a stream is one rule.
import { clearFigures, showFigures } from "./figures.js";
import { clearFindings, markFindings } from "./findings.js";
import { hasBothEnds, savedGraph, streamSize } from "./graph.js";
import { runnerStatus, startRunner, stopRunner } from "./launcher.js";
import { Runner } from "./runner.js";
import { chosenRunner } from "./settings.js";
import { words } from "./words.js";

const KEPT = "OnAir.Session";
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 8000;
const TRIES = 8;
const UNKNOWN_SESSION = 4400;
const QUIET = { step: "", log: [], error: "", notice: "", findings: null, figures: {}, talk: "idle", waitMs: 0 };

export class Broadcast {
  #listeners = new Set();
  #runner = null;
  #session = null;
  #socket = null;
  #abort = new AbortController();

  state = { phase: "off", changed: false, ours: false, stage: "", size: [1, 1], ...QUIET };

  subscribe(listener) {
    this.#listeners.add(listener);
    listener(this.state);
    return () => this.#listeners.delete(listener);
  }

  async goLive() {
    if (this.state.phase !== "off") return;
    const graph = savedGraph();
    this.#set({ ...QUIET });
    clearFindings();
    if (!hasBothEnds(graph)) return this.#set({ error: words().noNodes });
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    this.#set({ phase: "starting" });
    try {
      const runner = await this.#find(signal);
      this.#set({ phase: "opening" });
      const session = await runner.openSession();
      if (signal.aborted) return void runner.endSession(session).catch(() => {});
      [this.#runner, this.#session] = [runner, session];
      await this.#swap(graph);
      signal.throwIfAborted();
      this.#enter();
    } catch (error) {
      if (!signal.aborted) await this.#leave(this.#told(error));
    }
  }

  // After the editor was loaded anew: go on with the stream that this tab had, if it is still there.
  async resume() {
    const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
    if (!kept || this.state.phase !== "off") return;
    [this.#runner, this.#session] = [new Runner(kept.runner), kept.session];
    this.#set({ ours: kept.ours, size: kept.size });
    this.#enter();
  }

  async update() {
    if (this.state.phase !== "live") return;
    this.#set({ error: "", notice: "", findings: null });
    try {
      const told = await this.#swap(savedGraph());
      if (told) this.#set({ notice: told.applies === "now" ? words().swappedNow : words().swapped });
    } catch (error) {
      const told = this.#told(error);
      this.#set({ ...told, error: `${told.error.replace(/[^.!?]$/, "$&.")} ${words().kept}` });
    }
  }

  async check() {
    this.#set({ error: "", notice: "", findings: null });
    clearFindings();
    this.#abort = this.state.phase === "off" ? new AbortController() : this.#abort;
    const before = this.state.phase;
    const { signal } = this.#abort;
    try {
      if (before === "off") this.#set({ phase: "starting" });
      const runner = this.#runner ?? (await this.#find(signal));
      const told = await runner.check(savedGraph());
      this.#found(told.findings);
      this.#set({ notice: told.findings.length ? "" : words().fine });
    } catch (error) {
      if (!signal.aborted) this.#set(error.older ? { error: words().olderCheck } : this.#told(error));
    } finally {
      if (before === "off" && this.state.phase === "starting") this.#set({ phase: "off", step: "" });
    }
  }

  async speak(text) {
    await this.#try(() => this.#runner.speak(this.#session, text));
  }

  async stop() {
    await this.#try(() => this.#runner.stop(this.#session));
  }

  async end() {
    this.#abort.abort();
    const [runner, session] = [this.#runner, this.#session];
    await this.#leave({});
    if (runner && session) await runner.endSession(session).catch(() => {});
  }

  async stopRunner() {
    await this.end();
    await stopRunner().catch((error) => this.#set({ error: error.message }));
    this.#set({ ours: false });
  }

  graphChanged() {
    if (this.state.phase === "live" && !this.state.changed) this.#set({ changed: true });
  }

  async #find(signal) {
    const chosen = chosenRunner();
    const reached = chosen ?? (await startRunner((told) => this.#set({ step: told.step, log: told.log }), signal));
    this.#set({ ours: !chosen, step: "" });
    const runner = new Runner(reached);
    await runner.alive();
    return runner;
  }

  async #swap(graph) {
    try {
      const told = await this.#runner.swap(this.#session, graph);
      this.#found(told.findings ?? []);
      this.#set({ changed: false, size: streamSize() });
      return told;
    } catch (error) {
      if (!error.older) throw error;
      this.#set({ notice: words().older });
      return null;
    }
  }

  #enter() {
    const kept = { runner: { ...this.#runner }, session: this.#session, ours: this.state.ours, size: this.state.size };
    sessionStorage.setItem(KEPT, JSON.stringify(kept));
    this.#set({ phase: "live", step: "", stage: this.#runner.stage(this.#session) });
    this.#listen(0);
  }

  #listen(tried) {
    let heard = 0;
    const socket = this.#runner.listen(
      this.#session,
      (message) => {
        heard += 1;
        if (this.state.phase === "lost") this.#set({ phase: "live", stage: this.#runner.stage(this.#session) });
        this.#hear(message);
      },
      (code) => {
        if (socket === this.#socket) this.#lost(code, heard ? 1 : tried + 1);
      },
    );
    this.#socket = socket;
  }

  async #lost(code, tried) {
    const session = this.#session;
    const ended = this.state.ours && (await runnerStatus().catch(() => null));
    if (session !== this.#session) return; // ended by hand meanwhile
    if (ended && ended.state !== "running") return this.#leave({ error: ended.message ?? words().off, log: ended.log });
    if (code === UNKNOWN_SESSION || tried > TRIES) {
      return this.#leave({ error: this.state.error || words().unreachable(this.#runner.address) });
    }
    this.#set({ phase: "lost" });
    const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** tried);
    setTimeout(() => session === this.#session && this.#listen(tried), pause);
  }

  #hear(message) {
    const { figures } = this.state;
    if (message.type === "state") {
      this.#set({ talk: message.state, waitMs: message.eta_ms ?? 0 });
    } else if (message.type === "stats") {
      this.#set({ figures: { ...figures, rtf: message.rtf, latencyMs: message.latency_ms || figures.latencyMs } });
    } else if (message.type === "latency") {
      this.#set({ figures: { ...figures, latencyMs: message.published_ms } });
    } else if (message.type === "window") {
      this.#set({ figures: { ...figures, rtf: message.rtf, windowMs: message.render_ms } });
      if (message.node_ms) showFigures(message.node_ms);
    } else if (message.type === "error") {
      this.#set({ error: message.message });
    }
  }

  #found(findings) {
    markFindings(findings);
    this.#set({ findings });
  }

  async #try(action) {
    this.#set({ error: "" });
    try {
      await action();
    } catch (error) {
      this.#set(this.#told(error));
    }
  }

  #told(error) {
    if (error.findings?.length) this.#found(error.findings);
    return { error: error.message, log: error.log ?? [] };
  }

  async #leave(change) {
    const [runner, session, socket] = [this.#runner, this.#session, this.#socket];
    [this.#runner, this.#session, this.#socket] = [null, null, null];
    socket?.close();
    sessionStorage.removeItem(KEPT);
    clearFigures();
    if (change.error && runner && session) runner.endSession(session).catch(() => {});
    this.#set({ ...QUIET, findings: this.state.findings, phase: "off", stage: "", changed: false, ...change });
  }

  #set(change) {
    this.state = { ...this.state, ...change };
    for (const listener of this.#listeners) listener(this.state);
  }
}
