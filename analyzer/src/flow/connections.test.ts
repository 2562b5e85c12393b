import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { analyze } from '../../../test/traffic/analyze.js';
import { ACK, SYN } from '../../../test/traffic/frame.js';
import { rules } from '../../../test/traffic/rule.js';
import { talk, together, type Talk } from '../../../test/traffic/talk.js';

const start = 1_700_000_000;

/** A connection of others, which shows that time has passed. */
const later = (seconds: number) => talk({ client: '10.0.0.9:1', server: '10.0.0.8:2', start: start + seconds }).open();

rules('how long a connection is kept (semantics b4)', {
  'a SYN that is repeated after 74 s of silence is the same attempt': {
    packets: () => talk().syn().wait(74).syn(),
    connections: [{ close: 'noanswer', 'syn.count': 2, 'attempt.count': 1 }],
    totals: { 'noanswer.count': 1 },
  },
  'a SYN that is repeated when its attempt has been decided is another attempt': {
    packets: () => talk().syn().wait(80).syn(),
    connections: [{ close: 'noanswer' }, { close: 'noanswer' }],
    totals: { 'attempt.count': 2, 'noanswer.count': 2 },
  },
  'no answer is decided, and booked, 75 s after the last SYN': {
    packets: () => together(talk({ start }).syn().wait(1).syn(), later(200)),
    connections: [{ close: 'noanswer' }, {}],
    windows: [
      { after: 0, 'syn.count': 2, 'attempt.count': 1, 'noanswer.count': 0, 'conn.count': 0 },
      { after: 70, 'syn.count': 0, 'attempt.count': 0, 'noanswer.count': 1, 'conn.count': 1 },
      { after: 200 },
    ],
  },
  'half open is decided, and booked, 75 s after the last SYN+ACK': {
    packets: () => together(talk({ start }).syn().synAck().wait(30).synAck(), later(200)),
    connections: [{ close: 'halfopen' }, {}],
    windows: [
      { after: 0, 'synack.count': 1, 'halfopen.count': 0 },
      { after: 30, 'synack.count': 1, 'halfopen.count': 0 },
      { after: 100, 'synack.count': 0, 'halfopen.count': 1 },
      { after: 200 },
    ],
  },
  'a close is booked after its linger of five seconds': {
    packets: () =>
      together(
        talk({ start: start + 6 })
          .open()
          .close('client'),
        later(60)
      ),
    connections: [{ close: 'fin' }, {}],
    windows: [
      { after: 0, 'ct.count': 1, 'fin.count.clt': 1, 'close.fin': 0, 'closer.clt': 0, 'conn.count': 0 },
      { after: 10, 'ct.count': 0, 'fin.count.clt': 0, 'close.fin': 1, 'closer.clt': 1, 'conn.count': 1 },
      { after: 60 },
    ],
  },
  'a refusal is booked after its linger of two seconds': {
    packets: () =>
      together(
        talk({ start: start + 8 })
          .syn()
          .refuse(),
        later(60)
      ),
    connections: [{ close: 'refused' }, {}],
    windows: [
      { after: 0, 'rst.count.srv': 1, 'rst.noconn.srv': 1, 'rst.conn.srv': 1, 'refused.count': 0 },
      { after: 10, 'rst.count.srv': 0, 'refused.count': 1 },
      { after: 60 },
    ],
  },
  'a refused SYN that comes again within two seconds is the same attempt, after that another one': {
    packets: () =>
      together(
        talk({ client: '10.0.0.1:1' }).syn().refuse().wait(1.6).syn().refuse(),
        talk({ client: '10.0.0.1:2', start: start + 20 })
          .syn()
          .refuse()
          .wait(5)
          .syn()
          .refuse()
      ),
    connections: [{ 'attempt.count': 1, 'syn.count': 2 }, { 'client.port': 2 }, { 'client.port': 2 }],
    totals: { 'refused.count': 3, 'attempt.count': 3 },
  },
  'an established connection may be silent for two hours': {
    packets: () => talk().open().exchange().wait(7200).exchange().close('client'),
    connections: [{ close: 'fin', 'bytes.srv': 2000, midstream: false }],
    totals: { 'unclosed.count': 0, 'midstream.count': 0 },
  },
  'what comes after more than that is a connection seen from the middle': {
    packets: () => talk({ server: '10.0.0.2:5000' }).open().exchange().wait(8000).exchange().rst('server'),
    connections: [
      { close: 'open', role: 'certain' },
      { close: 'rst', midstream: true, role: 'guess', 'server.port': 5000, ct: null },
    ],
    totals: { 'unclosed.idle': 1, 'midstream.count': 1, 'role.guess.count': 1, 'ct.count': 1, 'rst.noconn': 0 },
  },
  'keep-alives keep a connection that says nothing else': {
    packets: () => {
      const t = talk().open().exchange(100, 1000);
      for (let hour = 0; hour < 8; hour++) {
        t.wait(3600).segment('client', ACK, 0, { sequence: 1100 }).ack('server');
      }
      return t.exchange().close('client');
    },
    connections: [{ close: 'fin', midstream: false, 'bytes.clt': 200, 'retrans.count.clt': 0 }],
    totals: { 'unclosed.count': 0 },
  },
  'FINs of both sides of which one is never acknowledged are decided after 75 s': {
    packets: () => together(talk({ start }).open().fin('client').fin('server'), later(200)),
    connections: [{ close: 'fin' }, {}],
    windows: [{ after: 0, 'fin.conn.clt': 1 }, { after: 70, 'close.fin': 1, 'conn.count': 1 }, { after: 200 }],
  },
  'at the end of a capture every timer runs out, in the window of the last packet': {
    packets: () =>
      together(
        talk({ client: '10.0.0.1:1', start }).syn(),
        talk({ client: '10.0.0.1:2', start: start + 1 })
          .open()
          .fin('client'),
        talk({ client: '10.0.0.1:3', start: start + 2 })
          .syn()
          .synAck(),
        talk({ client: '10.0.0.1:4', start: start + 15 }).open()
      ),
    connections: [{ close: 'noanswer' }, { close: 'halfclosed' }, { close: 'halfopen' }, { close: 'open' }],
    totals: { 'unclosed.end': 2, 'unclosed.count': 2, 'noanswer.count': 1, 'halfopen.count': 1, 'conn.count': 4 },
    windows: [
      { after: 0, 'conn.count': 0 },
      { after: 10, 'conn.count': 4, 'noanswer.count': 1, 'halfopen.count': 1, 'unclosed.end': 2 },
    ],
  },
});

