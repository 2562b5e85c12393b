import assert from 'node:assert/strict';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { createWriteStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { pcap } from '../traffic/capture-file.js';
import { talk } from '../traffic/talk.js';
import { Analyzer, ask, askUntil, command, everything, health, serving, type Launch } from './analyzer.js';
import { generate, generatedRange, generating } from './traffic-file.js';

const PACKETS = 6000;
const folder = mkdtempSync(join(tmpdir(), 'tcpscope-streams-'));
const file = join(folder, 'whole.pcap');
let stores = 0;
let rows: Awaited<ReturnType<typeof storedRows>>;

/** Captures from a stream into a store of its own. */
function capturing(read: string, until: string, launch?: Launch): Promise<Analyzer & { store?: string }> {
  const store = join(folder, `store-${stores++}`);
  return Analyzer.start(
    ['capture', '--read', read, '--store', store, '--probe', 'test', '--port', '0'],
    until,
    launch
  ).then((analyzer) => Object.assign(analyzer, { store }));
}

/** Feeds standard input. */
const fedBy =
  (feed: (child: ChildProcess) => void): Launch =>
  (program, args) => {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    child.stdin.on('error', () => undefined);
    feed(child);
    return child;
  };
const fed = (bytes: Uint8Array): Launch => fedBy((child) => child.stdin!.end(bytes));

/** What `import` stores of a file. */
async function importedRows(path: string, status: number) {
  const store = join(folder, `store-${stores++}`);
  const imported = await command(['import', '--store', store, '--probe', 'test', path]);
  assert.equal(imported.status, status, imported.err);
  return storedRows(store);
}

async function storedRows(store: string) {
  const serve = await serving(store);
  try {
    const metrics = [
      'packets',
      'tcp',
      'acks',
      'gaps',
      'connections',
      'oneway',
      'midstream',
      'guesses',
      'seconds',
      'poor',
    ];
    const feed = await ask(serve.url, { ...generatedRange, kind: 'feed', groupBy: ['probe'], metrics });
    return { ...(await everything(serve.url, generatedRange)), feed };
  } finally {
    await serve.stop();
  }
}

before(async () => {
  generate(PACKETS, file);
  rows = await importedRows(file, 0);
  assert(rows.connections.length > 100);
  assert.equal(rows.feed.length, 1);
});
after(async () => {
  await Analyzer.stopAll();
  rmSync(folder, { recursive: true, force: true });
});

describe('a stream of packets gives the rows that an import of its file gives', { concurrency: false }, () => {
  const ways: ReadonlyArray<readonly [what: string, start: () => Promise<Analyzer & { store?: string }>]> = [
    [
      'through a pipe from another program',
      () =>
        capturing(
          '-',
          'has ended',
          fedBy((child) => generating(PACKETS).stdout.pipe(child.stdin!))
        ),
    ],
    [
      'through a named pipe whose writer comes later',
      async () => {
        const fifo = join(folder, 'fifo');
        assert.equal(spawnSync('mkfifo', [fifo]).status, 0);
        const analyzer = await capturing(fifo, 'listens');
        createWriteStream(fifo).end(readFileSync(file));
        await analyzer.says('has ended');
        return analyzer;
      },
    ],
    ['from a file', () => capturing(file, 'has ended')],
    ['packed', () => capturing('-', 'has ended', fed(gzipSync(readFileSync(file))))],
  ];
  for (const [what, start] of ways) {
    test(what, async () => {
      const analyzer = await start();
      const { capture } = await health(analyzer.url);
      assert.equal(capture[0]!.state, 'stopped');
      assert.equal(capture[0]!.packets.read, PACKETS);
      assert.equal(await analyzer.stop(), 0);
      assert.deepEqual(await storedRows(analyzer.store!), rows);
    });
  }

  test('as far as it goes when it is cut; the damage is named and the status is 1', async () => {
    const cut = readFileSync(file).subarray(0, 100_001);
    const analyzer = await capturing('-', 'TCPS_E_FILE_DAMAGED', fed(cut));
    const { capture } = await health(analyzer.url);
    assert.equal(capture[0]!.state, 'failed');
    assert.match(capture[0]!.reason!, /standard input is damaged: it ends in the middle of a packet/);
    assert.equal(await analyzer.stop(), 1);
    const half = join(folder, 'half.pcap');
    writeFileSync(half, cut);
    assert.deepEqual(await storedRows(analyzer.store!), await importedRows(half, 1));
  });

  test('as far as it was read when the analyzer is asked to end: that is no damage', async () => {
    const cut = readFileSync(file).subarray(0, 100_001);
    const analyzer = await capturing(
      '-',
      'listens',
      fedBy((child) => child.stdin!.write(cut))
    );
    await askUntil(
      () => health(analyzer.url),
      ({ capture }) => (capture[0]?.packets.read ?? 0) > 500
    );
    assert.equal(await analyzer.stop(), 0, analyzer.output);
    assert.deepEqual(await storedRows(analyzer.store!), await importedRows(join(folder, 'half.pcap'), 1));
  });
});

describe('a stream of packets', { concurrency: false }, () => {
  for (const [what, bytes, says] of [
    ['of nothing', new Uint8Array(0), /standard input is not a capture file: it is empty/],
    ['of something else', Buffer.from('GET / HTTP/1.1\r\n\r\n'), /not a capture file: it begins with 0x47455420/],
  ] as const) {
    test(`${what} is said to be none, and the API goes on`, async () => {
      const analyzer = await capturing('-', 'TCPS_E_FILE_FORMAT', fed(bytes));
      const { capture } = await health(analyzer.url);
      assert.deepEqual([capture[0]!.state, capture[0]!.packets.read], ['failed', 0]);
      assert.match(capture[0]!.reason!, says);
      assert.equal(await analyzer.stop(), 1);
    });
  }

  test('that has fallen silent closes its windows by the clock', async () => {
    const start = Math.floor(Date.now() / 1000) - 3600;
    const bytes = pcap(talk({ start }).open().exchange().rst('server').packets);
    const analyzer = await capturing(
      '-',
      'listens',
      fedBy((child) => child.stdin!.write(bytes))
    );
    const range = { from: (start - 60) * 1000, to: (start + 3600) * 1000 };
    const [row] = await askUntil(
      () => ask(analyzer.url, { ...range, kind: 'top', metrics: ['rst.count.srv', 'ct.count'] }),
      ([found]) => found?.['rst.count.srv'] === 1
    );
    assert.deepEqual(row, { 'rst.count.srv': 1, 'ct.count': 1 });
    assert.equal((await health(analyzer.url)).capture[0]!.state, 'running');
    assert.equal(await analyzer.stop(), 0);
  });

  test('that nobody writes to does not keep the analyzer from ending', async () => {
    const fifo = join(folder, 'silent');
    assert.equal(spawnSync('mkfifo', [fifo]).status, 0);
    const analyzer = await capturing(fifo, 'listens');
    assert.equal(await analyzer.stop(), 0);
  });
});
