import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { analyze, pick } from '../../../test/traffic/analyze.js';
import { ACK, FIN, PSH, RST } from '../../../test/traffic/frame.js';
import { talk, type Side, type Talk } from '../../../test/traffic/talk.js';

type Counts = Record<string, number>;

/** Counts of zero windows and duplicate acknowledgements that must come out; what is not named must be 0. */
function counts(given: Counts): Counts {
  const names = ['zerowindow.count.clt', 'zerowindow.count.srv', 'dupack.count.clt', 'dupack.count.srv'];
  return Object.fromEntries(names.map((name) => [name, given[name] ?? 0]));
}

/** The one connection, the totals and the windows all say the same. */
function check(packets: Talk, given: Counts): void {
  const expected = counts(given);
  const { connections, totals, windows } = analyze(packets);
  assert.equal(connections.length, 1);
  assert.deepEqual(pick(connections[0] ?? {}, expected), expected, 'connection');
  assert.deepEqual(pick(totals, expected), expected, 'totals');
  for (const [name, value] of Object.entries(expected)) {
    const sum = windows.reduce((all, row) => all + (row.counters[name] ?? 0), 0);
    assert.equal(sum, value, `${name} of windows`);
  }
}

/** A connection on which the client sends four segments of 100 bytes, of which the server has got the first one. */
function inFlight(): Talk {
  const all = talk().open().exchange(100, 100);
  for (let i = 0; i < 4; i++) {
    all.send('client', 100);
  }
  return all.ack('server', { acknowledgement: 1201 });
}

const again = { acknowledgement: 1201 };

/** The server acknowledges the same twice more, announcing these windows. */
const announcing = (first: number, second: number) => () =>
  inFlight()
    .ack('server', { ...again, window: first })
    .ack('server', { ...again, window: second });

const zeroWindows: Readonly<Record<string, readonly [() => Talk, Counts]>> = {
  'each segment with a window of 0 counts at the side that sends it': [
    () => talk().open().send('client', 100).ack('server', { window: 0 }).ack('server', { window: 0 }).ack('server'),
    { 'zerowindow.count.srv': 2 },
  ],
  'data with a window of 0 count, too': [
    () => talk().open().send('client', 100, { window: 0 }).ack('server'),
    { 'zerowindow.count.clt': 1 },
  ],
  'a window of 1 is none of 0': [() => talk().open().send('client', 100).ack('server', { window: 1 }), {}],
  'the window of a SYN, a FIN or a RST means nothing': [
    () =>
      talk()
        .syn({ window: 0 })
        .synAck({ window: 0 })
        .ack('client')
        .exchange()
        .fin('client', { window: 0 })
        .ack('server')
        .rst('server', { window: 0 }),
    {},
  ],
  'zero windows count in the window of 10 s of their packets': [
    () =>
      talk()
        .open()
        .send('client', 100)
        .ack('server', { window: 0 })
        .wait(15)
        .segment('client', ACK, 0, { sequence: 1100 })
        .ack('server', { window: 0 }),
    { 'zerowindow.count.srv': 2 },
  ],
};

const duplicates: Readonly<Record<string, readonly [() => Talk, Counts]>> = {
  'the same acknowledgement again is a duplicate while the peer has data outstanding': [
    () => inFlight().ack('server', again).ack('server', again).ack('server', again),
    { 'dupack.count.srv': 3 },
  ],
  '… and of the client when it is the receiver': [
    () =>
      talk()
        .open()
        .exchange()
        .send('server', 100)
        .send('server', 100)
        .ack('client', { acknowledgement: 10_101 })
        .ack('client', { acknowledgement: 10_101 }),
    { 'dupack.count.clt': 1 },
  ],
  '… also as the first segment of a window of 10 s': [
    () => inFlight().wait(11).ack('server', again).wait(11).ack('server', again),
    { 'dupack.count.srv': 2 },
  ],
  '… also with a window so small that the sender looks stalled': [announcing(2, 2), { 'dupack.count.srv': 1 }],
  'nothing is duplicate when nothing is outstanding': [
    () => talk().open().send('client', 100).ack('server').ack('server').ack('server'),
    {},
  ],
  'another window makes it a window update': [announcing(500, 600), {}],
  '… and the same window after it a duplicate': [announcing(500, 500), { 'dupack.count.srv': 1 }],
  'a segment with data is none': [() => inFlight().send('server', 10, again).send('server', 10, again), {}],
  'a SYN or FIN is none': [() => inFlight().fin('server', again), {}],
  'a RST is none': [() => inFlight().rst('server', again), {}],
  'an acknowledgement below the greatest is an old one': [
    () => inFlight().ack('server', { acknowledgement: 1101 }).ack('server', { acknowledgement: 1101 }),
    {},
  ],
  'a window of 0 answers a window probe': [announcing(0, 0), { 'zerowindow.count.srv': 2 }],
  'a keep-alive is none': [
    () =>
      inFlight()
        .wait(3)
        .segment('server', ACK, 0, { ...again, sequence: 9100 }),
    {},
  ],
  'an acknowledgement of which only one direction was captured says nothing about what is outstanding': [
    () => talk().ack('server', again).ack('server', again).ack('server', again),
    {},
  ],
};

