// The caption: a few lines of the clause, rolled line by line as the voice comes to them, word by word.

const ROLL_MS = 100;
const FIRST_PACE = 18; // letters a second; measured of eSpeak: 20 in English, 18 in German
const SLOWEST = 3;
const FASTEST = 30;
const TICKS_HZ = 48000;
// One of these is a syllable, and takes as long as four letters do (measured: 4.2 a second in Mandarin).
const WIDE = /[\u2e80-\u9fff\uac00-\ud7af\uff00-\uffef]/g;
const WORD = /[\u2e80-\u9fff\uac00-\ud7af]|[^\s\u2e80-\u9fff\uac00-\ud7af]+/g;

export class Caption {
  /**
   * `clock()` is the picture's own time in seconds: a picture that waits keeps its caption waiting.
   * `secondsSince(ticks)` is where the picture stands on the channel's timeline, or null.
   */
  constructor(element, clock, secondsSince = () => null) {
    this.element = element;
    this.clock = clock;
    this.secondsSince = secondsSince;
    this.pace = FIRST_PACE;
    this.before = null; // the clause before: {turn, letters, start_ticks}
    this.words = []; // {span, beginS}, from the clause's begin
  }

  /** The picture has come to a `clause` message of the server. */
  say({ turn, text, start_ticks, words }) {
    this.#learn(turn, start_ticks);
    this.before = { turn, letters: letters(text), start_ticks };
    this.began = this.clock();
    this.#write(text, words ? told(words, start_ticks) : even(text, this.pace));
    this.#roll();
    this.timer ??= setInterval(() => this.#roll(), ROLL_MS);
  }

  clear() {
    clearInterval(this.timer);
    this.timer = null;
    this.before = null;
    this.words = [];
    this.element.textContent = "";
  }

  /** Nobody tells how long a clause will take: the one before it says how fast this voice is. */
  #learn(turn, startTicks) {
    if (this.before?.turn !== turn || startTicks <= this.before.start_ticks) return;
    const pace = (this.before.letters * TICKS_HZ) / (startTicks - this.before.start_ticks);
    this.pace = Math.min(FASTEST, Math.max(SLOWEST, pace));
  }

  #write(text, words) {
    const pieces = [];
    this.words = [];
    let at = 0;
    for (const [i, word] of words.entries()) {
      const span = document.createElement("span");
      // What no word of its own is told of belongs to the one before: eSpeak says "I am" as one.
      span.textContent = text.slice(word.at, words[i + 1]?.at).trimEnd();
      pieces.push(text.slice(at, word.at), span);
      this.words.push({ span, beginS: word.beginS });
      at = word.at + span.textContent.length;
    }
    this.element.replaceChildren(...pieces, text.slice(at));
  }

  #roll() {
    const { element, words } = this;
    const byPicture = this.secondsSince(this.before.start_ticks);
    const now = byPicture !== null && byPicture > -2 ? byPicture : this.clock() - this.began;
    let last = -1;
    while (last + 1 < words.length && words[last + 1].beginS <= now) last += 1;
    words.forEach(({ span }, i) => {
      const state = i === last ? "now" : i < last ? "said" : "";
      if (span.className !== state) span.className = state;
    });
    const line = parseFloat(getComputedStyle(element).lineHeight);
    const top = last < 0 ? 0 : words[last].span.offsetTop - element.clientTop - (words[0].span.offsetTop - element.clientTop);
    // The line being spoken is the second one seen, so what comes next is seen too.
    element.scrollTop = (Math.round(top / line) - 1) * line;
  }
}

function told(words, startTicks) {
  const known = words.map(({ at, start_ticks }) => ({ at, beginS: (start_ticks - startTicks) / TICKS_HZ }));
  return known.sort((a, b) => a.at - b.at);
}

/** Words spread over the text's letters, at so many letters a second. */
function even(text, pace) {
  const words = [];
  let before = 0, from = 0;
  for (const found of text.matchAll(WORD)) {
    before += letters(text.slice(from, found.index));
    words.push({ at: found.index, beginS: before / pace });
    before += letters(found[0]);
    from = found.index + found[0].length;
  }
  return words;
}

function letters(text) {
  return text.length + 3 * (text.match(WIDE)?.length ?? 0);
}
