import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { CompanyTraffic } from './company/company.js';
import { parseOptions, UsageError } from './generate-options.js';

const NOW = Date.UTC(2026, 0, 14, 12, 30) / 1000;
const folder = mkdtempSync(join(tmpdir(), 'tcpscope-traffic-'));
after(() => rmSync(folder, { recursive: true }));

function start(...args: readonly string[]) {
  const script = fileURLToPath(new URL('generate.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', script, ...args], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text));
  const ended = once(child, 'close').then(([status]) => ({ status: status as number | null, complaint }));
  return { child, ended };
}

async function run(...args: readonly string[]) {
  const { child, ended } = start(...args);
  const pieces: Buffer[] = [];
  child.stdout.on('data', (piece: Buffer) => pieces.push(piece));
  return { ...(await ended), bytes: Buffer.concat(pieces) };
}

/** Seconds of the packets of a file; throws when the file ends within a packet. */
function seconds(file: Buffer): number[] {
  const found: number[] = [];
  let at = 24;
  while (at < file.length) {
    found.push(file.readUInt32LE(at) + file.readUInt32LE(at + 4) / 1e6);
    at += 16 + file.readUInt32LE(at + 8);
  }
  assert.equal(at, file.length, 'the last packet is whole');
  return found;
}

describe('options', () => {
  test('by default the last three hours at 400 packets a second', () => {
    const options = parseOptions([], NOW + 0.7);
    assert.deepEqual(
      { from: options?.from, until: options?.until, rate: options?.rate, output: options?.output },
      { from: NOW - 3 * 3600, until: NOW, rate: 400, output: '-' }
    );
  });

  for (const [args, from, until] of [
    [['--from', 'now-90m'], NOW - 5400, NOW],
    [['--from', 'now-2d', '--until', 'now-1d'], NOW - 172_800, NOW - 86_400],
    [['--from', '2026-01-01T00:00:00Z'], Date.UTC(2026, 0, 1) / 1000, Date.UTC(2026, 0, 1, 3) / 1000],
    [['--from', '2026-01-01T01:00:00+01:00', '--until', 'now'], Date.UTC(2026, 0, 1) / 1000, NOW],
    [['--packets', '1000'], NOW - 10_800, null],
    [['--live', '--from', 'now-15m', '--until', 'now'], NOW - 900, null],
  ] as const) {
    test(args.join(' '), () => {
      const options = parseOptions(args, NOW);
      assert.deepEqual({ from: options?.from, until: options?.until }, { from, until });
    });
  }

  for (const [args, message] of [
    [['--rate', '0'], '--rate takes a whole number from 10 to 1000000, not "0"'],
    [['--rate', 'fast'], '--rate takes a whole number from 10 to 1000000, not "fast"'],
    [['--seed', '-1'], /^Option '--seed' argument is ambiguous/],
    [['--seed', '1.5'], '--seed takes a whole number from 0 to 9007199254740991, not "1.5"'],
    [['--snap', '20'], '--snap takes a whole number from 60 to 65535, not "20"'],
    [['--from', 'yesterday'], /^--from takes now, now-3h .* not "yesterday"$/],
    [['--from', '2026-02-31'], /^--from takes now/],
    [['--from', '1969-01-01T00:00:00Z'], /^--from takes now/],
    [['--from', 'now', '--until', 'now-1h'], /^--until \(2026-01-14T11:30:00Z\) must be later than --from/],
    [['--live', '--until', 'now-1h'], '--live goes on after now: leave --until out (it is now-1h)'],
    [['--live', '--from', '2027-01-01T00:00:00Z'], '--live goes on from now, so --from cannot be later than now'],
    [['--rates', '5'], "Unknown option '--rates'"],
    [['file.pcap'], /^Unexpected argument 'file.pcap'/],
  ] as const) {
    test(`${args.join(' ')} is a mistake that is named`, () => {
      assert.throws(
        () => parseOptions(args, NOW),
        (error) => {
          assert.ok(error instanceof UsageError);
          if (typeof message === 'string') {
            assert.equal(error.message, message);
          } else {
            assert.match(error.message, message);
          }
          return true;
        }
      );
    });
  }
});

describe('the command', () => {
  const range = ['--from', '2026-01-14T10:00:00Z', '--until', '2026-01-14T10:00:20Z'];

  test('writes to standard output what the scenario gives, and to a file the same with its truth', async () => {
    const from = Date.UTC(2026, 0, 14, 10) / 1000;
    const traffic = new CompanyTraffic({ seed: 3, rate: 400, from, until: from + 20 });
    const expected = Buffer.concat(Array.from(traffic.pieces(), (piece) => Buffer.from(piece)));
    const [pcap, json] = [join(folder, 'a.pcap'), join(folder, 'a.json')];
    const [piped, written] = await Promise.all([
      run('--seed', '3', ...range),
      run('--seed', '3', ...range, '-o', pcap, '--truth', json),
    ]);
    assert.deepEqual([piped.status, piped.complaint, written.status, written.complaint], [0, '', 0, '']);
    assert.ok(piped.bytes.equals(expected));
    assert.ok(readFileSync(pcap).equals(expected));
    const truth = JSON.parse(readFileSync(json, 'utf8')) as { packets: number; totals: { packets: number } };
    assert.equal(truth.packets, traffic.packets);
    assert.equal(truth.totals.packets, traffic.packets);
  });

  test('says what is wrong: status 2 for the usage, 1 for a file that cannot be written', async () => {
    const missing = join(folder, 'no', 'such', 'folder.pcap');
    const [usage, file] = await Promise.all([run('--rate', 'much'), run(...range, '-o', missing)]);
    assert.equal(usage.status, 2);
    assert.match(usage.complaint, /^generate: --rate takes .* \(--help explains\)\n$/);
    assert.equal(file.status, 1);
    assert.match(file.complaint, /^generate: ENOENT.*folder\.pcap/);
  });

  test('live: the past, then the present as it comes, and whole packets when it is stopped', async () => {
    const begun = Date.now() / 1000;
    const { child, ended } = start('--live', '--from', 'now-60s', '--rate', '200');
    const pieces: Buffer[] = [];
    let received = 0;
    for await (const piece of child.stdout) {
      pieces.push(piece as Buffer);
      received += (piece as Buffer).length;
      // The past is about a megabyte; what comes seconds later is the present.
      if (Date.now() / 1000 > begun + 3 && received > 200_000) {
        child.kill('SIGTERM');
      }
    }
    assert.equal((await ended).status, 0);
    const times = seconds(Buffer.concat(pieces));
    const [first = 0, last = 0] = [times[0], times.at(-1)];
    assert.ok(first < begun - 50, 'it begins in the past');
    assert.ok(last > begun + 1, 'it goes on in the present');
    assert.ok(last <= Date.now() / 1000, 'nothing comes from the future');
  });

  test('a reader that goes away ends it without complaint', async () => {
    const { child, ended } = start('--live', '--from', 'now-1h');
    await once(child.stdout, 'readable');
    child.stdout.destroy();
    assert.deepEqual(await ended, { status: 0, complaint: '' });
  });

  test('a reader that has stopped reading does not keep it from being stopped', async () => {
    const { child, ended } = start('--live', '--from', 'now-1h');
    await once(child.stdout, 'readable');
    child.stdout.pause();
    child.kill('SIGTERM');
    await once(child, 'exit');
    child.stdout.destroy();
    assert.equal((await ended).status, 0);
  });
});
