// A runner's HTTP and WebSocket, as this editor needs them.
import { words } from "./words.js";

// ComfyUI with --disable-api-nodes forbids its editor every other address; fetch itself only says that it failed.
const forbidden = new Set();
document.addEventListener("securitypolicyviolation", (event) => {
  if (/^https?:/.test(event.blockedURI)) forbidden.add(new URL(event.blockedURI).origin);
});

class RunnerError extends Error {
  constructor(status, told) {
    super(told.detail ?? told.message ?? told.title ?? `HTTP ${status}`);
    this.status = status;
    this.code = told.code ?? "";
    this.findings = Array.isArray(told.findings) ? told.findings : [];
  }

  // A runner of before this route was there.
  get older() {
    return this.code === "path.unknown" || this.code === "method.not_allowed";
  }
}

export class Runner {
  constructor({ address, token }) {
    this.address = address;
    this.token = token;
  }

  alive() {
    return this.#ask("GET", "/health/live");
  }

  openSession() {
    return this.#ask("POST", "/api/sessions", {});
  }

  endSession(session) {
    return this.#ask("DELETE", `/api/sessions/${session.session_id}`, undefined, resumed(session));
  }

  // Put a saved graph on a session's channel. Returns {channel, findings, applies}.
  swap(session, workflow) {
    return this.#ask("PUT", `/api/channels/${session.channel}/workflow`, { workflow }, resumed(session));
  }

  check(workflow) {
    return this.#ask("POST", "/api/check", { workflow });
  }

  speak(session, text) {
    return this.#ask("POST", `/api/sessions/${session.session_id}/prompt`, { text });
  }

  stop(session) {
    return this.#ask("POST", `/api/sessions/${session.session_id}/stop`, { action: "stop" });
  }

  stage(session) {
    return `${this.address}/?view=stage&session=${session.session_id}&resume=${session.resume_token}`;
  }

  // Hear what the session tells; `onMessage(message)`, and `onClose(code)` once.
  listen(session, onMessage, onClose) {
    const query = new URLSearchParams({ session: session.session_id, resume: session.resume_token });
    const socket = new WebSocket(`${this.address.replace(/^http/, "ws")}/session?${query}`);
    socket.onmessage = (event) => onMessage(JSON.parse(event.data));
    socket.onclose = (event) => onClose(event.code);
    return socket;
  }

  async #ask(method, path, body, headers = {}) {
    const sent = { ...headers };
    if (this.token) sent.Authorization = `Bearer ${this.token}`;
    if (body !== undefined) sent["Content-Type"] = "application/json";
    const answer = await this.#fetch(path, { method, headers: sent, body: body && JSON.stringify(body) });
    const told = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new RunnerError(answer.status, told);
    return told;
  }

  async #fetch(path, request) {
    try {
      return await fetch(this.address + path, request);
    } catch {
      await new Promise((done) => setTimeout(done)); // the event comes in a task of its own
      const say = words();
      const why = forbidden.has(new URL(this.address).origin) ? say.forbidden : say.unreachable;
      throw new Error(why(this.address));
    }
  }
}

const resumed = (session) => ({ "X-OnAir-Resume": session.resume_token });
