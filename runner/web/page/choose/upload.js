// A face of one's own: by a button, or dropped anywhere on the stage or the dialog; with progress, and a way back.

import { explain } from "../talk/notice.js";
import { write } from "../talk/status.js";
import { smaller } from "./picture.js";

const NO_FACE = "picture.no_face";

/** Where the points of an avatar's face are corrected. */
export function pointsAddress(avatar) {
  return `/?view=landmarks&avatar=${encodeURIComponent(avatar)}`;
}

export class Upload {
  /** `onDone(row)` is the server's row of the new avatar; `onOpen()` shows this when a picture was dropped elsewhere. */
  constructor({ onDone, onOpen }) {
    this.onDone = onDone;
    this.onOpen = onOpen;
    this.element = document.createElement("section");
    this.element.className = "upload";
    this.element.setAttribute("aria-label", "Your own picture");
    this.input = document.createElement("input");
    this.input.type = "file";
    this.input.accept = "image/*";
    this.input.id = "upload";
    this.input.className = "unseen";
    const label = document.createElement("label");
    label.htmlFor = "upload";
    label.className = "button";
    label.textContent = "Choose a picture";
    const hint = document.createElement("p");
    hint.id = "upload-hint";
    hint.textContent = "or drop one here: one face from the front, well lit. Only use a face that you may use.";
    this.input.setAttribute("aria-describedby", hint.id);
    this.line = document.createElement("p"); // what became of it
    this.line.setAttribute("role", "status");
    this.bar = document.createElement("progress");
    this.bar.max = 1;
    this.bar.hidden = true;
    this.bar.setAttribute("aria-label", "Upload");
    this.points = document.createElement("button");
    this.points.type = "button";
    this.points.textContent = "Show where the face is";
    this.points.hidden = true;
    this.element.append(this.input, label, hint, this.line, this.points, this.bar);
    this.input.addEventListener("change", () => this.take(this.input.files[0]));
    this.takeDrops(this.element);
  }

  /** Take pictures that are dropped on `area`; `hint` is shown while one hovers over it. */
  takeDrops(area, hint = null) {
    const over = (isOver) => {
      area.classList.toggle("over", isOver);
      if (hint) hint.hidden = !isOver;
    };
    area.addEventListener("dragover", (event) => {
      if (!event.dataTransfer?.types.includes("Files") || this.element.hidden) return;
      event.preventDefault();
      over(true);
    });
    area.addEventListener("dragleave", (event) => area.contains(event.relatedTarget) || over(false));
    area.addEventListener("drop", (event) => {
      if (this.element.hidden) return;
      event.preventDefault();
      over(false);
      this.onOpen();
      this.take(event.dataTransfer.files[0]);
    });
  }

  /** Forget what became of the picture before, unless one is on its way. */
  forget() {
    if (this.busy) return;
    this.tell("");
    this.points.hidden = true;
  }

  tell(text, kind = "") {
    write(this.line, text);
    this.line.dataset.kind = kind;
  }

  async take(file) {
    if (!file || this.busy) return;
    await this.#busily(async () => {
      this.tell("Making the picture smaller…");
      const picture = await smaller(file);
      const title = file.name.replace(/\.[^.]*$/, "").slice(0, 60) || "My picture";
      this.points.onclick = () => this.#busily(() => this.#byHand(picture, title));
      const row = await this.#send(picture, { title });
      this.tell(row.notes?.length ? `Here it is: ${row.notes.join("; ")}.` : "Here it is.", "good");
      this.onDone(row);
    });
  }

  /** Take the picture without a face that anybody found: its points are dragged to where it is. */
  async #byHand(picture, title) {
    const row = await this.#send(picture, { title, by_hand: true });
    location.assign(pointsAddress(row.avatar));
  }

  async #busily(work) {
    this.busy = true;
    this.bar.hidden = false;
    this.bar.removeAttribute("value"); // as long as nobody knows how long it takes
    this.points.hidden = true;
    try {
      await work();
    } catch (error) {
      this.tell(error.message, "bad");
      this.points.hidden = error.code !== NO_FACE;
    } finally {
      this.busy = false;
      this.bar.hidden = true;
      this.input.value = "";
    }
  }

  #send(picture, query) {
    this.tell("Sending the picture…");
    return new Promise((done, failed) => {
      const request = new XMLHttpRequest(); // fetch tells nothing of how far an upload is
      request.open("POST", `/api/avatars?${new URLSearchParams(query)}`);
      request.setRequestHeader("Content-Type", picture.type || "application/octet-stream");
      request.responseType = "json";
      request.upload.onprogress = (event) => {
        this.bar.value = event.loaded / event.total;
        if (event.loaded === event.total) this.tell("Looking for the face…");
      };
      request.onerror = () => failed(new Error("The picture could not be sent: the server cannot be reached. Try again."));
      request.onload = () => {
        if (request.status === 201) done(request.response);
        else if (request.status === 413) failed(new Error("The picture is too large for this server. Take a smaller one."));
        else if ([404, 405].includes(request.status)) failed(new Error("This server takes no pictures."));
        else failed(Object.assign(new Error(explain(request.response ?? {})), { code: request.response?.code }));
      };
      request.send(picture);
    });
  }
}
