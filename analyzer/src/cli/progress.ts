import { createLogUpdate } from 'log-update';
import { bytes } from '../report/index.js';

/** Milliseconds before the first line of progress: short work needs none. */
const PATIENCE = 1000;
/** Milliseconds between two updates. */
const EVERY = 200;

/** A line on stderr that says how far a long reading has come; nothing when stderr is not a terminal. */
export class Progress {
  private readonly started = Date.now();
  private readonly line = process.stderr.isTTY ? createLogUpdate(process.stderr) : null;
  private shown = 0;

  constructor(private readonly what: string) {}

  show(read: number, size: number | null): void {
    const now = Date.now();
    if (this.line === null || now - this.started < PATIENCE || now - this.shown < EVERY) {
      return;
    }
    this.shown = now;
    const seconds = (now - this.started) / 1000;
    const speed = `${bytes(read / seconds)}/s`;
    if (size === null || size === 0) {
      this.line(`${this.what} ${bytes(read)} (${speed})`);
      return;
    }
    const done = Math.min(1, read / size);
    const left = Math.round((seconds / Math.max(done, 1e-6)) * (1 - done));
    this.line(`${this.what} ${Math.floor(done * 100)} % of ${bytes(size)} (${speed}, ${left} s left)`);
  }

  /** Something that takes its time and has no measure. */
  say(what: string): void {
    if (Date.now() - this.started >= PATIENCE) {
      this.line?.(what);
    }
  }

  clear(): void {
    this.line?.clear();
  }
}
