import { errorKinds, TcpscopeError } from '../../errors.js';

/** Lets `places` tasks run at a time and `queue` more wait, in order; further ones are refused with `storeBusy`. */
export class Limiter {
  private active = 0;
  private readonly waiting: Array<() => void> = [];

  constructor(
    private readonly places: number,
    private readonly queue: number
  ) {}

  get running(): number {
    return this.active;
  }

  get queued(): number {
    return this.waiting.length;
  }

  /**
   * Resolves with a function that gives the place back; it must be called once. An aborted signal ends the waiting with
   * its reason.
   */
  async enter(signal?: AbortSignal): Promise<() => void> {
    signal?.throwIfAborted();
    if (this.active < this.places) {
      this.active++;
      return this.leave();
    }
    if (this.waiting.length >= this.queue) {
      throw new TcpscopeError(errorKinds.storeBusy, [this.active, this.waiting.length]);
    }
    await new Promise<void>((resolve, reject) => {
      const abort = () => {
        this.waiting.splice(this.waiting.indexOf(start), 1);
        reject(signal!.reason as Error);
      };
      const start = () => {
        signal?.removeEventListener('abort', abort);
        resolve();
      };
      signal?.addEventListener('abort', abort, { once: true });
      this.waiting.push(start);
    });
    return this.leave();
  }

  private leave(): () => void {
    let left = false;
    return () => {
      if (left) {
        return;
      }
      left = true;
      const next = this.waiting.shift();
      // The place passes on without becoming free in between.
      if (next) {
        next();
      } else {
        this.active--;
      }
    };
  }
}
