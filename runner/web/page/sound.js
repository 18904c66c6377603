// Browsers start video only without sound: it is off until the viewer's first action, and on after it.

const ACTIONS = ["pointerup", "keydown", "touchend"];

export class Sound {
  constructor(video, onChange) {
    this.video = video;
    this.onChange = onChange;
    video.muted = true;
    this.act = () => this.on();
    for (const action of ACTIONS) document.addEventListener(action, this.act, { capture: true });
  }

  on() {
    // Escape and modifier keys are no action in the browser's eyes: unmuting then would pause the video.
    if (navigator.userActivation && !navigator.userActivation.hasBeenActive) return;
    for (const action of ACTIONS) document.removeEventListener(action, this.act, { capture: true });
    this.video.muted = false;
    this.onChange(true);
    if (this.video.paused) this.video.play().catch(() => this.#refused());
  }

  #refused() {
    this.video.muted = true;
    this.video.play().catch(() => {});
    this.onChange(false);
    for (const action of ACTIONS) document.addEventListener(action, this.act, { capture: true });
  }
}
