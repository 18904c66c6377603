// Badges and outlines on nodes; each kind of mark is set as a whole, and takes the place of what it had set before.
import { nodeById, redraw } from "./graph.js";

const LINE_WIDTH = 3;

export class Marks {
  #marked = [];

  // marks: [{id, text, background, foreground, outline?}]
  set(marks) {
    this.clear();
    for (const mark of marks) {
      const node = nodeById(mark.id);
      if (!node) continue;
      const badge = new window.LGraphBadge({ text: mark.text, fgColor: mark.foreground, bgColor: mark.background });
      node.badges = [...node.badges, badge];
      const stroke = mark.outline && (() => ({ color: mark.outline, lineWidth: LINE_WIDTH }));
      if (stroke) node.strokeStyles.onair = stroke;
      this.#marked.push({ node, badge, stroke });
    }
    redraw();
  }

  clear() {
    for (const { node, badge, stroke } of this.#marked) {
      node.badges = node.badges.filter((one) => one !== badge);
      if (stroke && node.strokeStyles.onair === stroke) delete node.strokeStyles.onair;
    }
    this.#marked = [];
    redraw();
  }
}
