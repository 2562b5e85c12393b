import { parseArgs } from 'node:util';
import { stories } from './company/company.js';

/** What `generate.ts` is asked to do. Times are whole seconds since 1970. */
export interface GenerateOptions {
  readonly seed: number;
  readonly rate: number;
  readonly from: number;
  /** Null when it goes on for ever, or until there are enough packets. */
  readonly until: number | null;
  readonly averageOver: number;
  readonly packets: number;
  readonly snap: number;
  readonly nanoseconds: boolean;
  readonly live: boolean;
  /** A file, or `-` for standard output. */
  readonly output: string;
  readonly truth: string | null;
}

/** Wrong usage: the message is for the user. */
export class UsageError extends Error {}

const HOUR = 3600;
const DEFAULT_RANGE = 3 * HOUR;

/** @param now seconds since 1970 @returns what to do; null when help is asked for */
export function parseOptions(args: readonly string[], now: number): GenerateOptions | null {
  const { values } = parse(args);
  now = Math.floor(now);
  if (values.help === true) {
    return null;
  }
  const live = values.live === true;
  const packets = values.packets === undefined ? Infinity : whole('--packets', values.packets, 1, 1e12);
  const rate = whole('--rate', values.rate, 10, 1_000_000);
  const from = timeOf('--from', values.from, now);
  const until = endOf(values, from, live, packets, now);
  if (live && from > now) {
    throw new UsageError('--live goes on from now, so --from cannot be later than now');
  }
  if (until !== null && until <= from) {
    throw new UsageError(`--until (${text(until)}) must be later than --from (${text(from)})`);
  }
  return {
    seed: whole('--seed', values.seed, 0, Number.MAX_SAFE_INTEGER),
    rate,
    from,
    until,
    averageOver: live ? Math.max(HOUR, now - from) : until === null ? Math.max(1, packets / rate) : until - from,
    packets,
    snap: whole('--snap', values.snap, 60, 65535),
    nanoseconds: values.nanoseconds === true,
    live,
    output: values.output,
    truth: values.truth ?? null,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        seed: { type: 'string', default: '1' },
        rate: { type: 'string', default: '400' },
        from: { type: 'string', default: 'now-3h' },
        until: { type: 'string' },
        packets: { type: 'string' },
        snap: { type: 'string', default: '128' },
        nanoseconds: { type: 'boolean' },
        live: { type: 'boolean' },
        output: { type: 'string', short: 'o', default: '-' },
        truth: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    // The first sentence says it; what follows is advice about positional arguments.
    throw new UsageError((error as Error).message.split(/\.\s/)[0]);
  }
}

function endOf(
  values: { readonly until?: string; readonly from: string },
  from: number,
  live: boolean,
  packets: number,
  now: number
): number | null {
  if (live) {
    if (values.until !== undefined && values.until !== 'now') {
      throw new UsageError(`--live goes on after now: leave --until out (it is ${values.until})`);
    }
    return null;
  }
  if (values.until !== undefined) {
    return timeOf('--until', values.until, now);
  }
  if (packets !== Infinity) {
    return null;
  }
  return values.from.startsWith('now') ? now : from + DEFAULT_RANGE;
}

function whole(name: string, given: string, least: number, most: number): number {
  const number = /^\d+$/.test(given) ? Number(given) : NaN;
  if (!(number >= least && number <= most)) {
    throw new UsageError(`${name} takes a whole number from ${least} to ${most}, not "${given}"`);
  }
  return number;
}

const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: HOUR, d: 24 * HOUR };

function timeOf(name: string, given: string, now: number): number {
  const relative = /^now(?:-(\d+)([smhd]))?$/.exec(given);
  if (relative !== null) {
    return Math.floor(now - Number(relative[1] ?? 0) * (units[relative[2] ?? 's'] ?? 1));
  }
  const absolute = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/.test(given)
    ? Date.parse(given)
    : NaN;
  if (!(absolute >= 0 && absolute < 2 ** 32 * 1000)) {
    throw new UsageError(
      `${name} takes now, now-3h (s, m, h, d) or a time such as 2026-01-31T09:00:00Z, not "${given}"`
    );
  }
  return Math.floor(absolute / 1000);
}

function text(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}

export function helpText(): string {
  const width = Math.max(...stories.map(({ name }) => name.length));
  const list = stories.map(({ name, about, every }) => `  ${name.padEnd(width)}  ${about} (every ${period(every)})`);
  return `Plays the network of a company and writes what a mirror port in its datacentre would see, as a pcap file.

  node --import tsx test/traffic/generate.ts [options]

  --seed N         which of the many possible days it is (default 1); the same options give the same bytes
  --rate N         packets a second, on average over the range (default 400; below 60 the stories alone make more)
  --from TIME      start: now-3h (the default; s, m, h, d) or a time such as 2026-01-31T09:00:00Z
  --until TIME     end (default: now, or 3 h after a --from that is not relative to now)
  --packets N      ends after so many packets; without --until as long as they take
  --snap N         bytes kept of a packet (default 128: all headers; 65535 for all)
  --nanoseconds    timestamps in nanoseconds instead of microseconds
  --live           goes on after now: what has passed is written as fast as it is read, then each packet at its time;
                   ends by SIGTERM, SIGINT or when nobody reads any more
  -o, --output F   file to write; - is standard output (the default)
  --truth FILE     writes as JSON what is true of the capture: counts in all, by story and by conversation (held in memory)
  -h, --help       this text

Stories, beside the ordinary traffic:
${list.join('\n')}

Exit status: 0 done or no longer read, 1 writing failed, 2 wrong usage.
`;
}

function period(seconds: number): string {
  return seconds >= 120 ? `${seconds / 60} min` : `${seconds} s`;
}