describe('zero windows', () => {
  for (const [name, [packets, expected]] of Object.entries(zeroWindows)) {
    test(name, () => check(packets(), expected));
  }
});

describe('duplicate acknowledgements', () => {
  for (const [name, [packets, expected]] of Object.entries(duplicates)) {
    test(name, () => check(packets(), expected));
  }

  test('more RSTs than a packed total holds are all counted', () => {
    const all = talk({ step: 0.00001 }).open().exchange();
    for (let i = 0; i < 70_000; i++) {
      all.stateless('server');
    }
    const { connections } = analyze(all);
    assert.deepEqual(
      connections.map((row) => row['rst.count.srv']),
      [70_000]
    );
  });
});

interface Step {
  readonly side: Side;
  readonly length: number;
  readonly flags: number;
  /** How many bytes of what the peer has sent stay unacknowledged. */
  readonly behind: number;
  readonly window: number;
  readonly wait: number;
}

/** The definitions of signals.ts, worked out with plain numbers. */
function expectedOf(steps: readonly Step[]): Counts {
  const result = counts({});
  const next = { client: 1001, server: 9001 };
  const acked = { client: 9001, server: 1001 };
  // The windows of the last segments of `open`.
  const window = { client: 64_240, server: 64_240 };
  for (const { side, length, flags, behind, window: announced } of steps) {
    const peer = side === 'client' ? 'server' : 'client';
    const suffix = side === 'client' ? 'clt' : 'srv';
    const acknowledgement = next[peer] - behind;
    if ((flags & (FIN | RST)) === 0) {
      if (announced === 0) {
        result[`zerowindow.count.${suffix}`]!++;
      }
      if (
        length === 0 &&
        announced !== 0 &&
        acknowledgement === acked[side] &&
        announced === window[side] &&
        acknowledgement < next[peer]
      ) {
        result[`dupack.count.${suffix}`]!++;
      }
    }
    if ((flags & RST) === 0) {
      window[side] = announced;
      acked[side] = Math.max(acked[side], acknowledgement);
      next[side] += length + (flags & FIN);
    }
  }
  return result;
}

test('counts are those of the definitions, whatever way a segment takes', () => {
  const step = fc.record({
    side: fc.constantFrom<Side>('client', 'server'),
    length: fc.constantFrom(0, 0, 0, 50),
    flags: fc.constantFrom(ACK, ACK, ACK, ACK, ACK | PSH),
    behind: fc.constantFrom(0, 50, 50, 100),
    window: fc.constantFrom(0, 1, 400, 400, 400, 500),
    wait: fc.constantFrom(0, 0, 0, 0, 1, 3, 11),
  });
  const end = fc.constantFrom<readonly number[]>([], [FIN | ACK], [RST | ACK], [FIN | ACK, ACK]);
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), end, (begun, flags) => {
      const last = flags.map((one): Step => ({ ...LAST, flags: one }));
      const steps = [...begun, ...last];
      const all = talk().open();
      const sent = { client: 1001, server: 9001 };
      const own: Step[] = [];
      for (const one of steps) {
        const peer = one.side === 'client' ? 'server' : 'client';
        // No number below the first one.
        const behind = Math.min(one.behind, sent[peer] - (peer === 'client' ? 1001 : 9001));
        const { side, length, window, wait } = one;
        all.wait(wait).segment(side, one.flags, length, { acknowledgement: sent[peer] - behind, window });
        sent[side] += (one.flags & RST) === 0 ? length + (one.flags & FIN) : 0;
        own.push({ ...one, behind });
      }
      check(all, expectedOf(own));
    }),
    { numRuns: 150 }
  );
});

const LAST: Step = { side: 'server', length: 0, flags: ACK, behind: 50, window: 400, wait: 0 };
