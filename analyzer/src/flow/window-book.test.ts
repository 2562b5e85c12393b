import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { analyze, pick, type Analysis } from '../../../test/traffic/analyze.js';
import { traffic } from '../../../test/traffic/arbitrary.js';
import type { Packet } from '../../../test/traffic/capture-file.js';
import { rules } from '../../../test/traffic/rule.js';
import { talk, together, type Talk } from '../../../test/traffic/talk.js';
import { windowCounters } from './batch.js';

const start = 1_700_000_000;

rules('rows of windows (semantics b2, b3)', {
  'a packet counts in the ten seconds of its own time, named by their beginning': {
    packets: () =>
      talk({ start: start + 9.9995 })
        .open()
        .wait(9.9985)
        .exchange(),
    connections: [{ close: 'open' }],
    windows: [
      { after: 0, window: start, 'packets.clt': 1, 'syn.count': 1 },
      { after: 10, window: start + 10, 'packets.clt': 1, 'packets.srv': 1, 'synack.count': 1 },
      { after: 20, window: start + 20, 'packets.clt': 2, 'packets.srv': 2, 'bytes.srv': 1000 },
    ],
  },
  'connections of a client to a port of a server are one row': {
    packets: () =>
      together(
        talk({ client: '10.0.0.1:1' }).open().close('client'),
        talk({ client: '10.0.0.1:2', start: start + 1 })
          .syn()
          .refuse()
      ),
    connections: [{}, {}],
    windows: [
      {
        after: 0,
        client: '10.0.0.1',
        server: '10.0.0.2',
        port: 80,
        vlan: 0,
        'attempt.count': 2,
        'ct.count': 1,
        'refused.count': 1,
        'rst.conn.srv': 1,
      },
    ],
  },
  'another client, server, port or VLAN is another row': {
    packets: () =>
      together(
        talk({ client: '10.0.0.1:1' }).syn(),
        talk({ client: '10.0.0.3:1', start: start + 1 }).syn(),
        talk({ client: '10.0.0.1:1', server: '10.0.0.4:80', start: start + 2 }).syn(),
        talk({ client: '10.0.0.1:1', server: '10.0.0.2:81', start: start + 3 }).syn(),
        talk({ client: '10.0.0.1:5', vlans: [7, 8], start: start + 4 }).syn()
      ),
    connections: [{}, {}, {}, {}, { vlan: [7, 8] }],
    windows: [
      { after: 0, client: '10.0.0.1', server: '10.0.0.2', port: 80, vlan: 0, 'syn.count': 1 },
      { after: 0, client: '10.0.0.3', server: '10.0.0.2', port: 80, vlan: 0, 'syn.count': 1 },
      { after: 0, client: '10.0.0.1', server: '10.0.0.4', port: 80, vlan: 0, 'syn.count': 1 },
      { after: 0, client: '10.0.0.1', server: '10.0.0.2', port: 81, vlan: 0, 'syn.count': 1 },
      { after: 0, client: '10.0.0.1', server: '10.0.0.2', port: 80, vlan: 7, 'syn.count': 1 },
    ],
  },
  'each window has the packets, bytes, retransmissions and ends that came in it, and the sum is the connection': {
    packets: () =>
      talk({ start: start + 5 })
        .open()
        .send('server', 700)
        .wait(10)
        .repeat()
        .ack('client')
        .wait(10)
        .close('server'),
    connections: [
      { 'bytes.srv': 1400, 'retrans.count.srv': 1, 'fin.count.srv': 1, 'packets.clt': 4, 'packets.srv': 5 },
    ],
    windows: [
      { after: 0, 'packets.clt': 2, 'packets.srv': 2, 'bytes.srv': 700, 'retrans.count.srv': 0, 'fin.count.srv': 0 },
      { after: 10, 'packets.clt': 1, 'packets.srv': 1, 'bytes.srv': 700, 'retrans.count.srv': 1, 'fin.count.srv': 0 },
      { after: 20, 'packets.clt': 1, 'packets.srv': 2, 'bytes.srv': 0, 'retrans.count.srv': 0, 'fin.count.srv': 1 },
    ],
  },
});

/** A packet of a connection of its own, so many seconds after the start. */
const at = (seconds: number, port: number): Packet =>
  talk({ client: `10.0.0.1:${port}`, start: start + seconds }).syn().packets[0] as Packet;

describe('packets that come behind later ones', () => {
  const windowsOf = (packets: readonly Packet[]) => {
    const { windows, flow } = analyze(packets);
    const counts = windows.map((row) => [row.window - start, row.counters['syn.count']]);
    return { counts, late: flow.late };
  };

  test('count in their own window for two seconds after its end', () => {
    assert.deepEqual(windowsOf([at(1, 1), at(11.9, 2), at(9.9, 3)]), {
      counts: [
        [0, 2],
        [10, 1],
      ],
      late: 0,
    });
  });

  test('count in the oldest that is open after that, and as late: what is written stays', () => {
    assert.deepEqual(windowsOf([at(1, 1), at(12.1, 2), at(9.9, 3)]), {
      counts: [
        [0, 1],
        [10, 2],
      ],
      late: 1,
    });
  });
});

