import { isMaximum, type Counter } from '@tcpscope/filter';
import type { LiveFeed, LiveTotals } from '../api/index.js';
import { windowCounters, type WindowBatch } from '../flow/index.js';

/** Milliseconds between two events. */
const EVERY = 1000;

/** Adds up closed windows, and tells those who listen once a second. */
export class Totals implements LiveFeed {
  private readonly sums = new Float64Array(windowCounters.length);
  private readonly listeners = new Set<(totals: LiveTotals) => void>();
  private timer: NodeJS.Timeout | null = null;

  /** @param connections how many connections are followed now */
  constructor(
    private readonly connections: () => number,
    private readonly now: () => number
  ) {}

  add(batch: WindowBatch): void {
    windowCounters.forEach((counter, i) => {
      const column = batch.counters[i]!;
      let sum = this.sums[i]!;
      for (let row = 0; row < batch.rows; row++) {
        sum = counter.aggregate === 'max' ? Math.max(sum, column[row]!) : sum + column[row]!;
      }
      this.sums[i] = sum;
    });
  }

  current(): LiveTotals {
    const totals = Object.fromEntries(
      windowCounters.map((counter, i) => [counter.name, valueOf(counter, this.sums[i]!)])
    );
    return { time: this.now(), connections: this.connections(), totals };
  }

  subscribe(listener: (totals: LiveTotals) => void): () => void {
    this.listeners.add(listener);
    this.timer ??= setInterval(() => this.tell(), EVERY);
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size === 0 && this.timer !== null) {
        clearInterval(this.timer);
        this.timer = null;
      }
    };
  }

  private tell(): void {
    const totals = this.current();
    this.listeners.forEach((listener) => listener(totals));
  }
}

/** In the unit of the catalogue; null where nobody knows, or where there was nothing to find the greatest of. */
function valueOf(counter: Counter, sum: number): number | null {
  return Number.isNaN(sum) || (sum === 0 && isMaximum(counter)) ? null : sum / counter.scale;
}
