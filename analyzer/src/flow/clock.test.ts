import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { analyze } from '../../../test/traffic/analyze.js';
import { pcap, type Packet } from '../../../test/traffic/capture-file.js';
import { feedPcap } from '../../../test/traffic/feed.js';
import { talk, together, type Talk } from '../../../test/traffic/talk.js';
import { Pipeline } from '../pipeline/pipeline.js';
import { counterIndex } from './events.js';

const start = 1_700_000_000;
const second = 1_000_000_000n;

/** Packets from number `from` on at times moved by so many seconds. */
function moved(packets: readonly Packet[], from: number, seconds: number): Packet[] {
  return packets.map((packet, i) => (i < from ? packet : { ...packet, time: packet.time + BigInt(seconds) * second }));
}

const whole = (): Talk => talk({ start }).open().exchange().exchange().close('client');

describe('a clock that is set back', () => {
  for (const seconds of [-61, -3600, -86_400 * 365]) {
    test(`by ${-seconds} s is noticed, once, and ends nothing`, () => {
      const { connections, totals, flow } = analyze(moved(whole().packets, 7, seconds));
      assert.equal(flow.clockSteps, 1);
      assert.deepEqual(
        connections.map((row) => [row['close'], row['packets.clt'], row['packets.srv'], row['retrans.count.clt']]),
        [['fin', 8, 6, 0]]
      );
      assert.deepEqual([totals['ct.count'], totals['close.fin'], totals['unclosed.count']], [1, 1, 0]);
    });
  }

  test('by a minute or less is packets out of order: no step', () => {
    const { flow, connections } = analyze(moved(whole().packets, 7, -59));
    assert.equal(flow.clockSteps, 0);
    assert.equal(connections.length, 1);
  });

  test('puts what follows into the windows that the packets name', () => {
    const { windows } = analyze(moved(whole().packets, 7, -3600));
    assert.deepEqual(
      windows.map((row) => [row.window - start, row.counters['syn.count'] ?? 0, row.counters['fin.count.clt'] ?? 0]),
      [
        [0, 1, 0],
        [-3600, 0, 1],
      ]
    );
  });

  test('leaves a connection the times of its packets', () => {
    const row = analyze(moved(whole().packets, 7, -3600)).connections[0];
    assert.equal(row?.['start'], new Date(start * 1000).toISOString().replace('.000Z', '.000000000Z'));
    assert.ok(Date.parse(String(row?.['end'])) < (start - 3500) * 1000);
  });

  test('does not stop timers: an attempt is decided 75 s later, however often the clock was set', () => {
    const syn = talk({ start }).syn().packets;
    // Others are seen every 10 s, and the clock goes back by an hour after each 30 s.
    const others = Array.from({ length: 12 }, (_, i) => {
      const back = Math.floor(i / 3) * 3600;
      return talk({ client: `10.0.0.9:${i + 1}`, start: start + 10 * (i + 1) - back }).open().packets;
    });
    const { flow, windows } = analyze([...syn, ...others.flat()]);
    assert.equal(flow.clockSteps, 3);
    // The end of the capture decides what is left, in the last window: this was decided before.
    const deciding = windows.filter((row) => row.counters['noanswer.count'] === 1).map((row) => row.window - start);
    // How long it was between two packets with a step between them nobody knows: it counts as a second.
    assert.deepEqual(deciding, [100 - 3 * 3600]);
  });
});

describe('a single timestamp that cannot be right', () => {
  for (const [what, seconds] of Object.entries({ future: 10 ** 9, past: -(10 ** 9) })) {
    test(`in the ${what} is noticed, and its packet counts at the time of those around it`, () => {
      const { packets } = whole();
      const wrong = packets.map((packet, i) => (i === 4 ? moved([packet], 0, seconds)[0] : packet)) as Packet[];
      const { connections, windows, flow } = analyze(wrong);
      assert.deepEqual([flow.clockOutliers, flow.clockSteps], [1, 0]);
      assert.deepEqual(
        windows.map((row) => [row.window, row.counters['packets.clt'], row.counters['packets.srv']]),
        [[start, 8, 6]]
      );
      assert.deepEqual(
        connections.map((row) => row['close']),
        ['fin']
      );
    });
  }
});

test('a silence of days is lived through: what waited is decided in its own time', () => {
  const packets = together(
    talk({ start }).syn(),
    talk({ client: '10.0.0.1:2', start: start + 1 })
      .open()
      .exchange(),
    talk({ client: '10.0.0.9:1', start: start + 3 * 86_400 }).open()
  );
  const rows = analyze(packets).windows.map((row) => [
    row.window - start,
    row.counters['noanswer.count'] ?? 0,
    row.counters['unclosed.idle'] ?? 0,
  ]);
  assert.deepEqual(rows, [
    [0, 0, 0],
    [70, 1, 0],
    [7500, 0, 1],
    [3 * 86_400, 0, 0],
  ]);
});

describe('a tick, when no packet comes', () => {
  /** Windows written until the ticks are over: how long after the start, and of which counter how much. */
  function ticked(packets: readonly Packet[], seconds: readonly number[], counter: string) {
    const found: Array<[number, number]> = [];
    const pipeline = new Pipeline(
      (batch) => {
        if (batch.kind === 'windows') {
          found.push([batch.window - start, batch.counters[counterIndex(counter)]?.[0] ?? 0]);
        }
      },
      { maxConnections: 64, windowConnections: 64 }
    );
    feedPcap(pcap(packets, { nanoseconds: true }), pipeline);
    seconds.forEach((second) => pipeline.tick(start + second));
    return found;
  }

  test('closes a window two seconds after its end', () => {
    const { packets } = talk({ start: start + 3 }).syn();
    assert.deepEqual(ticked(packets, [11], 'syn.count'), []);
    assert.deepEqual(ticked(packets, [11, 12], 'syn.count'), [[0, 1]]);
  });

  test('decides what has waited long enough', () => {
    const { packets } = talk({ start: start + 3 }).syn();
    const ticks = (to: number) => Array.from({ length: to }, (_, i) => i + 4);
    assert.deepEqual(ticked(packets, ticks(70), 'noanswer.count'), [[0, 0]]);
    assert.deepEqual(ticked(packets, ticks(90), 'noanswer.count'), [
      [0, 0],
      [70, 1],
    ]);
  });

  test('that lags behind the packets changes nothing', () => {
    const { packets } = talk({ start: start + 30 }).syn();
    assert.deepEqual(ticked(packets, [4, 12, 29], 'syn.count'), []);
  });
});
