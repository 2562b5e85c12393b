import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { analyze } from '../../../test/traffic/analyze.js';
import { traffic } from '../../../test/traffic/arbitrary.js';
import { pcap, type Packet } from '../../../test/traffic/capture-file.js';
import { feedPcap } from '../../../test/traffic/feed.js';
import { ACK, FIN, RST, SYN } from '../../../test/traffic/frame.js';
import { rules } from '../../../test/traffic/rule.js';
import { talk, together, type Talk } from '../../../test/traffic/talk.js';
import { Pipeline } from '../pipeline/pipeline.js';
import { Row, State } from './layout.js';

rules('attempts and handshakes (semantics b3, b4)', {
  'a SYN that is repeated though it was answered is one attempt and one handshake': {
    packets: () => talk().syn().synAck().syn().synAck().ack('client').exchange().close('client'),
    connections: [{ close: 'fin', 'syn.count': 2, 'synack.count': 2, 'attempt.count': 1, 'ct.count': 1 }],
    totals: { 'retrans.count.clt': 1, 'retrans.count.srv': 1 },
  },
  'SYNs with numbers of their own to a closed port are attempts of their own, each refused': {
    packets: () => talk().syn().refuse().again(5000, 9000).syn().refuse().again(777_000, 9000).syn().refuse(),
    connections: [{ close: 'refused' }, { close: 'refused' }, { close: 'refused' }],
    totals: { 'syn.count': 3, 'attempt.count': 3, 'refused.count': 3, 'rst.noconn.srv': 3, 'rst.conn.srv': 3 },
  },
  'SYNs that come again after others are no attempts of their own': {
    packets: () => {
      const number = (sequence: number) => ({ sequence });
      return talk()
        .open()
        .segment('client', SYN, 0, number(70_000))
        .segment('client', SYN, 0, number(70_000))
        .rst('server');
    },
    connections: [{ close: 'rst' }, { close: 'noanswer', 'syn.count': 2, 'attempt.count': 1 }],
    totals: { 'attempt.count': 2, 'syn.count': 3 },
  },
  'a RST that acknowledges something else than the SYN aborts the setup, it does not refuse': {
    packets: () => talk().syn().rst('server', { sequence: 0, acknowledgement: 4711 }),
    connections: [{ close: 'setupabort', aborter: 'server', state: 'REJ' }],
    totals: { 'refused.count': 0, 'setupabort.srv': 1, 'rst.noconn.srv': 1 },
  },
  'a RST without acknowledgement does not refuse either': {
    packets: () => talk().syn().segment('server', RST, 0, { sequence: 0 }),
    connections: [{ close: 'setupabort', aborter: 'server' }],
    totals: { 'refused.count': 0, 'setupabort.srv': 1 },
  },
  'a RST of the client is no refusal, whatever it acknowledges': {
    packets: () =>
      talk()
        .syn()
        .segment('client', RST | ACK, 0, { acknowledgement: 1001 }),
    connections: [{ close: 'setupabort', aborter: 'client' }],
    totals: { 'refused.count': 0, 'setupabort.clt': 1 },
  },
  'a server that resets after its SYN+ACK aborts the setup': {
    packets: () => talk().syn().synAck().rst('server'),
    connections: [{ close: 'setupabort', aborter: 'server', stage: 'post_syn' }],
    totals: { 'setupabort.srv': 1, 'refused.count': 0, 'rst.noconn.srv': 1, 'close.total': 0 },
  },
  'a SYN+ACK two seconds after a refusal comes too late to undo it': {
    packets: () => talk().syn().refuse().wait(6).synAck(),
    connections: [
      { close: 'refused', 'synack.count': 0 },
      { close: 'halfopen', 'synack.count': 1 },
    ],
    totals: { 'refused.count': 1 },
  },
  'a refused attempt whose SYN+ACK comes but whose handshake does not is half open, not refused': {
    packets: () => talk().syn().refuse().synAck(),
    connections: [{ close: 'halfopen', 'rst.count.srv': 1 }],
    totals: { 'refused.count': 0, 'halfopen.count': 1, 'rst.noconn.srv': 1 },
  },
  'ports used again after a RST are a new connection': {
    packets: () => talk().open().rst('client').again(5_000_000, 7_000_000).open().close('client'),
    connections: [{ close: 'rst' }, { close: 'fin' }],
    totals: { 'attempt.count': 2, 'ct.count': 2, 'unclosed.count': 0 },
  },
  'ports used again by the server of the connection before turn the roles round': {
    packets: () =>
      together(
        talk({ client: '10.0.0.1:5000', server: '10.0.0.2:6000' }).open().close('client'),
        talk({ client: '10.0.0.2:6000', server: '10.0.0.1:5000', start: 1_700_000_001, clientIsn: 77_000 })
          .open()
          .close('client')
      ),
    connections: [
      { 'client.port': 5000, close: 'fin' },
      { 'client.port': 6000, close: 'fin', role: 'certain' },
    ],
    totals: { 'ct.count': 2, 'attempt.count': 2 },
  },
  'a client that has restarted clears the old connection with a RST, and then gets its new one': {
    // RFC 9293 3.5.1: the SYN draws an acknowledgement of the old connection, which the client resets.
    packets: () =>
      talk()
        .open()
        .exchange()
        .wait(30)
        .segment('client', SYN, 0, { sequence: 5_000_000 })
        .ack('server')
        .segment('client', RST, 0, { sequence: 1101 })
        .again(5_000_000, 7_000_000)
        .wait(1)
        .open()
        .close('client'),
    connections: [
      { close: 'rst', aborter: 'client', 'syn.count': 1 },
      { close: 'fin', 'syn.count': 2, 'attempt.count': 1 },
    ],
    totals: { 'attempt.count': 2, 'ct.count': 2, 'unclosed.count': 0 },
  },
  'data of the client complete the handshake': {
    packets: () => talk().syn().synAck().send('client', 10),
    connections: [{ close: 'open', ct: 0.002, 'ct.count': 1 }],
  },
  'a FIN of the client completes the handshake': {
    packets: () => talk().syn().synAck().fin('client'),
    connections: [{ close: 'halfclosed', ct: 0.002, 'ct.count': 1 }],
  },
  'a RST that acknowledges the SYN+ACK does not complete the handshake': {
    packets: () => talk().syn().synAck().rst('client'),
    connections: [{ close: 'setupabort', 'ct.count': 0, ct: null }],
    totals: { 'ct.count': 0, 'setupabort.clt': 1 },
  },
  'an acknowledgement that does not cover the SYN+ACK does not complete the handshake': {
    packets: () => talk().syn().synAck().ack('client', { acknowledgement: 9000 }),
    connections: [{ close: 'halfopen', 'ct.count': 0 }],
    totals: { 'ct.count': 0, 'halfopen.count': 1 },
  },
  'what the server sends before the client has acknowledged does not complete the handshake': {
    packets: () => talk().syn().synAck().send('server', 100).ack('server'),
    connections: [{ close: 'halfopen', 'ct.count': 0 }],
  },
  'a SYN+ACK that acknowledges something else than the SYN completes no handshake': {
    packets: () => talk().syn().synAck({ acknowledgement: 4711 }).rst('client'),
    connections: [{ close: 'setupabort', aborter: 'client', 'ct.count': 0 }],
  },
  'a handshake counts when it is complete, its time from the first SYN and from the last': {
    packets: () =>
      talk({ start: 1_700_000_008 }).syn().wait(1).syn().wait(2).syn().synAck().ack('client').close('client'),
    connections: [{ ct: 3.004, 'syn.count': 3 }],
    totals: { 'ct.avg': 3.004, 'ct.net': 0.002, 'ct.max': 3.004, 'syn.ratio': 3 },
    windows: [
      { after: 0, 'syn.count': 2, 'attempt.count': 1, 'ct.count': 0, 'ct.sum': 0 },
      { after: 10, 'syn.count': 1, 'attempt.count': 0, 'ct.count': 1, 'ct.sum': 3_004_000, 'ct.net.sum': 2000 },
    ],
  },
  'SYN with RST is malformed and counted under both': {
    packets: () => talk().segment('client', SYN | RST, 0),
    connections: [{ 'malformed.count': 1, 'syn.count': 1, 'rst.count.clt': 1 }],
    totals: { 'malformed.count': 1, 'syn.count': 1, 'rst.count.clt': 1, 'ct.count': 0 },
  },
  'FIN with RST is nothing malformed: counted under both': {
    packets: () =>
      talk()
        .open()
        .segment('client', FIN | RST | ACK, 0),
    connections: [{ close: 'finrst', 'malformed.count': 0, 'fin.count.clt': 1, 'rst.count.clt': 1 }],
  },
});

