// How many milliseconds each node took of the last window, on the node; the slowest one stands out.
import { Marks } from "./marks.js";

const CALM = { background: "#1f3a2e", foreground: "#d6f5e3" };
const SLOW = { background: "#8a4b08", foreground: "#fff1dc" };
const SLOW_SHARE = 0.5;

const marks = new Marks();

export function showFigures(nodeMs) {
  const total = Object.values(nodeMs).reduce((sum, ms) => sum + ms, 0) || 1;
  const outer = {};
  for (const [id, ms] of Object.entries(nodeMs)) {
    const seen = id.split(":")[0];
    outer[seen] = (outer[seen] ?? 0) + ms;
  }
  marks.set(
    Object.entries(outer).map(([id, ms]) => ({ id, text: inWords(ms), ...(ms / total > SLOW_SHARE ? SLOW : CALM) })),
  );
}

export const clearFigures = () => marks.clear();

export function inWords(ms) {
  if (ms >= 10_000) return `${(ms / 1000).toFixed(0)} s`;
  if (ms >= 1000) return `${(ms / 1000).toFixed(1)} s`;
  return `${ms < 10 ? ms.toFixed(1) : ms.toFixed(0)} ms`;
}
