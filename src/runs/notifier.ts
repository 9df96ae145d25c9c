import type { RunEvent } from '../domain/event.js';
import { runTopic } from '../domain/topics.js';
import type { Store } from '../store/store.js';

/** Hears of a topic: the events that were just committed in this process, or null for "look again in the table". */
export type Listener = (events: RunEvent[] | null) => void;

/**
 * Tells readers and workers that something happened. A ring is only a hint; the table is the truth, and whoever waits
 * for a ring also looks by itself from time to time.
 */
export interface Notifier {
  /** Hands events to the readers in this process, after their commit. */
  publish(runId: string, events: RunEvent[]): void;
  /** Wakes the listeners of a topic in this process, after the commit that concerns them. */
  ring(topic: string): void;
  /** Returns what ends the subscription. */
  subscribe(topic: string, listener: Listener): () => void;
  close(): Promise<void>;
}

/** A notifier that also hears the rings of other processes through the store. */
export async function createNotifier(store: Store): Promise<Notifier> {
  const listeners = new Map<string, Set<Listener>>();
  const tell = (topic: string, events: RunEvent[] | null): void => {
    for (const listener of [...(listeners.get(topic) ?? [])]) listener(events);
  };
  const stopListening = await store.listen((topic) => tell(topic, null));
  return {
    publish: (runId, events) => tell(runTopic(runId), events),
    ring: (topic) => tell(topic, null),
    subscribe(topic, listener) {
      const group = listeners.get(topic) ?? new Set();
      listeners.set(topic, group.add(listener));
      return () => {
        group.delete(listener);
        if (group.size === 0 && listeners.get(topic) === group) listeners.delete(topic);
      };
    },
    async close() {
      listeners.clear();
      await stopListening();
    },
  };
}
