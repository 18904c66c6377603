// The picture with its points: drag them by mouse or finger, move them by keys, come nearer, look through the magnifier.
// Stays whole, because the view, the drawing of it and the pointers that change it are one matter.

import { linesOf } from "./shape.js";

const SVG = "http://www.w3.org/2000/svg";
const DOT = 6, REACH = 20; // px of the screen, whatever the zoom is
const NEAREST = 12;
const LENS_PX = 132, LENS_ZOOM = 4;
const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class Board {
  /** `onBegin()` before a point moves (for undo), `onMove(point)` as it does, `onChoose(point)` on focus. */
  constructor(element, { onBegin, onMove, onChoose }) {
    Object.assign(this, { element, onBegin, onMove, onChoose });
    element.setAttribute("role", "application");
    this.svg = make("svg", { class: "board" });
    this.image = make("image", {});
    this.lines = make("path", { class: "lines" });
    this.dots = make("g", {});
    this.svg.append(this.image, this.lines, this.dots);
    this.lens = make("svg", { class: "lens", "aria-hidden": "true" });
    this.lensImage = make("image", {});
    this.lensMark = make("path", { class: "mark" });
    this.lens.append(this.lensImage, this.lensMark);
    this.lens.style.display = "none";
    element.append(this.svg, this.lens);
    this.pointers = new Map();
    this.svg.addEventListener("pointerdown", (event) => this.#down(event));
    this.svg.addEventListener("pointermove", (event) => this.#moved(event));
    for (const end of ["pointerup", "pointercancel"]) this.svg.addEventListener(end, (event) => this.#up(event));
    this.svg.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    new ResizeObserver(() => this.#size()).observe(element);
  }

  /** Show a picture of this size with these points; they are moved in place. */
  show(picture, width, height, points) {
    Object.assign(this, { width, height, points });
    for (const image of [this.image, this.lensImage]) {
      for (const [name, value] of Object.entries({ href: picture, width, height })) image.setAttribute(name, value);
    }
    this.view = { x: 0, y: 0, width, height };
    this.dots.replaceChildren(...points.map((point) => this.#dot(point)));
    this.draw();
  }

  /** Draw what changed. */
  draw() {
    const { view, points } = this;
    this.svg.setAttribute("viewBox", `${view.x} ${view.y} ${view.width} ${view.height}`);
    this.lines.setAttribute("d", linesOf(points));
    this.#size();
    points.forEach((point, i) => {
      const dot = this.dots.children[i];
      dot.setAttribute("transform", `translate(${point.x} ${point.y})`);
      dot.setAttribute("aria-label", `${point.label}, at ${Math.round(point.x)}, ${Math.round(point.y)}`);
    });
  }

  /** Come nearer (over 1) or go farther, around a place of the picture. */
  zoom(factor, at = this.#middle()) {
    const { view, width, height } = this;
    const scale = Math.min(1, Math.max(1 / NEAREST, view.width / factor / width));
    const to = { width: width * scale, height: height * scale };
    const share = to.width / view.width;
    this.#look({ x: at.x - (at.x - view.x) * share, y: at.y - (at.y - view.y) * share, ...to });
  }

  /** Look at all points, as near as they allow. */
  fit() {
    const xs = this.points.map((one) => one.x), ys = this.points.map((one) => one.y);
    const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
    const scale = Math.min(1, 1.15 * Math.max((right - left) / this.width, (bottom - top) / this.height));
    const to = { width: this.width * scale, height: this.height * scale };
    this.#look({ x: (left + right - to.width) / 2, y: (top + bottom - to.height) / 2, ...to });
  }

  #look(view) {
    view.x = Math.min(this.width - view.width, Math.max(0, view.x));
    view.y = Math.min(this.height - view.height, Math.max(0, view.y));
    this.view = view;
    this.draw();
  }

  #middle() {
    const { view } = this;
    return { x: view.x + view.width / 2, y: view.y + view.height / 2 };
  }

  /** Pixels of the picture in one of the screen. */
  get #scale() {
    const box = this.svg.getBoundingClientRect();
    return Math.max(this.view.width / box.width, this.view.height / box.height);
  }

  #size() {
    if (!this.points) return;
    this.svg.style.setProperty("--dot", `${DOT * this.#scale}px`);
    this.svg.style.setProperty("--reach", `${REACH * this.#scale}px`);
  }

  #place(event) {
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(this.svg.getScreenCTM().inverse());
    return { x: point.x, y: point.y };
  }

  #dot(point) {
    const dot = make("g", { class: `dot ${point.group}`, tabindex: "0", role: "button", "aria-roledescription": "point" });
    const name = make("title", {});
    name.textContent = point.label;
    dot.append(make("circle", { class: "reach" }), make("circle", { class: "ring" }), name);
    dot.addEventListener("focus", () => this.onChoose(point));
    dot.addEventListener("keydown", (event) => this.#key(event, point));
    return dot;
  }

  #key(event, point) {
    const step = KEYS[event.key];
    if (!step || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    if (!event.repeat) this.onBegin();
    const far = (event.shiftKey ? 10 : 1) * Math.max(0.5, this.#scale);
    this.#put(point, { x: point.x + step[0] * far, y: point.y + step[1] * far });
  }

  #put(point, { x, y }) {
    point.x = Math.min(this.width, Math.max(0, x));
    point.y = Math.min(this.height, Math.max(0, y));
    this.draw();
    this.onMove(point);
  }

  #down(event) {
    this.svg.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, event);
    const dot = event.target.closest(".dot");
    if (this.pointers.size > 1 || !dot) {
      this.held = null;
      return;
    }
    event.preventDefault();
    dot.focus();
    const point = this.points[[...this.dots.children].indexOf(dot)];
    const at = this.#place(event);
    // A finger seldom hits the middle: the point keeps its distance from it.
    this.held = { point, dx: point.x - at.x, dy: point.y - at.y, begun: false };
  }

  #moved(event) {
    const before = this.pointers.get(event.pointerId);
    if (!before) return;
    const others = [...this.pointers.values()].filter((one) => one.pointerId !== event.pointerId);
    if (others.length) {
      const spread = (one) => Math.hypot(one.clientX - others[0].clientX, one.clientY - others[0].clientY);
      this.zoom(spread(event) / Math.max(1, spread(before)), this.#place(others[0]));
    } else if (this.held) this.#drag(event);
    else {
      const a = this.#place(before), b = this.#place(event);
      this.#look({ ...this.view, x: this.view.x + a.x - b.x, y: this.view.y + a.y - b.y });
    }
    this.pointers.set(event.pointerId, event);
  }

  #drag(event) {
    const { held } = this;
    if (!held.begun) this.onBegin();
    held.begun = true;
    const at = this.#place(event);
    this.#put(held.point, { x: at.x + held.dx, y: at.y + held.dy });
    this.#magnify(held.point, event);
  }

  #magnify(point, event) {
    const side = LENS_PX * this.#scale / LENS_ZOOM;
    this.lens.setAttribute("viewBox", `${point.x - side / 2} ${point.y - side / 2} ${side} ${side}`);
    const arm = side / 10;
    this.lensMark.setAttribute("d", `M${point.x - arm} ${point.y}h${2 * arm}M${point.x} ${point.y - arm}v${2 * arm}`);
    const box = this.element.getBoundingClientRect();
    // In the corner that the finger is not in.
    this.lens.style.left = event.clientX - box.left < box.width / 2 ? "auto" : "0.75rem";
    this.lens.style.right = event.clientX - box.left < box.width / 2 ? "0.75rem" : "auto";
    this.lens.style.display = "block";
  }

  #up(event) {
    this.pointers.delete(event.pointerId);
    this.held = null;
    this.lens.style.display = "none";
  }

  #wheel(event) {
    event.preventDefault();
    this.zoom(Math.exp(-event.deltaY / 400), this.#place(event));
  }
}

function make(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}
