// The WebSocket: comes back by itself, with the session's token, so that the conversation goes on.

import { recall, remember, tab } from "../play/memory.js";

const VERSION = 1;
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 5000;
const KEY = "onair.session";
const LOCK_WAIT_MS = 400;
const CLOSING_MS = 3000;

export class Socket {
  /**
   * `wanted` is {avatar, voice} of the session that is opened where none is kept, `asked` the avatar that the address
   * names; `fixed` {session, resume} is resumed for ever instead, and nothing is kept. `onClosed(refusal)` is told the
   * code of why the server let nobody in, or null.
   */
  constructor({ wanted = {}, asked = null, fixed = null, onMessage, onOpen = () => {}, onClosed = () => {} }) {
    Object.assign(this, { wanted, asked, fixed, onMessage, onOpen, onClosed });
    this.waitMs = FIRST_WAIT_MS;
    this.pending = []; // log lines from before the socket is open
    this.resting = false;
    this.kept = fixed;
    this.#begin();
  }

  /** True when it was sent. What a user typed is never sent late: it would come as a surprise. */
  send(message) {
    if (this.socket?.readyState !== WebSocket.OPEN || !this.introduced) return false;
    this.socket.send(JSON.stringify({ v: VERSION, ...message }));
    return true;
  }

  /** A line for the server's log; kept while there is no connection. */
  log(level, event, data) {
    const message = { type: "client_log", level, event, data };
    if (!this.send(message) && this.pending.length < 50) this.pending.push(message);
  }

  /** A new session with another avatar or voice; the old one is closed, so that it leaves nothing behind. */
  renew(wanted) {
    const old = this.kept;
    this.wanted = wanted;
    this.#keep(null);
    this.#drop();
    // Closed first: on a machine that is full the new session takes the old one's place.
    const closed = old ? closeSession(old.session) : Promise.resolve();
    const next = () => this.wanted === wanted && this.retry(); // else another was wanted meanwhile
    closed.then(next, next);
  }

  /** Try at once, whatever the wait is. */
  retry() {
    this.waitMs = FIRST_WAIT_MS;
    this.#drop();
    this.#open();
  }

  /** Let go until `retry`. The session may be resumed while the server keeps it. */
  rest() {
    this.#drop();
  }

  async #begin() {
    if (!this.fixed) {
      this.kept = keptSession();
      const { asked, kept } = this;
      // A tab that was duplicated has the other one's memory, but two tabs are two conversations.
      if (kept && !(await owned(kept.session))) this.#keep(null);
      else if (kept && asked && asked !== kept.asked) {
        this.renew(this.wanted);
        return;
      }
    }
    this.#open();
  }

  #open() {
    const address = new URL("/session", location.href);
    address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    const asked = this.kept ? { session: this.kept.session, resume: this.kept.resume } : this.wanted;
    for (const [name, value] of Object.entries(asked)) if (value) address.searchParams.set(name, value);
    this.introduced = false;
    this.refusal = null;
    const socket = new WebSocket(address);
    this.socket = socket;
    socket.onmessage = (event) => this.socket === socket && this.#take(JSON.parse(event.data));
    socket.onclose = () => this.socket === socket && this.#again();
  }

  #take(message) {
    if (message.type === "session") {
      this.introduced = true;
      this.waitMs = FIRST_WAIT_MS;
      const { avatar, voice } = this.kept ?? this.wanted;
      this.#keep({ session: message.session_id, resume: message.resume_token, avatar, voice, asked: this.asked });
      if (!this.fixed) owned(message.session_id);
      for (const line of this.pending.splice(0)) this.send(line);
      this.onOpen();
    } else if (message.type === "error" && !this.introduced && this.kept && !this.fixed) {
      // The old session is gone (a restart, or a long absence): begin a new one, and don't bother the viewer.
      this.wanted = { avatar: this.kept.avatar, voice: this.kept.voice };
      this.#keep(null);
      this.waitMs = 0;
      return;
    } else if (!this.introduced && (message.code === "avatar.unknown" || message.code === "voice.unknown")) {
      // What this browser remembered is no longer there: take the server's own.
      const name = message.code.split(".")[0];
      if (this.wanted[name]) {
        this.wanted = { ...this.wanted, [name]: undefined };
        this.waitMs = 0;
      }
    }
    if (message.type === "error" && !this.introduced) this.refusal = message.code;
    this.onMessage(message);
  }

  #again() {
    this.onClosed(this.refusal);
    this.timer = setTimeout(() => this.#open(), this.waitMs * (0.75 + Math.random() / 2));
    this.waitMs = Math.min(LONGEST_WAIT_MS, Math.max(FIRST_WAIT_MS, this.waitMs * 2));
  }

  #drop() {
    clearTimeout(this.timer);
    const { socket } = this;
    this.socket = null;
    this.introduced = false;
    socket?.close();
  }

  #keep(kept) {
    if (this.fixed) return;
    this.kept = kept;
    remember(tab, KEY, kept);
  }
}

/** What this tab keeps of its session: {session, resume, avatar, voice, asked}, or null. */
export function keptSession() {
  return recall(tab, KEY);
}

/** A server that does not answer finds the session abandoned by itself. */
async function closeSession(session) {
  const asked = { method: "DELETE", keepalive: true, signal: AbortSignal.timeout?.(CLOSING_MS) };
  await fetch(`/api/sessions/${session}`, asked);
}

const locks = new Map();

/** True when this tab alone has the session: it holds a lock of that name as long as it lives. */
function owned(session) {
  // Without locks (plain http from another machine) a duplicated tab shares its session.
  if (!navigator.locks) return Promise.resolve(true);
  if (!locks.has(session)) locks.set(session, lock(session));
  return locks.get(session);
}

function lock(session) {
  return new Promise((done) => {
    const patience = new AbortController();
    // A page that is being reloaded may hold it for another moment.
    const timer = setTimeout(() => patience.abort(), LOCK_WAIT_MS);
    navigator.locks
      .request(`${KEY}.${session}`, { signal: patience.signal }, () => {
        clearTimeout(timer);
        done(true);
        return new Promise(() => {});
      })
      .catch(() => done(false));
  });
}
