import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { CaptureStatus, Queries } from '../query/index.js';
import { pageText } from '../report/index.js';
import { noCounts } from './capture-status.js';
import { livePage } from './live-page.js';

/** A store in which nothing is. */
const nothing = {
  answer: ({ kind }: { kind: string }) => Promise.resolve({ shape: 'table', kind, rows: 0, columns: [], notices: [] }),
} as unknown as Queries;

const status = (changes: Partial<CaptureStatus>): CaptureStatus => ({
  interface: 'eth0',
  state: 'running',
  ...noCounts,
  ...changes,
});
const packets = { read: 10, tcp: 10, duplicate: 0, undecoded: {} };
const page = (...captures: readonly CaptureStatus[]) =>
  livePage(nothing, captures, { span: 300, top: 5, now: Date.UTC(2026, 0, 1, 12) });

describe('the live page', () => {
  test('is called after what is captured', async () => {
    const { title, subtitle } = await page(status({}), status({ interface: 'standard input', state: 'stopped' }));
    assert.equal(title, 'tcpscope on eth0, standard input');
    assert.equal(subtitle, 'the last 5 minutes, 12:00:00 UTC');
  });

  test('of a recording ends with its last packet and says so', async () => {
    const options = { span: 300, top: 5, now: Date.UTC(2026, 0, 1, 12), recorded: true };
    const { subtitle } = await livePage(nothing, [status({ interface: 'standard input' })], options);
    assert.equal(subtitle, 'the 5 minutes up to the last packet, 2026-01-01 12:00:00 UTC');
  });

  const sentences: Readonly<Record<string, readonly [status: Partial<CaptureStatus>, says: readonly RegExp[]]>> = {
    'no packet has come': [{}, [/^eth0: no packet has come yet/]],
    'the first window is open': [{ packets }, [/^eth0: the first window of 10 s is still open/]],
    'all is well': [{ packets, windowsClosed: 1 }, []],
    'a stream of nothing has ended': [{ state: 'stopped' }, []],
    'the interface is away': [
      { state: 'failed', reason: 'The interface is down.' },
      [/^eth0: The interface is down\.$/],
    ],
    'packets were lost': [
      { packets, windowsClosed: 1, kernelDrops: 3, interfaceDrops: 1, softnetDrops: 0, late: 2, evicted: 1 },
      [
        /3 packets dropped because the ring was full/,
        /1 packet dropped by the card/,
        /2 packets came after/,
        /1 connection given up/,
      ],
    ],
  };
  for (const [name, [changes, says]] of Object.entries(sentences)) {
    test(`says what limits its numbers: ${name}`, async () => {
      const { limits } = await page(status(changes));
      assert.equal(limits.length, says.length, limits.join('\n'));
      says.forEach((expected, at) => assert.match(limits[at]!, expected));
    });
  }

  test('says that rows wait for the database when they do, and not for the few that always do', async () => {
    const limitsWith = async (waiting: number) =>
      (await livePage(nothing, [], { span: 300, top: 5, now: Date.UTC(2026, 0, 1, 12), waiting })).limits;
    assert.deepEqual(await limitsWith(3), []);
    assert.match((await limitsWith(4381)).join(), /^4,381 blocks of rows still to be stored/);
  });

  test('shows no number for what is not known yet', async () => {
    const text = pageText(await page(status({ packets })), { color: false, width: 80 });
    assert.match(text, /SYN +–/);
    assert.doesNotMatch(text, /TCP packets/);
  });
});