rules('feeds that miss packets (semantics b4)', {
  'SYNs without an answer are no one-way feed: nobody answered': {
    packets: () => talk().syn().wait(1).syn(),
    connections: [{ close: 'noanswer', oneway: false }],
    totals: { 'noanswer.count': 1, 'oneway.count': 0 },
  },
  'a server whose client was not captured is one way, and not half open': {
    packets: () =>
      talk()
        .open()
        .exchange()
        .close('client')
        .packets.filter((_, i) => [1, 4, 5, 8].includes(i)),
    connections: [{ oneway: true, 'packets.clt': 0, role: 'certain' }],
    totals: { 'oneway.count': 1, 'halfopen.count': 0, 'noanswer.count': 0, 'setupabort.count': 0 },
  },
  'a SYN+ACK alone is one way: its SYN was answered, so it was sent': {
    packets: () => talk().synAck().wait(1).synAck(),
    connections: [{ oneway: true, close: 'halfopen', 'synack.count': 2, role: 'certain' }],
    totals: { 'oneway.count': 1, 'halfopen.count': 0 },
  },
  'a connection seen in front of and behind an address translation is two': {
    packets: () =>
      together(
        talk({ client: '192.168.0.5:40000' }).open().exchange().close('client'),
        talk({ client: '203.0.113.1:61000', start: 1_700_000_000.0001 }).open().exchange().close('client')
      ),
    connections: [{ 'client.ip': '192.168.0.5' }, { 'client.ip': '203.0.113.1' }],
    totals: { 'ct.count': 2, 'conn.count': 2 },
  },
});

