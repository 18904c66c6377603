// The WebSocket: comes back by itself, with the session's token, so that the conversation goes on.

const VERSION = 1;
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 5000;
const PASSED_ON = ["channel", "voice", "avatar"]; // the page's address may name them
const KEY = `onair.session${location.search}`;

export class Socket {
  constructor({ onMessage, onOpen, onClosed }) {
    this.onMessage = onMessage;
    this.onOpen = onOpen;
    this.onClosed = onClosed;
    this.waitMs = FIRST_WAIT_MS;
    this.kept = recall();
    this.pending = []; // log lines from before the socket is open
    this.#open();
  }

  /** True when it was sent. What a user typed is never sent late: it would come as a surprise. */
  send(message) {
    if (this.socket.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify({ v: VERSION, ...message }));
    return true;
  }

  /** A line for the server's log; kept while there is no connection. */
  log(level, event, data) {
    const message = { type: "client_log", level, event, data };
    if (!this.send(message) && this.pending.length < 50) this.pending.push(message);
  }

  #open() {
    const address = new URL("/session", location.href);
    address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    const asked = new URLSearchParams(location.search);
    for (const name of PASSED_ON) if (asked.get(name)) address.searchParams.set(name, asked.get(name));
    if (this.kept) {
      address.searchParams.set("session", this.kept.session);
      address.searchParams.set("resume", this.kept.resume);
    }
    this.introduced = false;
    this.socket = new WebSocket(address);
    this.socket.onmessage = (event) => this.#take(JSON.parse(event.data));
    this.socket.onclose = () => this.#again();
  }

  #take(message) {
    if (message.type === "session") {
      this.introduced = true;
      this.waitMs = FIRST_WAIT_MS;
      this.kept = { session: message.session_id, resume: message.resume_token };
      sessionStorage.setItem(KEY, JSON.stringify(this.kept));
      for (const line of this.pending.splice(0)) this.send(line);
      this.onOpen();
    } else if (message.type === "error" && !this.introduced && this.kept) {
      // The old session is gone (a restart, or a long absence): begin a new one, and don't bother the viewer.
      this.kept = null;
      sessionStorage.removeItem(KEY);
      this.waitMs = 0;
      return;
    }
    this.onMessage(message);
  }

  #again() {
    this.onClosed();
    setTimeout(() => this.#open(), this.waitMs * (0.75 + Math.random() / 2));
    this.waitMs = Math.min(LONGEST_WAIT_MS, Math.max(FIRST_WAIT_MS, this.waitMs * 2));
  }
}

function recall() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY));
  } catch {
    return null;
  }
}
