// The text box: Enter sends, the arrows go through what was said, Escape stops.

const COMPOSED = 229; // UI Events, 7.3.1: the key was taken by an input method

export class Composer {
  /** `send(text)` is true when it went; `stop()`; `said()` gives the texts that were sent, oldest first. */
  constructor({ form, text, stopButton, send, stop, said }) {
    Object.assign(this, { form, text, send, stop, said });
    this.place = null; // in what was said; null: in what is being typed
    this.draft = "";
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    text.addEventListener("input", () => {
      this.place = null;
      this.#grow();
    });
    text.addEventListener("keydown", (event) => this.#key(event));
    stopButton.addEventListener("click", () => {
      stop();
      text.focus();
    });
  }

  #submit() {
    const said = this.text.value.trim();
    if (!said || !this.send(said)) return;
    this.place = null;
    this.#put("");
  }

  #key(event) {
    // Safari says of the Enter that accepts a composed word that nothing is composed any more, but with this code.
    if (event.isComposing || event.keyCode === COMPOSED) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.#submit();
    } else if (event.key === "Escape") this.stop();
    else if (event.key === "ArrowUp" && this.#atEdge(0)) this.#go(-1, event);
    else if (event.key === "ArrowDown" && this.#atEdge(this.text.value.length)) this.#go(1, event);
  }

  /** In a text of several lines the arrows move the caret, until it is at the end that they lead out of. */
  #atEdge(edge) {
    const { value, selectionStart, selectionEnd } = this.text;
    if (selectionStart !== selectionEnd) return false;
    return this.place !== null || selectionStart === edge || !value.includes("\n");
  }

  #go(step, event) {
    const said = this.said();
    const place = (this.place ?? said.length) + step;
    if (place < 0 || place > said.length) return;
    event.preventDefault();
    if (this.place === null) this.draft = this.text.value;
    this.place = place === said.length ? null : place;
    this.#put(this.place === null ? this.draft : said[place]);
    this.text.setSelectionRange(this.text.value.length, this.text.value.length);
  }

  #put(value) {
    this.text.value = value;
    this.#grow();
  }

  #grow() {
    this.text.style.height = "auto";
    this.text.style.height = `${this.text.scrollHeight + 2}px`; // and its border
  }
}
