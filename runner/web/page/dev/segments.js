// The published segments, newest first: length, kind, and how each joins the one before.

const TICKS_PER_MS = 48;
const KEPT = 60;
const WORDS = { splice: "splice", gap: "gap", overlap: "overlap", "": "seamless" };

export class Segments {
  constructor() {
    this.rows = []; // {name, kind, turn, duration_ms, seam, gap_ms}, oldest first
    this.element = document.createElement("div");
    this.element.className = "segments";
    this.element.tabIndex = 0;
    this.element.setAttribute("role", "region");
    this.element.setAttribute("aria-label", "Published segments");
    const table = document.createElement("table");
    table.innerHTML = "<thead><tr><th scope=col>Segment</th><th scope=col>Kind</th><th scope=col>Length</th><th scope=col>Seam</th></tr></thead>";
    this.body = document.createElement("tbody");
    table.append(this.body);
    this.element.append(table);
    this.before = null;
  }

  forget() {
    this.before = null;
  }

  /** A `segment_published` message. */
  take(message) {
    const { before } = this;
    const gap = before ? message.start_ticks - before.start_ticks - before.duration_ticks : 0;
    const seam = gap > 0 ? "gap" : gap < 0 ? "overlap" : before && before.kind !== message.kind ? "splice" : "";
    this.before = message;
    const row = { name: message.name, kind: message.kind, turn: message.turn, duration_ms: message.duration_ticks / TICKS_PER_MS, seam, gap_ms: gap / TICKS_PER_MS };
    this.rows.push(row);
    this.body.prepend(line(row));
    if (this.rows.length > KEPT) {
      this.rows.shift();
      this.body.lastElementChild.remove();
    }
  }
}

function line(row) {
  const line = document.createElement("tr");
  line.dataset.kind = row.kind;
  line.dataset.seam = row.seam;
  const gap = row.gap_ms ? ` ${Math.abs(row.gap_ms).toFixed(1)} ms` : "";
  for (const text of [row.name, row.kind, `${Math.round(row.duration_ms)} ms`, WORDS[row.seam] + gap]) {
    const cell = document.createElement("td");
    cell.textContent = text;
    line.append(cell);
  }
  return line;
}
