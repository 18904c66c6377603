// How others see this channel: a frame for a site, a link for a screen, a playlist for a player.

import { Dialog } from "./dialog.js";

export class Share {
  constructor(element, opener) {
    this.dialog = new Dialog(element, { title: "Share the picture", opener, onOpen: () => this.#fill() });
    this.session = null;
  }

  /** The `session` message: what there is to share. */
  offer(session) {
    this.session = session;
    if (this.dialog.element.open) this.#fill();
  }

  open() {
    this.dialog.open();
  }

  #fill() {
    const note = document.createElement("p");
    note.className = "note";
    if (!this.session) {
      note.textContent = "There is nothing on air yet. Wait for the picture, then open this again.";
      this.dialog.body.replaceChildren(note);
      return;
    }
    const kiosk = new URL(`/?channel=${encodeURIComponent(this.session.channel)}`, location.href).href;
    const playlist = new URL(this.session.playlist, location.href).href;
    const look = 'width="512" height="512" allow="autoplay; fullscreen" style="border: 0" title="OnAir"';
    const frame = `<iframe src="${kiosk}" ${look}></iframe>`;
    note.textContent =
      "Whoever has one of these sees and hears this conversation, and cannot speak in it. They end with the conversation, about a minute after the last page that shows it is closed.";
    this.dialog.body.replaceChildren(
      note,
      row("embed", "In a web page", frame, "An iframe"),
      row("kiosk", "On a screen, or in OBS as a browser source", kiosk, "The link"),
      row("playlist", "In any HLS player", playlist, "The playlist"),
    );
  }
}

function row(id, title, value, what) {
  const box = document.createElement("div");
  box.className = "copy";
  const label = document.createElement("label");
  label.htmlFor = `share-${id}`;
  label.textContent = title;
  const field = document.createElement("input");
  field.id = `share-${id}`;
  field.readOnly = true;
  field.value = value;
  field.addEventListener("focus", () => field.select());
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Copy";
  button.setAttribute("aria-label", `Copy: ${title}`);
  button.addEventListener("click", async () => {
    field.select();
    button.textContent = (await copied(value)) ? "Copied" : "Press Ctrl+C";
    setTimeout(() => (button.textContent = "Copy"), 2500);
  });
  field.title = what;
  box.append(label, field, button);
  return box;
}

/** True when the text is on the clipboard; browsers have none for a page that is plain http from another machine. */
export async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copiedByCommand(text);
  }
}

/** The older way copies what is selected, whatever that is: the text takes its place on the way. */
function copiedByCommand(text) {
  const put = (event) => {
    event.clipboardData.setData("text/plain", text);
    event.preventDefault();
  };
  document.addEventListener("copy", put);
  const isDone = document.execCommand?.("copy") ?? false;
  document.removeEventListener("copy", put);
  return isDone;
}
