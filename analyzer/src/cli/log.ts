import { Writable } from 'node:stream';
import pc from 'picocolors';
import { pino, type Logger } from 'pino';

/** Takes the lines of the log as people read them. */
export type TakeLine = (line: string) => void;

/**
 * The log of a long-running command: one JSON object a line on stderr for programs; lines for people when stderr is a
 * terminal, or when `take` wants them (the live page shows the last ones itself).
 */
export function createLog(level: string, take?: TakeLine): Logger {
  if (take === undefined && !process.stderr.isTTY) {
    const formatters = { level: (label: string) => ({ level: label }) };
    const options = { level, base: null, formatters, timestamp: pino.stdTimeFunctions.isoTime };
    const destination = pino.destination({ fd: 2, sync: true });
    destination.on('error', keepWorking);
    return pino(options, destination);
  }
  process.stderr.on('error', keepWorking);
  const show = take ?? ((line: string) => void process.stderr.write(`${line}\n`));
  const lines = new Writable({
    write(chunk: Buffer, _, done) {
      show(readable(chunk.toString()));
      done();
    },
  });
  return pino({ level, base: null }, lines);
}

/** Whoever read the log has gone, or its disk is full: nobody can be told, and the work is more than its log. */
function keepWorking(): void {}

const names: Readonly<Record<number, string>> = { 20: 'debug', 30: 'info', 40: pc.yellow('warn'), 50: pc.red('error') };

/** `12:00:05 info capturing interface=eth0` */
function readable(json: string): string {
  const { time, level, msg, err, ...rest } = JSON.parse(json) as Record<string, unknown>;
  const clock = new Date(time as number).toTimeString().slice(0, 8);
  const cause = (err as { message?: string } | undefined)?.message;
  const details = { ...rest, ...(cause === undefined ? {} : { cause }) };
  const pairs = Object.entries(details).map(([key, value]) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return pc.dim(`${key}=${/[\s"]/.test(text) ? JSON.stringify(text) : text}`);
  });
  return [pc.dim(clock), names[level as number] ?? '', msg, ...pairs].join(' ');
}
