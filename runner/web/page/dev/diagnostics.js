// What a report of a fault needs: this browser, the player, the figures, the last messages, and the server's own bundle.

const SERVER_MS = 4000;

/** One JSON value. What was said and what opens the conversation are left out: a bundle is made to be passed on. */
export async function diagnostics({ screen, latency, stats, settings, plots, segments, messages }) {
  const { video, player, frames } = screen;
  return {
    made: new Date().toISOString(),
    page: location.pathname + location.search.replace(/(resume|session)=[^&]*/g, "$1=…"),
    browser: {
      agent: navigator.userAgent,
      language: navigator.language,
      cores: navigator.hardwareConcurrency,
      online: navigator.onLine,
      screen: [window.innerWidth, window.innerHeight, window.devicePixelRatio],
      hidden: document.hidden,
    },
    settings,
    player: {
      kind: player.hls ? `hls.js ${window.Hls?.version}` : player.source ? "native" : "none",
      size: [video.videoWidth, video.videoHeight],
      muted: video.muted,
      paused: video.paused,
      quality: video.getVideoPlaybackQuality?.().droppedVideoFrames ?? null,
      longest_gap_ms: Math.round(frames.longestGap),
      ...player.describe(),
    },
    figures: Object.fromEntries(plots.map((plot) => [plot.title, plot.values.slice(-120)])),
    latencies_ms: latency.samples.map(Math.round),
    stats,
    errors: screen.errors.slice(-50),
    segments: segments.slice(-30),
    messages,
    server: await server(),
  };
}

async function server() {
  try {
    const answer = await fetch("/api/diagnostics", { signal: AbortSignal.timeout(SERVER_MS) });
    return answer.ok ? await answer.json() : { status: answer.status };
  } catch (error) {
    return { error: String(error) };
  }
}
