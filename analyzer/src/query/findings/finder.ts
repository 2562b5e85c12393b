import { Limiter } from '../../store/engine/limiter.js';
import type { FindingsTask, Found } from './find.js';
import { Thread } from './thread.js';

/** For as long a thread waits for another question, so that what asks every minute finds it started. */
const defaultPatienceMs = 120_000;

/**
 * Works out findings in a thread of its own, one question at a time: a hundred thousand connections take a second, in
 * which the service would answer nobody (docs/decisions/009).
 *
 * The thread starts with the first question, which takes a fifth of a second of a core, and ends when it was asked nothing
 * for a while, because it may hold some hundred megabytes. Whatever goes wrong ends it, too: a crash, a question that
 * nobody waits for any more, one whose time is up. The next question starts another.
 */
export class Finder {
  private readonly place = new Limiter(1, Infinity);
  private waiting: { readonly thread: Thread; readonly timer: NodeJS.Timeout } | null = null;
  private stopped = false;

  constructor(private readonly patienceMs = defaultPatienceMs) {}

  /**
   * @param ask asks the engine; called when it is this question's turn, so that no answers pile up
   * @param signal gives up and throws its reason
   * Throws `queryThread`, and what `ask` throws.
   */
  async find(ask: () => Promise<Uint8Array>, task: Omit<FindingsTask, 'answer'>, signal: AbortSignal): Promise<Found> {
    const leave = await this.place.enter(signal);
    let thread: Thread | null = null;
    try {
      // Before the engine is asked: they start side by side.
      thread = this.take() ?? new Thread();
      // A copy: what the engine sent lies in memory with what it sends next, which would move away with it and end the
      // process. Not by `slice`, which copies an Uint8Array and shares a Buffer.
      const answer = new Uint8Array(await ask());
      const found = await thread.find({ ...task, answer }, signal);
      this.keep(thread);
      return found;
    } catch (error) {
      await thread?.stop();
      throw error;
    } finally {
      leave();
    }
  }

  /** Ends the thread when its question is answered, or now. */
  async stop(): Promise<void> {
    this.stopped = true;
    await this.take()?.stop();
  }

  private take(): Thread | null {
    const { waiting } = this;
    this.waiting = null;
    clearTimeout(waiting?.timer);
    waiting?.thread.hold(true);
    return waiting !== null && waiting.thread.runs ? waiting.thread : null;
  }

  private keep(thread: Thread): void {
    if (this.stopped) {
      void thread.stop();
      return;
    }
    thread.hold(false);
    const timer = setTimeout(() => void this.take()?.stop(), this.patienceMs).unref();
    this.waiting = { thread, timer };
  }
}