/** All orders of some things. */
function orders<T>(things: readonly T[]): T[][] {
  return things.length < 2
    ? [[...things]]
    : things.flatMap((first, i) => orders(things.filter((_, j) => j !== i)).map((rest) => [first, ...rest]));
}

/** The packets in another order, at the times of the old one: as two taps deliver them. */
function reordered(packets: readonly Packet[], order: readonly number[]): Packet[] {
  return order.map((from, to) => ({ ...(packets[from] as Packet), time: (packets[to] as Packet).time }));
}

/** Ports that a guess would get wrong. */
const ends = { client: '10.0.0.1:80', server: '10.0.0.2:40000' };

describe('packets of two taps that come out of order (semantics b4)', () => {
  const names = ['SYN', 'SYN+ACK', 'ACK'];
  for (const order of orders([0, 1, 2])) {
    test(`${order.map((i) => names[i]).join(', ')} is one handshake of a certain client`, () => {
      const { packets } = talk(ends).open().exchange().close('client');
      const { connections, totals } = analyze(reordered(packets, [...order, 3, 4, 5, 6, 7, 8, 9]));
      assert.deepEqual(
        connections.map((row) => [row['client.port'], row['role'], row['midstream'], row['close'], row['closer']]),
        [[80, 'certain', false, 'fin', 'client']]
      );
      assert.deepEqual(
        ['attempt.count', 'ct.count', 'midstream.count', 'role.guess.count', 'retrans.count'].map(
          (name) => totals[name]
        ),
        [1, 1, 0, 0, 0]
      );
    });
  }

  test('SYN, SYN+ACK and ACK alone are a handshake in any order', () => {
    for (const order of orders([0, 1, 2])) {
      const { connections, totals } = analyze(reordered(talk(ends).open().packets, order));
      assert.deepEqual(
        connections.map((row) => [row['client.port'], row['ct.count'], row['midstream'], row['close']]),
        [[80, 1, false, 'open']],
        order.join()
      );
      assert.equal(totals['attempt.count'], 1);
    }
  });

  const whole: Record<string, [Talk, string]> = {
    'two FINs': [talk(ends).open().exchange().close('client'), 'fin'],
    'a RST': [talk(ends).open().exchange().rst('server'), 'rst'],
    'FIN and RST': [talk(ends).open().exchange().fin('client').rst('server'), 'finrst'],
  };
  for (const [what, [{ packets }, close]] of Object.entries(whole)) {
    test(`a SYN captured behind the end, by ${what}, belongs to the connection that has ended`, () => {
      const order = [...packets.keys()].slice(1);
      const { connections, totals } = analyze(reordered(packets, [...order, 0]));
      assert.deepEqual(
        connections.map((row) => [row['close'], row['ct.count'], row['midstream'], row['role']]),
        [[close, 1, false, 'certain']]
      );
      assert.deepEqual([totals['attempt.count'], totals['noanswer.count'], totals['midstream.count']], [1, 0, 0]);
    });
  }

  test('FIN, FIN, ACK in any order, with what comes before them, are one close by FIN', () => {
    const { packets } = talk(ends).open().exchange().close('client');
    for (const order of orders([6, 7, 8, 9])) {
      const { connections, totals } = analyze(reordered(packets, [0, 1, 2, 3, 4, 5, ...order]));
      assert.deepEqual(
        connections.map((row) => [row['close'], row['fin.count.clt'], row['fin.count.srv']]),
        [['fin', 1, 1]],
        order.join()
      );
      assert.deepEqual(
        [totals['close.fin'], totals['unclosed.count'], totals['retrans.count']],
        [1, 0, 0],
        order.join()
      );
    }
  });
});

