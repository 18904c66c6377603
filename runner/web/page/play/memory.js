// What a tab or a browser keeps. Private windows and frames of other sites may refuse: then nothing is kept.

export function recall(storage, key) {
  try {
    return JSON.parse(storage.getItem(key));
  } catch {
    return null;
  }
}

export function remember(storage, key, value) {
  try {
    if (value === null) storage.removeItem(key);
    else storage.setItem(key, JSON.stringify(value));
  } catch {
    // full or refused: the page works without
  }
}
