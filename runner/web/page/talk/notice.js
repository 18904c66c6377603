// Errors in human words: what happened, and what to do about it.

import { write } from "./status.js";

const element = (id) => document.getElementById(id);
const NOTICE_MS = 10_000;
// The server's own sentences say what to do on the server; these are for who looks at the page.
const WORDS = {
  "capacity.full": "All places are taken: this machine speaks with as many people as it can render in time.",
  "generation.disabled": "Speaking is switched off on this server just now. The picture goes on.",
  "session.unknown": "This conversation has ended on the server. Reload the page to begin a new one.",
  "comfy.unreachable": "The renderer does not answer; it is being started again. Send the sentence once more in half a minute.",
  "picture.no_face": "No face was found in the picture. Take one face seen from the front and well lit, or show where it is.",
  "access.denied": "This server takes that from its own machine only, or with its token.",
};

/** Show one notice. `act` {label, run} is a button in it; one with `stays` is there until it is replaced. */
export function notice(text, { act = null, stays = false } = {}) {
  const box = element("notice");
  clearTimeout(notice.timer);
  write(element("notice-text"), sentence(text));
  const held = !text && box.querySelector(":focus-visible");
  box.hidden = !text;
  if (held) element("text").focus(); // or the keyboard would be nowhere
  const button = element("notice-do");
  button.hidden = !act;
  button.textContent = act?.label ?? "";
  button.onclick = () => {
    notice("");
    act?.run();
  };
  element("notice-close").onclick = () => {
    notice("");
    element("text").focus();
  };
  if (text && !stays) notice.timer = setTimeout(leave, NOTICE_MS);
}

/** It goes by itself, but not from under a hand. */
function leave() {
  if (element("notice").matches(":hover, :focus-within")) notice.timer = setTimeout(leave, NOTICE_MS);
  else notice("");
}

/** An error of the server, {code, message} or problem+json's {code, detail}, as a sentence. */
export function explain(error) {
  return sentence(WORDS[error.code] ?? error.message ?? error.detail ?? "Something went wrong on the server; try again.");
}

/** The answer's JSON. Throws an Error whose message is for people. */
export async function answered(asked) {
  let answer;
  try {
    answer = await asked;
  } catch {
    throw new Error("The server cannot be reached. Look whether it runs, then try again.");
  }
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(explain(told.code || told.detail ? told : { message: `The server answered ${answer.status}; try again.` }));
  return told;
}

/** The server's errors are clauses, for logs as for people; here they stand alone. */
function sentence(text) {
  return text && text[0].toUpperCase() + text.slice(1) + (/[.!?…]$/.test(text) ? "" : ".");
}
