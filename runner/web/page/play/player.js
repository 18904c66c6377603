// The video and the one attachment of hls.js in the page's life; the browser's own player where hls.js is missing.

export const NO_PLAYER = "none";
const RETRY_FATAL_MS = 1000;

export class Player {
  /** `onError(details, fatal, data)` for everything hls.js or the element complain of; `onEnded` when a stream is over. */
  constructor(video, { behindS, onError, onSource, onEnded }) {
    this.video = video;
    this.loading = { behindS, byParts: true };
    this.onError = onError;
    this.onSource = onSource;
    this.onEnded = onEnded;
    this.onBuffered = () => {};
    this.onLoaded = () => {}; // {mediaS, tookS, bytes} of each part or segment
    this.hls = null;
    this.source = null;
    video.addEventListener("error", () => {
      onError(`video.${video.error?.code}`, true, { message: video.error?.message });
      if (!this.hls && this.source) this.#later();
    });
    video.addEventListener("ended", () => onEnded());
  }

  /** Play this multivariant playlist; the same one again changes nothing. */
  play(source) {
    if (source === this.source) return;
    this.source = source;
    this.onSource();
    if (this.hls) this.hls.loadSource(source);
    else this.#attach();
    if (this.source) this.start();
  }

  /** Start muted, which every browser allows. */
  start() {
    this.video.play().catch((error) => {
      if (error.name !== "NotAllowedError" || this.video.muted) return;
      this.video.muted = true;
      this.video.play().catch(() => {});
    });
  }

  /** Let go of the stream; `play` begins anew. */
  stop() {
    clearTimeout(this.retry);
    this.retry = null;
    this.source = null;
    this.hls?.destroy();
    this.hls = null;
    this.video.removeAttribute("src");
    this.video.load();
    this.onSource();
  }

  /** Load part by part, or whole segments; `behindS` is where a player that begins anew joins. */
  load({ behindS, byParts }) {
    this.loading = { behindS, byParts };
    if (!this.hls) return;
    this.hls.targetLatency = behindS;
    this.hls.lowLatencyMode = byParts;
  }

  /** Load anew: one whole segment first, because a part amid a GOP cannot be decoded after a break. */
  reload() {
    const { hls } = this;
    if (!hls) return;
    hls.lowLatencyMode = false;
    hls.once(window.Hls.Events.FRAG_BUFFERED, () => {
      hls.lowLatencyMode = this.loading.byParts;
    });
    hls.stopLoad();
    hls.startLoad(-1);
  }

  /** A new hls.js on the same element: the last resort, and the answer to fatal errors. */
  rebuild() {
    clearTimeout(this.retry);
    this.retry = null;
    this.hls?.destroy();
    this.hls = null;
    if (!this.source) return;
    this.onSource();
    this.#attach();
    if (this.source) this.start();
  }

  get bufferedAheadS() {
    const last = this.video.buffered.length - 1;
    return last < 0 ? 0 : this.video.buffered.end(last) - this.video.currentTime;
  }

  isBuffered(time) {
    const ranges = this.video.buffered;
    for (let i = 0; i < ranges.length; i += 1) if (time >= ranges.start(i) && time < ranges.end(i)) return true;
    return false;
  }

  /** The media time of the published edge in s, null while unknown; a native player tells only what it has loaded. */
  get edgeS() {
    const details = this.hls?.latestLevelDetails;
    if (details) return details.edge + Math.max(0, details.age);
    return this.hls || !this.video.buffered.length ? null : this.video.currentTime + this.bufferedAheadS;
  }

  /** The programme date of a media time in ms since 1970, or null. It is linear in media time (CONTRACTS section 3). */
  pdtMs(mediaTime = this.video.currentTime) {
    if (!this.hls) {
      const begin = this.video.getStartDate?.().getTime();
      return Number.isFinite(begin) ? begin + mediaTime * 1000 : null;
    }
    const fragments = this.hls.latestLevelDetails?.fragments ?? [];
    for (let i = fragments.length - 1; i >= 0; i -= 1) {
      const fragment = fragments[i];
      if ((fragment.start <= mediaTime || i === 0) && fragment.programDateTime !== null)
        return fragment.programDateTime + (mediaTime - fragment.start) * 1000;
    }
    return null;
  }

  /** The media time of a programme date in ms since 1970, or null while no fragment is as early. */
  mediaTime(pdtMs) {
    const fragments = this.hls?.latestLevelDetails?.fragments ?? [];
    const fragment = fragments.findLast((one) => one.programDateTime !== null && one.programDateTime <= pdtMs);
    return fragment ? fragment.start + (pdtMs - fragment.programDateTime) / 1000 : null;
  }

  /** What a log line needs to be understood. */
  describe() {
    const { video } = this;
    const ranges = [];
    for (let i = 0; i < video.buffered.length; i += 1) ranges.push([video.buffered.start(i), video.buffered.end(i)]);
    return {
      time: video.currentTime,
      buffered: ranges.slice(-3),
      ready: video.readyState,
      rate: video.playbackRate,
      edge: this.hls?.latestLevelDetails?.edge ?? null,
    };
  }

  #attach() {
    const Hls = window.Hls;
    if (Hls?.isSupported()) this.#attachHls(Hls);
    else if (this.video.canPlayType("application/vnd.apple.mpegurl")) this.video.src = this.source;
    else {
      this.source = null; // nothing plays, so nothing is to be watched or retried
      this.onError(NO_PLAYER, true, { message: this.#whyNone(Hls) });
    }
  }

  #whyNone(Hls) {
    const able = window.MediaSource ?? window.ManagedMediaSource;
    if (able && !Hls) return "hls.js is missing on this server: run python3 install.py setup there, then reload.";
    return "This browser cannot play live streams. Use a current Chrome, Edge, Firefox or Safari.";
  }

  #attachHls(Hls) {
    const hls = new Hls({
      liveSyncDuration: this.loading.behindS,
      lowLatencyMode: this.loading.byParts,
      liveSyncOnStallIncrease: 0, // else each stall moves the target away for good
      maxLiveSyncPlaybackRate: 1, // the page's own controller chases; two would fight
    });
    hls.on(Hls.Events.ERROR, (_, data) => {
      this.onError(data.details, data.fatal, { type: data.type, message: data.error?.message, ...this.describe() });
      if (data.fatal) this.#later();
    });
    hls.on(Hls.Events.FRAG_LOADED, (_, { frag, part }) => {
      const { loading, loaded } = (part ?? frag).stats;
      const load = { mediaS: (part ?? frag).duration, tookS: (loading.end - loading.start) / 1000, bytes: loaded };
      if (typeof frag.sn === "number") this.onLoaded(load);
    });
    hls.on(Hls.Events.FRAG_BUFFERED, (_, { frag }) => {
      if (typeof frag.sn === "number") this.onBuffered();
    });
    this.hls = hls;
    hls.loadSource(this.source);
    hls.attachMedia(this.video);
  }

  #later() {
    this.retry ??= setTimeout(() => this.rebuild(), RETRY_FATAL_MS);
  }
}
