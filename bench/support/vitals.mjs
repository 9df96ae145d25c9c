import { monitorEventLoopDelay } from 'node:perf_hooks';

/*
 * Loaded before a server of which the event loop is measured: answers its parent's questions and does not keep the
 * process alive.
 */

const resolutionMs = 10;
const delays = monitorEventLoopDelay({ resolution: resolutionMs });
let usedBefore = process.cpuUsage();
delays.enable();

process.on('message', (what) => {
  const used = process.cpuUsage(usedBefore);
  process.send({
    // The timer counts its own interval as delay.
    loopDelayP99: Math.max(0, delays.percentile(99) / 1e6 - resolutionMs),
    loopDelayMax: Math.max(0, delays.max / 1e6 - resolutionMs),
    cpuMs: (used.user + used.system) / 1_000,
    residentBytes: process.memoryUsage.rss(),
    peakBytes: process.resourceUsage().maxRSS * 1_024,
  });
  if (what !== 'reset') return;
  delays.reset();
  usedBefore = process.cpuUsage();
});
process.channel.unref();
