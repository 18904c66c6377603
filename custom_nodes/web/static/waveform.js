// OnAir Window shows the sound of the window that was rendered last, in the room beside its outputs.
import { app } from "../../scripts/app.js";

const PARTS = [
  ["context_frames", "#8a93a6"],
  ["overlap_frames", "#f0a92b"],
  ["new_frames", "#5b9dff"],
  ["ahead_frames", "#8a93a6"],
];
const ROW = 20; // LiteGraph's height of a slot
const BESIDE_OUTPUTS = 132;
const LEAST_WIDTH = 60;
const QUIET = 250; // of 1000: what is quieter than this is not drawn as if it were loud

// The free rectangle below the inputs and left of the outputs' names, null where there is none.
function room(node) {
  const slots = node.inputs.filter((input) => !input.widget).length;
  const [top, bottom] = [slots * ROW + 12, node.outputs.length * ROW + 4];
  const width = node.size[0] - 12 - BESIDE_OUTPUTS;
  return width < LEAST_WIDTH || bottom - top < ROW ? null : { x: 12, y: top, width, height: bottom - top };
}

function draw(context, { x, y, width, height }, told) {
  const ends = [];
  let frames = 0;
  for (const [name, colour] of PARTS) {
    ends.push({ start: frames, end: (frames += told[name]), colour });
  }
  context.save();
  context.globalAlpha = 0.16;
  for (const { start, end, colour } of ends) {
    context.fillStyle = colour;
    context.fillRect(x + (start / frames) * width, y, ((end - start) / frames) * width, height);
  }
  context.globalAlpha = 1;
  const step = width / told.bars.length;
  const loudest = Math.max(QUIET, ...told.bars);
  told.bars.forEach((bar, place) => {
    const at = ((place + 0.5) / told.bars.length) * frames;
    const half = Math.max(0.5, (bar / loudest) * (height / 2 - 4));
    context.fillStyle = ends.find(({ end }) => at <= end)?.colour ?? PARTS[0][1];
    context.fillRect(x + place * step, y + height / 2 - half, Math.max(0.6, step * 0.7), 2 * half);
  });
  context.fillStyle = "#9aa3b5";
  context.font = "9px Inter, sans-serif";
  context.textAlign = "left";
  const seconds = told.new_frames / told.fps;
  context.fillText(`#${told.index} · ${seconds.toFixed(2)} s`, x + 4, y + 11);
  context.restore();
}

app.registerExtension({
  name: "OnAir.Waveform",
  beforeRegisterNodeDef(type, definition) {
    if (definition.name !== "OnAirWindow") return;
    const { onExecuted, onDrawForeground } = type.prototype;
    type.prototype.onExecuted = function (output) {
      onExecuted?.apply(this, arguments);
      this.onairSound = output?.onair?.[0]?.bars ? output.onair[0] : null;
      this.setDirtyCanvas(true, true);
    };
    type.prototype.onDrawForeground = function (context) {
      onDrawForeground?.apply(this, arguments);
      const place = this.onairSound && !this.flags.collapsed && room(this);
      if (place) draw(context, place, this.onairSound);
    };
  },
});