test('ratios are sums divided by sums, not means of ratios; without a connection they are unknown', () => {
  // Nine connections that were reset once among ten, and one client that never gets any.
  const busy = Array.from({ length: 9 }, (_, i) => {
    const t = talk({ client: `10.0.0.1:${i + 1}`, start: start + i }).open();
    return i === 0 ? t.rst('server').rst('server').rst('server') : t.close('client');
  });
  const single = talk({ client: '10.0.0.2:1', start: start + 10 })
    .open()
    .rst('server');
  const never = talk({ client: '10.0.0.3:1', start: start + 11 })
    .syn()
    .refuse();
  const { totals, conversations } = analyze(together(...busy, single, never));
  assert.equal(totals['rst.ratio.srv'], 5 / 10);
  const byClient = Object.fromEntries(conversations.map((row) => [row['client.ip'], row['rst.ratio.srv']]));
  assert.deepEqual(byClient, { '10.0.0.1': 3 / 9, '10.0.0.2': 1, '10.0.0.3': null });
  assert.deepEqual(
    conversations.filter((row) => row['syn.ratio'] === null).map((row) => [row['client.ip'], row['syn.count']]),
    [['10.0.0.3', 1]]
  );
});

describe('a storm is counted whole, in its window and with its connection', () => {
  /** So many packets of a kind, beyond what a row's packed fields hold of it: 4095 SYNs, 255 FINs and RSTs, 65,535 retransmissions. */
  const storms: Record<string, [(t: Talk) => Talk, number]> = {
    'syn.count': [(t) => t.syn(), 5000],
    'synack.count': [(t) => t.synAck(), 5000],
    'fin.count.clt': [(t) => t.fin('client', { sequence: 1101 }), 70_000],
    'fin.count.srv': [(t) => t.fin('server', { sequence: 10_001 }), 1000],
    'rst.count.clt': [(t) => t.stateless('client'), 1000],
    'rst.count.srv': [(t) => t.stateless('server'), 1000],
    'retrans.count.srv': [(t) => t.send('server', 1, { sequence: 9001 }), 70_000],
  };
  for (const [counter, [send, many]] of Object.entries(storms)) {
    test(`${many} of ${counter}`, () => {
      const first = send(talk({ start, step: 1e-6 }).open().exchange());
      const one = first.packets.at(-1) as Packet;
      const storm = Array.from({ length: many }, () => one);
      const { windows, connections, totals } = analyze([
        ...talk({ start, step: 1e-6 }).open().exchange().packets,
        ...storm,
      ]);
      const before = counter.startsWith('syn') ? 1 : 0;
      assert.equal(windows.length, 1);
      assert.equal(windows[0]?.counters[counter], many + before);
      assert.equal(totals[counter], many + before);
      assert.equal(
        connections.reduce((sum, row) => sum + Number(row[counter]), 0),
        many + before
      );
    });
  }
});

describe('property: counters of windows are those of the connections', () => {
  const counted = (check: (analysis: Analysis) => void) =>
    fc.assert(
      fc.property(traffic(80), (packets) => check(analyze(packets))),
      { numRuns: 150 }
    );

  test('no window counts more than there is: nothing is counted back below zero', () => {
    counted(({ windows, packets, flow }) => {
      for (const { counters } of windows) {
        for (const counter of windowCounters) {
          const value = counters[counter.name] ?? 0;
          if (counter.unknown) {
            assert.ok(Number.isNaN(value), `${counter.name}: nobody looked for copies`);
          } else if (counter.unit === 'packets' || counter.unit === 'attempts') {
            assert.ok(value <= packets.tcp, `${counter.name} ${value}`);
          } else if (counter.unit === 'connections') {
            assert.ok(value <= flow.begun, `${counter.name} ${value}`);
          }
        }
      }
    });
  });

  test('no more connections and attempts were reset than there were: shares of them stay below 1', () => {
    counted(({ totals }) => {
      const all = Number(totals['attempt.count']) + Number(totals['midstream.count']);
      for (const name of ['rst.conn', 'rst.conn.clt', 'rst.conn.srv']) {
        assert.ok(Number(totals[name]) <= all, `${name} ${totals[name]} of ${all}`);
      }
    });
  });

  test('every connection is decided once, as its row says', () => {
    counted(({ connections, totals }) => {
      const many = (is: (row: Record<string, unknown>) => boolean) => connections.filter(is).length;
      const expected = {
        'conn.count': connections.length,
        'refused.count': many((row) => row['close'] === 'refused'),
        'noanswer.count': many((row) => row['close'] === 'noanswer' && row['oneway'] === false),
        'oneway.count': many((row) => row['oneway'] === true),
        // Of RSTs to nobody there was nothing to be reset.
        'rst.conn': many(
          (row) => Number(row['rst.count']) > 0 && (Number(row['attempt.count']) > 0 || row['midstream'] === true)
        ),
        'ct.count': many((row) => Number(row['ct.count']) > 0),
        'attempt.count': connections.reduce((sum, row) => sum + Number(row['attempt.count']), 0),
        'malformed.count': connections.reduce((sum, row) => sum + Number(row['malformed.count']), 0),
      };
      assert.deepEqual(pick(totals, expected), expected);
      const closers = Number(totals['closer.clt']) + Number(totals['closer.srv']);
      assert.equal(
        closers,
        many((row) => row['closer'] !== null)
      );
      const finished = [
        'close.total',
        'unclosed.count',
        'refused.count',
        'noanswer.count',
        'halfopen.count',
        'setupabort.count',
      ];
      const sum = finished.reduce((all, name) => all + Number(totals[name]), 0);
      assert.ok(sum <= connections.length, `${sum} of ${connections.length}`);
    });
  });
});