describe('when the flow table is full (semantics b4)', () => {
  /** Three connections fill the table; the fourth pushes one of them out. */
  const cases: Record<string, { old: Talk[]; gone: number; close: string; memory: number }> = {
    'the connection that was idle for longest goes, unclosed for want of memory': {
      old: [one(1).open().wait(5).exchange(), one(2).open(), one(3).open().wait(5).exchange()],
      gone: 2,
      close: 'open',
      memory: 1,
    },
    'one that has closed and lingers goes before one that idles': {
      old: [one(1).open(), one(2).open(), one(3).wait(8.5).open().close('client')],
      gone: 3,
      close: 'fin',
      memory: 0,
    },
    'an attempt without an answer goes before a connection that idles: floods push out nobody': {
      old: [one(1).open(), one(2).wait(5).syn(), one(3).open()],
      gone: 2,
      close: 'noanswer',
      memory: 0,
    },
  };
  for (const [name, { old, gone, close, memory }] of Object.entries(cases)) {
    test(name, () => {
      const before = together(...old);
      const { connections, totals, flow } = analyze([...before, ...later(10).packets], { maxConnections: 3 });
      assert.equal(flow.evicted, 1);
      assert.equal(totals['unclosed.memory'], memory);
      // The others are there until the end: they get one more packet each, and go on.
      const rest = together(
        ...[1, 2, 3].filter((port) => port !== gone).map((port) => one(port).wait(11).ack('client'))
      );
      const goOn = analyze([...before, ...later(10).packets, ...rest], { maxConnections: 3 });
      assert.equal(goOn.flow.evicted, 1);
      assert.equal(connections.find((row) => row['client.port'] === gone)?.['close'], close);
    });
  }

  test('a SYN that waits beside a connection does not push that connection out', () => {
    const t = one(1).open().segment('client', SYN, 0, { sequence: 5_000_000 });
    const { connections, flow } = analyze([...one(2).open().packets, ...t.packets], { maxConnections: 2 });
    assert.equal(flow.evicted, 1);
    assert.deepEqual(
      connections.map((row) => [row['client.port'], row['close']]),
      [
        [1, 'open'],
        [2, 'open'],
        [1, 'noanswer'],
      ]
    );
  });
});

function one(port: number): Talk {
  return talk({ client: `10.0.0.1:${port}`, start: start + port / 1e6, clientIsn: port * 1e6 });
}
