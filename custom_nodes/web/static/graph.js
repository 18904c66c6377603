// The graph on the canvas, as it would be saved, and its nodes by the ids that a runner tells.
import { app } from "../../scripts/app.js";

const root = () => app.rootGraph ?? app.graph;

export const savedGraph = () => root().serialize();

// Whether there is something to put on air: both ends, on any level.
export function hasBothEnds(saved) {
  const levels = [saved, ...(saved.definitions?.subgraphs ?? [])];
  const types = new Set(levels.flatMap((level) => level.nodes ?? []).map((node) => node.type));
  return types.has("OnAirWindow") && types.has("OnAirSegment");
}

// The stream's size as the graph's own OnAir Window gives it, for the room that the picture takes.
export function streamSize() {
  const widgets = root().nodes.find((node) => node.type === "OnAirWindow")?.widgets ?? [];
  const value = (name) => Number(widgets.find((widget) => widget.name === name)?.value);
  return value("width") > 0 && value("height") > 0 ? [value("width"), value("height")] : [1, 1];
}

// `7`, or `7:3` for node 3 inside the subgraph node 7: then the node outside is meant, which is seen.
export function nodeById(id) {
  const outer = String(id).split(":")[0];
  return root().getNodeById(Number(outer)) ?? root().getNodeById(outer) ?? null;
}

export function showNode(id) {
  const node = nodeById(id);
  if (!node) return;
  if (app.canvas.graph !== root()) app.canvas.setGraph(root());
  app.canvas.centerOnNode(node);
  app.canvas.selectNode?.(node);
}

export function redraw() {
  app.canvas?.setDirty(true, true);
}
