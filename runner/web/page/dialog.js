// A dialog with a heading and a way out; its opener gets the focus back.

export class Dialog {
  /** `body` is where the content goes; `onOpen` is told each time, `onShown` when it can be seen. */
  constructor(element, { title, opener, onOpen = () => {}, onShown = () => {}, onClose = () => {} }) {
    Object.assign(this, { element, onOpen, onShown });
    const head = document.createElement("div");
    head.className = "head";
    const heading = document.createElement("h2");
    heading.id = `${element.id}-title`;
    heading.textContent = title;
    // A reader begins with the title, and nobody closes it by mistake with the first key.
    heading.tabIndex = -1;
    this.heading = heading;
    heading.autofocus = true;
    const close = iconButton("close", "Close");
    close.addEventListener("click", () => element.close());
    head.append(heading, close);
    this.body = document.createElement("div");
    this.body.className = "body";
    element.append(head, this.body);
    opener?.addEventListener("click", () => this.open());
    element.addEventListener("close", () => onClose());
    // A click beside it closes it: the dialog itself is then the target, as its content fills it.
    element.addEventListener("pointerdown", (event) => {
      if (event.target === element) element.close();
    });
  }

  open() {
    if (this.element.open) return;
    this.onOpen();
    this.element.showModal();
    this.onShown();
  }

  /** To the beginning, where what had the focus is gone. */
  focus() {
    this.heading.focus();
  }

  close() {
    this.element.close();
  }
}

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `/page/icons.svg#${name}`);
  svg.append(use);
  return svg;
}

export function iconButton(name, label) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "icon";
  button.title = label; // its name, too: an aria-label beside it would be read out twice
  button.append(icon(name));
  return button;
}
