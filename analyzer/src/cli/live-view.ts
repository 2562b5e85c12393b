import { createLogUpdate } from 'log-update';
import pc from 'picocolors';
import { pageText } from '../report/index.js';
import { livePage, type Service } from '../service/index.js';

/** Milliseconds between two pages. */
const EVERY = 2000;
/** Seconds that the page looks back. */
const SPAN = 300;
/** Lines of the log under the page. */
const LOG_LINES = 3;
/** Lines of a page that are there whatever it lists: title, totals, heads, ways to end, log. */
const FIXED_LINES = 36;

/** The live page of a capture in a terminal, refreshed in place. */
export class LiveView {
  private readonly update = createLogUpdate(process.stdout);
  private readonly lines: string[] = [];
  private service: Service | null = null;
  private timer: NodeJS.Timeout | null = null;
  private drawing: Promise<void> = Promise.resolve();

  constructor() {
    // A terminal that is closed asks the process to end (SIGHUP); what is still written to it fails until then.
    process.stdout.on('error', () => undefined);
  }

  /** Takes a line of the log. */
  log(line: string): void {
    this.lines.push(line);
    this.lines.splice(0, this.lines.length - LOG_LINES);
    if (this.service === null) {
      this.show(this.lines.join('\n'), LOG_LINES + 1);
    }
  }

  start(service: Service): void {
    this.service = service;
    const draw = () => {
      this.drawing = this.draw(service).then(() => {
        this.timer = this.service === null ? null : setTimeout(draw, EVERY);
      });
    };
    draw();
  }

  /** Leaves the last page in the terminal. */
  async stop(): Promise<void> {
    this.service = null;
    if (this.timer !== null) {
      clearTimeout(this.timer);
    }
    await this.drawing;
    this.update.done();
  }

  /** Nothing will be shown: what was logged stays in the terminal. */
  giveUp(): void {
    this.update.done();
  }

  private async draw(service: Service): Promise<void> {
    const rows = process.stdout.rows || 40;
    const top = Math.max(3, Math.min(10, Math.floor((rows - FIXED_LINES) / 3)));
    const footer = [pc.dim(`API ${service.url}   Ctrl-C stops`), ...this.lines].join('\n');
    try {
      const { captures, queries, store } = service;
      const waiting = store.stats().spool.files;
      const page = await livePage(queries, captures.snapshot(), {
        span: SPAN,
        top,
        waiting,
        ...captures.present(Date.now()),
      });
      this.show(
        `${pageText(page, { color: !process.env['NO_COLOR'], width: process.stdout.columns || 80 })}\n${footer}`,
        rows
      );
    } catch (error) {
      this.show(`${(error as Error).message}\n\n${footer}`, rows);
    }
  }

  /** What does not fit stays below the terminal's edge: a page that scrolls could not be refreshed in place. */
  private show(text: string, rows: number): void {
    const shown = text.split('\n').slice(0, rows - 1);
    // Erased as a whole: the differences that log-update 7.2 writes leave old lines behind when a page grows.
    this.update.clear();
    this.update(shown.join('\n'));
  }
}
