// What a check found, on the nodes concerned: an outline and a sign. The sentences stand in the panel.
import { Marks } from "./marks.js";

const LOOK = {
  error: { text: "✕", background: "#b3261e", foreground: "#ffffff", outline: "#e5484d" },
  warning: { text: "!", background: "#8a5a00", foreground: "#fff4d6", outline: "#f0a92b" },
  hint: { text: "i", background: "#1f4f8a", foreground: "#e3f0ff" },
};
const ORDER = Object.keys(LOOK);

const marks = new Marks();

export function markFindings(findings) {
  const worst = new Map();
  for (const { node, severity } of findings) {
    if (node == null) continue;
    const id = String(node).split(":")[0];
    const before = worst.get(id);
    if (before === undefined || ORDER.indexOf(severity) < ORDER.indexOf(before)) worst.set(id, severity);
  }
  marks.set([...worst].map(([id, severity]) => ({ id, ...(LOOK[severity] ?? LOOK.hint) })));
}

export const clearFindings = () => marks.clear();
