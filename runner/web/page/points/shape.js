// The landmarks' JSON as a list of named points, and back. Pixels of the picture, whatever its size.

const CORNERS = { left: "left corner", right: "right corner", top: "upper edge", bottom: "lower edge" };
const MOUTH = { left: "Mouth, left corner", right: "Mouth, right corner", top: "Upper lip, top", bottom: "Lower lip, bottom", line: "Where the lips meet" };
const BROW = { left: "left end", middle: "middle", right: "right end" };
const SIDES = ["left", "right"]; // as the viewer sees them

/** Points {key, group, label, x, y}; `key` is the way into the JSON. Parts that it lacks have no points. */
export function pointsOf(landmarks) {
  const points = [];
  const add = (group, label, key, place) => {
    if (place) points.push({ key, group, label, x: place[0], y: place[1] });
  };
  (landmarks.brows ?? []).forEach((brow, i) => {
    for (const [name, label] of Object.entries(BROW)) add(`brow${i}`, `${capital(SIDES[i])} brow, ${label}`, ["brows", i, name], brow[name]);
  });
  (landmarks.eyes ?? []).forEach((eye, i) => {
    for (const [name, label] of Object.entries(CORNERS)) add(`eye${i}`, `${capital(SIDES[i])} eye, ${label}`, ["eyes", i, name], eye[name]);
  });
  for (const [name, label] of Object.entries(MOUTH)) add("mouth", label, ["mouth", name], landmarks.mouth?.[name]);
  add("chin", "Chin, lowest point", ["chin"], landmarks.chin);
  if (landmarks.face) {
    const [x, y, width, height] = landmarks.face;
    add("face", "Face, upper left", ["face", "from"], [x, y]);
    add("face", "Face, lower right", ["face", "to"], [x + width, y + height]);
  }
  return points;
}

/** The JSON with these points in it. */
export function landmarksOf(points, landmarks) {
  const made = structuredClone(landmarks);
  const face = {};
  for (const { key, x, y } of points) {
    if (key[0] === "face") face[key[1]] = [x, y];
    else key.slice(0, -1).reduce((at, name) => at[name], made)[key.at(-1)] = [round(x), round(y)];
  }
  if (face.from) {
    const [[x0, y0], [x1, y1]] = [face.from, face.to];
    made.face = [Math.min(x0, x1), Math.min(y0, y1), Math.abs(x1 - x0), Math.abs(y1 - y0)].map(round);
  }
  return made;
}

/** The lines between points, as SVG paths, by group. */
export function linesOf(points) {
  const at = (group, name) => points.find((one) => one.group === group && one.key.at(-1) === name);
  const path = (group, names, closed) => {
    const found = names.map((name) => at(group, name)).filter(Boolean);
    return found.length < 2 ? "" : found.map((one, i) => `${i ? "L" : "M"}${one.x} ${one.y}`).join("") + (closed ? "Z" : "");
  };
  const from = at("face", "from"), to = at("face", "to");
  return [
    ...[0, 1].map((i) => path(`brow${i}`, ["left", "middle", "right"])),
    ...[0, 1].map((i) => path(`eye${i}`, ["left", "top", "right", "bottom"], true)),
    path("mouth", ["left", "top", "right", "bottom"], true),
    path("mouth", ["left", "line", "right"]),
    from && to ? `M${from.x} ${from.y}H${to.x}V${to.y}H${from.x}Z` : "",
  ].join("");
}

const capital = (word) => (word ?? "other")[0].toUpperCase() + (word ?? "other").slice(1);
const round = (value) => Math.round(value * 100) / 100;
