// A figure over time: a line of its last values, drawn by hand, with its value now in words.

const WIDTH = 240, HEIGHT = 56, KEPT = 240; // two minutes at two a second

export class Plot {
  /** `format(value)` for people; `floor` is the least upper end of the scale; `bars`: one a value, not a line. */
  constructor({ title, format, floor = 0, bars = false }) {
    Object.assign(this, { title, format, floor, bars });
    this.values = [];
    this.element = document.createElement("figure");
    this.caption = document.createElement("figcaption");
    this.name = document.createElement("span");
    this.name.textContent = title;
    this.now = document.createElement("strong");
    this.now.textContent = "–";
    this.caption.append(this.name, this.now);
    this.drawing = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    this.drawing.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
    this.drawing.setAttribute("preserveAspectRatio", "none");
    this.drawing.setAttribute("aria-hidden", "true");
    this.line = document.createElementNS("http://www.w3.org/2000/svg", "path");
    this.drawing.append(this.line);
    this.element.append(this.caption, this.drawing);
  }

  add(value) {
    if (!Number.isFinite(value)) return;
    this.values.push(value);
    if (this.values.length > KEPT) this.values.shift();
  }

  show() {
    const { values } = this;
    if (!values.length) return;
    const top = Math.max(this.floor, ...values) * 1.1 || 1;
    this.now.textContent = this.format(values.at(-1));
    this.element.title = `${this.title}: least ${this.format(Math.min(...values))}, most ${this.format(Math.max(...values))}`;
    const step = WIDTH / (this.bars ? Math.max(24, values.length) : KEPT - 1);
    const y = (value) => (HEIGHT - 2 - ((HEIGHT - 4) * value) / top).toFixed(1);
    const path = this.bars
      ? values.map((value, i) => `M${((i + 0.5) * step).toFixed(1)} ${HEIGHT}V${y(value)}`)
      : values.map((value, i) => `${i ? "L" : "M"}${((KEPT - values.length + i) * step).toFixed(1)} ${y(value)}`);
    this.line.setAttribute("d", path.join(""));
  }
}
