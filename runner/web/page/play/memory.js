// What a tab or a browser keeps. Where cookies are blocked, and in some frames, the storage's very name throws: then
// nothing is kept.

export const tab = () => sessionStorage;
export const browser = () => localStorage;

/** What was kept under `key`, or null. `storage` is `tab` or `browser`. */
export function recall(storage, key) {
  try {
    return JSON.parse(storage().getItem(key));
  } catch {
    return null;
  }
}

export function remember(storage, key, value) {
  try {
    if (value === null) storage().removeItem(key);
    else storage().setItem(key, JSON.stringify(value));
  } catch {
    // full or refused: the page works without
  }
}
