// Labels above nodes and outlines around them. Drawn on the canvas itself, so that they are seen with both of the
// editor's node designs: the newer one takes badges of a node only when it makes the node.
import { app } from "../../scripts/app.js";
import { nodeById, redraw } from "./graph.js";

const TITLE = 30; // LiteGraph's height of a node's title
const HEIGHT = 20;
const PADDING = 7;
const GAP = 4;
const ROUND = 6;

const kinds = new Set();
let drawing = false;

export class Marks {
  marks = [];

  constructor() {
    kinds.add(this);
  }

  // marks: [{id, text, background, foreground, outline?}]
  set(marks) {
    drawWithTheCanvas();
    this.marks = marks.map((mark) => ({ ...mark, node: nodeById(mark.id) })).filter(({ node }) => node);
    redraw();
  }

  clear() {
    this.set([]);
  }
}

function drawWithTheCanvas() {
  if (drawing || !app.canvas) return;
  drawing = true;
  const before = app.canvas.onDrawForeground;
  app.canvas.onDrawForeground = function (context, ...more) {
    before?.call(this, context, ...more);
    draw(context);
  };
}

function draw(context) {
  const used = new Map(); // how far the labels above a node have come
  context.save();
  context.font = "12px Inter, sans-serif";
  context.textBaseline = "middle";
  for (const { node, text, background, foreground, outline } of [...kinds].flatMap(({ marks }) => marks)) {
    if (node.graph !== app.canvas.graph) continue;
    const [x, y] = [node.pos[0], node.pos[1] - TITLE];
    if (outline) {
      const [width, height] = node.flags.collapsed ? [node._collapsed_width ?? 80, 0] : node.size;
      rectangle(context, x - 5, y - 5, width + 10, height + TITLE + 10, ROUND + 5);
      context.strokeStyle = outline;
      context.lineWidth = 3;
      context.stroke();
    }
    const left = used.get(node) ?? x;
    const width = context.measureText(text).width + 2 * PADDING;
    rectangle(context, left, y - HEIGHT - 8, width, HEIGHT, ROUND);
    context.fillStyle = background;
    context.fill();
    context.fillStyle = foreground;
    context.textAlign = "left";
    context.fillText(text, left + PADDING, y - HEIGHT / 2 - 7.5);
    used.set(node, left + width + GAP);
  }
  context.restore();
}

function rectangle(context, x, y, width, height, round) {
  context.beginPath();
  context.roundRect(x, y, width, height, round);
}
