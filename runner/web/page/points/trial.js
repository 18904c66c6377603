// "Try it": a session with this avatar says a sentence, seen in a frame of this page; it is closed with it.

import { answered } from "../talk/notice.js";

const SENTENCE = "My bonnie lies over the ocean. Peter Piper picked a peck of pickled peppers.";

export class Trial {
  constructor(element) {
    this.element = element;
    this.session = null;
    window.addEventListener("pagehide", () => this.close());
  }

  /** Open, show and speak. Throws an Error for people. */
  async say(avatar) {
    await this.close();
    const open = { method: "POST", headers: { "Content-Type": "application/json" } };
    const session = await answered(fetch("/api/sessions", { ...open, body: JSON.stringify({ avatar }) }));
    this.session = session.session_id;
    const frame = document.createElement("iframe");
    frame.title = "The avatar, speaking";
    frame.allow = "autoplay";
    frame.src = `/?view=stage&session=${encodeURIComponent(session.session_id)}&resume=${encodeURIComponent(session.resume_token)}&sound=1`;
    this.element.replaceChildren(frame);
    this.element.hidden = false;
    this.element.scrollIntoView({ block: "nearest" });
    await new Promise((done) => frame.addEventListener("load", done, { once: true }));
    await answered(fetch(`/api/sessions/${session.session_id}/prompt`, { ...open, body: JSON.stringify({ text: SENTENCE }) }));
  }

  async close() {
    const { session } = this;
    this.session = null;
    this.element.replaceChildren();
    this.element.hidden = true;
    if (session) await fetch(`/api/sessions/${session}`, { method: "DELETE", keepalive: true }).catch(() => {});
  }
}
