import { writeFileSync } from 'node:fs';
import { isatty } from 'node:tty';
import { setTimeout as sleep } from 'node:timers/promises';
import { CompanyTraffic } from './company/company.js';
import { Truth } from './company/truth.js';
import { helpText, parseOptions, UsageError, type GenerateOptions } from './generate-options.js';
import { isClosedPipe, Output } from './generate-output.js';

/** Milliseconds between looks at the clock when what was due has been written. */
const LIVE_STEP = 100;
/** Milliseconds that a reader is given, once it is time to stop, to take what is on its way. */
const PATIENCE = 1000;

/** Writes the capture. Returns when it is over, nobody reads it any more, or `stop` says so. */
async function generate(traffic: CompanyTraffic, output: Output, live: boolean, stop: AbortSignal): Promise<void> {
  const stopped = new Promise<void>((resolve) => stop.addEventListener('abort', () => resolve()));
  let writing = Promise.resolve();
  for (let state = 'full'; state !== 'over' && !stop.aborted;) {
    const piece = traffic.next(live ? Date.now() / 1000 : Infinity);
    ({ state } = piece);
    // The piece before is still on its way while this one is made.
    await Promise.race([writing, stopped]);
    if (piece.bytes.length > 0) {
      writing = output.write(piece.bytes);
    }
    if (state === 'reached') {
      await Promise.race([writing, stopped]);
      await sleep(LIVE_STEP, undefined, { signal: stop }).catch(() => undefined);
    }
  }
  await Promise.race([writing.then(() => output.close()), ...(stop.aborted ? [sleep(PATIENCE)] : [])]);
}

async function run(options: GenerateOptions): Promise<void> {
  if (options.output === '-' && isatty(1)) {
    throw new UsageError('a capture file is no text for a terminal: name a file with -o, or pipe it into a program');
  }
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => stop.abort());
  }
  const { truth: truthFile, ...what } = options;
  const truth = truthFile === null ? null : new Truth();
  const traffic = new CompanyTraffic({ ...what, ...(truth === null ? {} : { truth }) });
  const output = options.output === '-' ? Output.standard() : await Output.file(options.output);
  try {
    await generate(traffic, output, options.live, stop.signal);
  } catch (error) {
    if (!isClosedPipe(error)) {
      throw error;
    }
  }
  if (truth !== null && truthFile !== null) {
    traffic.stop();
    const { seed, rate, from } = options;
    const head = { seed, rate, from: new Date(from * 1000).toISOString(), packets: traffic.packets };
    writeFileSync(truthFile, `${JSON.stringify({ ...head, ...truth.toJSON() }, null, 1)}\n`);
  }
}

try {
  const options = parseOptions(process.argv.slice(2), Date.now() / 1000);
  if (options === null) {
    process.stdout.write(helpText());
  } else {
    await run(options);
    // A reader that does not read would keep its pipe, and us, open.
    process.exit(0);
  }
} catch (error) {
  const usage = error instanceof UsageError;
  process.stderr.write(`generate: ${(error as Error).message}${usage ? ' (--help explains)' : ''}\n`);
  process.exit(usage ? 2 : 1);
}
