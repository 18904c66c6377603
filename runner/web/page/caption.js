// The caption: a few lines of the clause, rolled line by line as the voice comes to them. The whole clause stays in
// the page, for screen readers; how many lines are seen is the style sheet's matter.

const ROLL_MS = 200;
const FIRST_PACE = 18; // letters a second; measured of eSpeak: 20 in English, 18 in German
const SLOWEST = 3;
const FASTEST = 30;
const TICKS_HZ = 48000;
// One of these is a syllable, and takes as long as four letters do (measured: 4.2 a second in Mandarin).
const WIDE = /[\u2e80-\u9fff\uac00-\ud7af\uff00-\uffef]/g;

export class Caption {
  /** `clock()` is the picture's own time in seconds: a picture that waits keeps its caption waiting. */
  constructor(element, clock) {
    this.element = element;
    this.clock = clock;
    this.pace = FIRST_PACE;
    this.before = null; // the clause before: {turn, letters, start_ticks}
  }

  /** The picture has come to a `clause` message of the server. */
  say({ turn, text, start_ticks }) {
    this.#learn(turn, start_ticks);
    this.before = { turn, letters: letters(text), start_ticks };
    this.began = this.clock();
    this.element.textContent = text;
    this.#roll();
    this.timer ??= setInterval(() => this.#roll(), ROLL_MS);
  }

  clear() {
    clearInterval(this.timer);
    this.timer = null;
    this.before = null;
    this.element.textContent = "";
  }

  /** Nobody tells how long a clause will take: the one before it says how fast this voice is. */
  #learn(turn, startTicks) {
    if (this.before?.turn !== turn || startTicks <= this.before.start_ticks) return;
    const pace = (this.before.letters * TICKS_HZ) / (startTicks - this.before.start_ticks);
    this.pace = Math.min(FASTEST, Math.max(SLOWEST, pace));
  }

  #roll() {
    const { element } = this;
    const line = parseFloat(getComputedStyle(element).lineHeight);
    const share = Math.min(1, ((this.clock() - this.began) * this.pace) / this.before.letters);
    const spoken = Math.floor((share * element.scrollHeight) / line);
    // The line being spoken is the second one seen: so a guess that is one line wrong still shows it.
    element.scrollTop = (spoken - 1) * line;
  }
}

function letters(text) {
  return text.length + 3 * (text.match(WIDE)?.length ?? 0);
}
