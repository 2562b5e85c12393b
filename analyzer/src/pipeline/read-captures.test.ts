import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import {
  interfaceBlock,
  packetBlock,
  pcap,
  pcapng,
  sectionBlock,
  statisticsBlock,
} from '../../../test/traffic/capture-file.js';
import { Scratch } from '../../../test/traffic/read-back.js';
import { talk, together } from '../../../test/traffic/talk.js';
import { TcpscopeError } from '../errors.js';
import type { Batch } from '../flow/index.js';
import { readCaptures, type ReadOptions } from './read-captures.js';

const scratch = new Scratch();
after(() => scratch.remove());

const TALKS = 3000;
const packets = together(
  ...Array.from({ length: TALKS }, (_, i) =>
    talk({ client: `10.${i >> 8}.${i & 255}.1:40000`, start: 1_700_000_000 + i / 20 })
      .open()
      .exchange()
      .close('client')
  )
);
const capture = scratch.write(pcap(packets), 'capture.pcap');

/** Reads, and counts the rows that come. */
async function read(paths: readonly string[], options: Partial<ReadOptions> = {}) {
  const rows = { connections: 0, windows: 0 };
  const workers = new Set<number>();
  const result = await readCaptures(paths, {
    workers: 1,
    flow: { maxConnections: 8192 },
    onBatch(batch, worker) {
      rows[batch.kind] += batch.rows;
      workers.add(worker);
    },
    ...options,
  });
  return { ...result, rows, workers: [...workers].sort() };
}

const codeOf = (code: string) => (error: unknown) => error instanceof TcpscopeError && error.code === code;

describe('workers', () => {
  for (const workers of [1, 2, 3]) {
    test(`${workers} read every packet and share the connections`, async () => {
      const result = await read([capture], { workers });
      assert.deepEqual([result.packets.read, result.packets.tcp], [packets.length, packets.length]);
      assert.equal(result.rows.connections, TALKS);
      assert.equal(result.flow.length, workers);
      assert.equal(
        result.flow.reduce((sum, { begun }) => sum + begun, 0),
        TALKS
      );
      assert.ok(
        result.flow.every(({ begun }) => begun > TALKS / workers / 2),
        'each has its part'
      );
      assert.deepEqual(result.workers, [0, 1, 2].slice(0, workers));
    });
  }

  test('wait for rows to be taken, and none is lost', async () => {
    for (const workers of [1, 2]) {
      let open = 0;
      let most = 0;
      let connections = 0;
      await read([capture], {
        workers,
        async onBatch(batch) {
          most = Math.max(most, ++open);
          await new Promise((resolve) => setTimeout(resolve, 2));
          open--;
          connections += batch.kind === 'connections' ? batch.rows : 0;
        },
      });
      assert.deepEqual([open, connections], [0, TALKS]);
      assert.ok(most < 64, `${most} batches were held at once by ${workers}`);
    }
  });

  test('end with the error when rows cannot be taken', async () => {
    for (const workers of [1, 2]) {
      const failing = read([capture], { workers, onBatch: async () => Promise.reject(new Error('disk full')) });
      await assert.rejects(failing, /disk full/);
    }
  });

  test('end with the error when taking rows throws', async () => {
    for (const workers of [1, 2]) {
      const failing = read([capture], {
        workers,
        onBatch: (_batch: Batch) => {
          throw new Error('no room');
        },
      });
      await assert.rejects(failing, /no room/);
    }
  });

  test('name damage once, with its code', async () => {
    const cut = scratch.write(pcap(packets).subarray(0, 100_001), 'cut.pcap');
    for (const workers of [1, 2]) {
      const { damage, packets: counts } = await read([cut, capture], { workers });
      assert.deepEqual(
        damage.map(({ code }) => code),
        ['TCPS_E_FILE_DAMAGED']
      );
      assert.match(damage[0]?.message ?? '', /cut\.pcap is damaged/);
      assert.ok(counts.read > packets.length);
    }
  });
});

test('what cannot be read twice is refused for several workers, and read by one', async (context) => {
  const fifo = join(scratch.folder, 'pipe');
  if (spawnSync('mkfifo', [fifo]).status !== 0) {
    context.skip('no named pipes here');
    return;
  }
  // By another process: the reader waits for the pipe, and nothing else runs here meanwhile.
  const copy = () => spawn('cp', ['--', capture, fifo], { stdio: 'ignore' });
  copy();
  await assert.rejects(read([fifo], { workers: 2 }), codeOf('TCPS_E_STDIN_WORKERS'));
  copy();
  assert.equal((await read([fifo])).rows.connections, TALKS);
});

test('standard input is given once at most', async () => {
  await assert.rejects(read(['-', '-']), codeOf('TCPS_E_STDIN_TWICE'));
  await assert.rejects(read(['-'], { workers: 2 }), codeOf('TCPS_E_STDIN_WORKERS'));
});

test('nothing is read when one of the files cannot be opened', async () => {
  let batches = 0;
  const reading = read([capture, join(scratch.folder, 'absent')], { onBatch: () => void batches++ });
  await assert.rejects(reading, codeOf('TCPS_E_FILE_UNREADABLE'));
  assert.equal(batches, 0);
});

test('progress ends at the size of all files', async () => {
  const large = together(
    ...Array.from({ length: 50 }, (_, i) =>
      Array.from({ length: 100 }).reduce<ReturnType<typeof talk>>(
        (one) => one.send('client', 1400),
        talk({ client: `10.9.0.${i}:40000` }).open()
      )
    )
  );
  const bytes = pcap(large);
  const path = scratch.write(bytes, 'large.pcap');
  for (const workers of [1, 2]) {
    const seen: Array<[number, number | null]> = [];
    await read([path], { workers, onProgress: (done, size) => void seen.push([done, size]) });
    assert.ok(seen.length > 0, 'something was said');
    assert.ok(
      seen.every(([done, size], i) => size === bytes.length && done <= bytes.length && done >= (seen[i - 1]?.[0] ?? 0))
    );
  }
});

test('what the capturing program lost is passed on, and unknown when it does not say', async () => {
  const [first] = packets as [(typeof packets)[0]];
  const blocks = [sectionBlock(), interfaceBlock(1, { resolution: 9 }), packetBlock(0, first.time, first)];
  const says = scratch.write(pcapng([...blocks, statisticsBlock(0, { 5: 3n, 7: 4n })]), 'says.pcapng');
  assert.equal((await read([says, capture])).reportedDrops, 7);
  assert.equal((await read([capture])).reportedDrops, null);
});
