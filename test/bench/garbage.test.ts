import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { before, describe, test } from 'node:test';
import type { Batch } from '../../analyzer/src/flow/index.js';
import { CompanyTraffic } from '../traffic/company/company.js';
import type { GarbageOptions, GarbageResult } from './programs/capture-garbage.js';

const PACKETS = 1_000_000;
const WARM_UP = 2_000_000;
const SECONDS = 10;
const folder = fileURLToPath(new URL('dist/garbage/', import.meta.url));

/** Traffic of some seconds, with as many connections that begin and end as fit in. */
function capture(): SharedArrayBuffer {
  const from = 1_767_603_600;
  const traffic = new CompanyTraffic({ seed: 1, rate: 10_000, from, until: from + SECONDS });
  const pieces: Uint8Array[] = [];
  for (let state = 'full'; state !== 'over';) {
    const piece = traffic.next();
    ({ state } = piece);
    pieces.push(piece.bytes.slice());
  }
  const bytes = new Uint8Array(new SharedArrayBuffer(pieces.reduce((sum, piece) => sum + piece.length, 0)));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes.buffer as SharedArrayBuffer;
}

/** Runs a capture worker over the traffic; takes its batches and gives their memory back. */
function collect(options: GarbageOptions): Promise<GarbageResult> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(`${folder}capture-garbage.js`, { workerData: options });
    worker.on('error', reject);
    worker.on('message', (message: { batch?: Batch; result?: GarbageResult }) => {
      if (message.result !== undefined) {
        resolve(message.result);
      } else if (message.batch !== undefined) {
        const buffer = message.batch.clientIp.buffer as ArrayBuffer;
        worker.postMessage({ buffer }, [buffer]);
      }
    });
  });
}

describe('a capture worker, bundled as it is shipped', () => {
  let options: GarbageOptions;

  before(async () => {
    const { bundle } = (await import('../../analyzer/build.mjs' as string)) as {
      bundle(programs: ReadonlyArray<{ in: string; out: string }>, outdir: string): Promise<void>;
    };
    const program = fileURLToPath(new URL('programs/capture-garbage.ts', import.meta.url));
    await bundle([{ in: program, out: 'capture-garbage' }], folder);
    options = { capture: capture(), length: SECONDS, warmUp: WARM_UP, packets: PACKETS, litter: 0 };
  });

  test('collects no garbage over a million packets', async () => {
    const { packets, batches, collections } = await collect(options);
    assert.ok(packets >= PACKETS);
    assert.ok(batches >= 10, `${batches} batches: windows were closed and connections written`);
    assert.equal(collections, 0);
  });

  test('would be seen to, with one object for each packet', async () => {
    const { collections } = await collect({ ...options, litter: 1 });
    assert.ok(collections > 0);
  });
});