test('property: addresses and ports are held by one connection at a time, and one attempt beside it at most', () => {
  fc.assert(
    fc.property(traffic(60), (packets) => {
      const pipeline = new Pipeline(() => undefined, { maxConnections: 256, windowConnections: 256 });
      const { table } = pipeline['flow'].connections;
      for (const packet of packets) {
        feedPcap(pcap([packet], { nanoseconds: true }), pipeline);
        const holders = new Set<string>();
        for (let row = 1; row <= table.highest; row++) {
          const at = table.at(row);
          const state = table.rows[at + Row.State] as number;
          if ((state & State.Used) !== 0) {
            const waits = (state & State.Candidate) !== 0;
            const holder = `${waits} ${[Row.Key0, Row.Key1, Row.Ports].map((word) => table.rows[at + word]).join()}`;
            assert.ok(!holders.has(holder), holder);
            holders.add(holder);
            assert.equal(
              table.rows[table.at(table.rows[at + Row.Rival] as number) + Row.Rival],
              waits || table.rows[at + Row.Rival] !== 0 ? row : 0
            );
          }
        }
      }
      pipeline.finish();
      assert.equal(table.size, 0);
    }),
    { numRuns: 300 }
  );
});

/** A server that still has a connection of these ports, with numbers ahead of those of the new one, or behind. */
for (const [where, sequence, acknowledgement] of [
  ['ahead of', 900_000_000, 800_000_000],
  ['behind', -900_000_000, -800_000_000],
  ['on both sides of', 900_000_000, -800_000_000],
] as const) {
  // The client resets what the server has, with the number that it acknowledged (RFC 9293 3.5.1, figure 9).
  const recovered = () =>
    talk()
      .syn()
      .segment('server', ACK, 0, { sequence, acknowledgement })
      .segment('client', RST, 0, { sequence: acknowledgement });
  rules(`a SYN that meets a connection of before, whose numbers are ${where} its own`, {
    'is one attempt whose handshake completes when it comes again, and the RST tells nothing of its end': {
      packets: () => recovered().wait(1).syn().synAck().ack('client').exchange().close('client'),
      connections: [
        {
          ...{ close: 'fin', aborter: null, stage: null, closer: 'client', cause: 'normal' },
          ...{ 'syn.count': 2, 'ct.count': 1, 'rst.count.clt': 1, 'bytes.srv': 1000 },
        },
      ],
      totals: { 'attempt.count': 1, 'retrans.count.srv': 0, 'rst.conn.clt': 1, 'rst.noconn.clt': 1, 'close.fin': 1 },
    },
    'waits for its answer as long as any other': {
      packets: () => recovered().wait(13).syn().synAck().ack('client').exchange().rst('server'),
      connections: [{ close: 'rst', aborter: 'server', 'ct.count': 1, 'rst.count.clt': 1, 'rst.count.srv': 1 }],
      totals: { 'attempt.count': 1, 'close.rst': 1 },
    },
    'counts what the server repeats of the connection of before': {
      packets: () => {
        const before = { sequence, acknowledgement };
        const fin = (packets: Talk) => packets.segment('server', FIN | ACK, 0, before);
        return fin(fin(fin(talk().syn()).wait(1)).wait(2));
      },
      connections: [{ 'retrans.count.srv': 2, 'fin.count.srv': 3 }],
    },
    'is an aborted setup when it does not come again': {
      packets: () => recovered(),
      connections: [{ close: 'setupabort', aborter: 'client', stage: 'post_syn', closer: 'client' }],
      totals: { 'attempt.count': 1, 'setupabort.clt': 1, 'noanswer.count': 0 },
    },
    'stands although the client sends nothing but its SYN again': {
      packets: () =>
        talk()
          .syn()
          .segment('server', ACK, 0, { sequence, acknowledgement })
          .wait(1)
          .syn()
          .synAck()
          .ack('client')
          .exchange()
          .close('server'),
      connections: [{ close: 'fin', 'ct.count': 1, cause: 'normal' }],
      totals: { 'attempt.count': 1, 'retrans.count.srv': 0, 'retrans.count.clt': 1 },
    },
  });
}

