// What the server tells is true at the published edge; the picture is some 0.7 s behind it. Playout shows it in time.
export class Playout {
  constructor(distanceSeconds) {
    this.distanceSeconds = distanceSeconds;
    this.waiting = new Set();
  }

  // Run `show` when the picture has come to where the edge is now.
  then(show) {
    const timer = setTimeout(() => {
      this.waiting.delete(timer);
      show();
    }, Math.max(0, this.distanceSeconds() ?? 0) * 1000);
    this.waiting.add(timer);
  }

  // The picture has jumped: what was to come will not be seen.
  drop() {
    this.waiting.forEach(clearTimeout);
    this.waiting.clear();
  }
}
