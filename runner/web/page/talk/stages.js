// Where a turn's time went, from the send to the first talking frame: a small stacked bar.

const FULL_MS = 2000; // so much fills the bar; more is squeezed into it

/** The bar of {speech_ms, rendered_ms, published_ms, shown_ms}, each ms since the send; unseen where none is known. */
export function stagesBar(stages) {
  const parts = [
    ["speech", "Voice", stages.speech_ms],
    ["rendered", "Picture", stages.rendered_ms],
    ["published", "Stream", stages.published_ms],
    ["shown", stages.published_ms === undefined ? "Heard and seen after" : "Screen", stages.shown_ms],
  ].filter(([, , ms]) => Number.isFinite(ms));
  const bar = document.createElement("div");
  bar.className = "stages";
  if (!parts.length) {
    bar.classList.add("none");
    bar.textContent = "–";
    return bar;
  }
  const total = Math.max(...parts.map(([, , ms]) => ms));
  const track = document.createElement("div");
  track.className = "track";
  const told = [];
  let before = 0;
  for (const [name, label, ms] of parts) {
    const took = Math.max(0, ms - before);
    before = Math.max(before, ms);
    const piece = document.createElement("i");
    piece.className = name;
    piece.style.width = `${(100 * took) / Math.max(FULL_MS, total)}%`;
    piece.title = `${label} ${inWords(took)}`;
    told.push(piece.title);
    track.append(piece);
  }
  bar.setAttribute("role", "img");
  bar.setAttribute("aria-label", `${inWords(total)} to the first picture: ${told.join(", ")}`);
  const figure = document.createElement("span");
  figure.title = told.join(" · ");
  figure.textContent = inWords(total);
  bar.append(track, figure);
  return bar;
}

export function inWords(ms) {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 0)} s`;
}