/** The client's host has restarted and uses the ports of a connection that the server still has; all of it was captured. */
for (const wait of [1, 13]) {
  for (const [clientIsn, serverIsn] of [
    [500_000_000, 600_000_000],
    [3_000_000_000, 3_900_000_000],
    [5_000_000, 3_000_000_000],
  ] as const) {
    rules(
      `a SYN of ${clientIsn} that a server answers for a connection that stands, and that comes again ${wait} s later`,
      {
        'opens a connection of its own; the one before ended with a client that did not know it any more': {
          packets: () =>
            talk()
              .open()
              .exchange(100, 1000)
              .wait(20)
              .again(clientIsn, serverIsn)
              .syn()
              .segment('server', ACK, 0, { sequence: 10_001, acknowledgement: 1101 })
              .segment('client', RST, 0, { sequence: 1101 })
              .wait(wait)
              .syn()
              .synAck()
              .ack('client')
              .exchange()
              .close('client'),
          connections: [
            { close: 'rst', aborter: 'client', cause: 'dead-peer', 'syn.count': 1, 'ct.count': 1 },
            { close: 'fin', aborter: null, cause: 'normal', 'syn.count': 2, 'ct.count': 1 },
          ],
          totals: { 'attempt.count': 2, 'ct.count': 2, 'retrans.count.clt': 1, 'retrans.count.srv': 0 },
        },
      }
    );
  }
}
