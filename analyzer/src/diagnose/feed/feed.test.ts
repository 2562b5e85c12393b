import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { pcap, type Packet } from '../../../../test/traffic/capture-file.js';
import { feedPcap } from '../../../../test/traffic/feed.js';
import { talk, together, type Talk } from '../../../../test/traffic/talk.js';
import type { ConnectionBatch } from '../../flow/index.js';
import { Pipeline } from '../../pipeline/pipeline.js';
import { Diagnoser } from '../diagnoser.js';
import { diagnoseInput } from '../diagnose-all.js';
import { diagnosisOf, poorFeedOf, surroundingsOf, type DiagnosedBatch } from '../verdicts.js';
import { explainVerdict } from '../diagnosis.js';
import { readFacts } from '../facts.js';
import { defaultFeedLimits, type FeedLimits } from './config.js';
import { addSums, noSums, type FeedSums, type FeedWindow } from './feed-window.js';

const start = 1_700_000_000;

interface Seen {
  readonly feed: readonly FeedWindow[];
  readonly sums: FeedSums;
  readonly verdicts: ReadonlyArray<{
    readonly cause: string | null;
    readonly poor: string | null;
    readonly evidence: readonly string[];
  }>;
}

function batchesOf(packets: readonly Packet[], drops: number | null = null, part?: { index: number; of: number }) {
  const batches: ConnectionBatch[] = [];
  const pipeline = new Pipeline((batch) => batch.kind === 'connections' && batches.push(batch), {
    maxConnections: 4096,
    windowConnections: 4096,
    ...(part === undefined ? {} : { part }),
  });
  pipeline.drops = drops;
  feedPcap(pcap([...packets], { nanoseconds: true }), pipeline);
  pipeline.finish();
  return batches;
}

function seenOf(batches: readonly DiagnosedBatch[], feed: readonly FeedWindow[]): Seen {
  const sums = noSums();
  feed.forEach((window) => addSums(sums, window));
  const verdicts = batches.flatMap((batch) =>
    Array.from({ length: batch.rows }, (_, row) => {
      const diagnosis = diagnosisOf(batch, row);
      const explanation = explainVerdict(diagnosis, readFacts(batch, row), surroundingsOf(batch, row));
      return {
        cause: diagnosis?.cause ?? null,
        poor: poorFeedOf(batch.verdicts, row),
        evidence: explanation?.evidence ?? [],
      };
    })
  );
  return { feed, sums, verdicts };
}

function see(packets: readonly Packet[], drops: number | null = null, limits?: Partial<FeedLimits>): Seen {
  const { batches, feed } = diagnoseInput(batchesOf(packets, drops), { ...defaultFeedLimits, ...limits });
  return seenOf(batches, feed);
}

/** Refusals: a verdict that rests on one packet. */
const refused = (at: number, i = 1) =>
  talk({ client: `10.9.0.${i}:40000`, start: at })
    .syn()
    .refuse();

/** Connections one behind the other within some 20 s, each with so many exchanges. */
function connections(count: number, exchanges: number, change: (one: Talk, i: number) => Talk = (one) => one): Talk[] {
  return Array.from({ length: count }, (_, i) => {
    const one = talk({ client: `10.0.1.${i + 1}:40000`, start: start + (i * 20) / count, step: 0.001 }).open();
    for (let exchange = 0; exchange < exchanges; exchange++) {
      one.exchange();
    }
    return change(one.close('client'), i);
  });
}

const without = (one: Talk, which: (i: number) => boolean): Talk =>
  Object.assign(one, { packets: one.packets.filter((_, i) => !which(i)) });
/** The server's answers of the first exchanges. */
const answers = (gone: number) => (i: number) => i >= 3 && i % 4 === 1 && i < 3 + 4 * gone;
/** What the client sends: SYN, ACK and its half of each exchange. */
const fromClient = (one: Talk): Talk => {
  const clients = new Set([0, 2]);
  return Object.assign(one, { packets: one.packets.filter((_, i) => clients.has(i) || i % 4 === 3 || i % 4 === 2) });
};

describe('what a window says', () => {
  interface Case {
    readonly name: string;
    readonly packets: () => Packet[];
    readonly drops?: number;
    readonly sums: Partial<FeedSums>;
  }
  const cases: Case[] = [
    {
      name: 'of a capture that has everything',
      packets: () => together(...connections(5, 2)),
      sums: { packets: 70, tcp: 70, connections: 5, oneway: 0, midstream: 0, missed: 0, guesses: 0, gapAcks: 0 },
    },
    {
      name: 'of data that are missing',
      packets: () => together(...connections(5, 2, (one) => without(one, answers(1)))),
      sums: { packets: 65, connections: 5, gapAcks: 5 },
    },
    {
      name: 'of one direction',
      packets: () => together(...connections(5, 2, (one, i) => (i < 2 ? fromClient(one) : one))),
      sums: { connections: 5, oneway: 2 },
    },
    {
      name: 'of beginnings that are missing',
      packets: () => together(...connections(5, 2, (one, i) => (i < 2 ? without(one, (at) => at < 3) : one))),
      sums: { connections: 5, midstream: 2, missed: 0, guesses: 2 },
    },
    {
      name: 'of beginnings that are missing long after the capture began',
      packets: () => [
        ...talk({ start: start - 400, client: '10.0.0.9:40009' })
          .open()
          .exchange()
          .close('client').packets,
        ...together(...connections(5, 2, (one, i) => (i < 2 ? without(one, (at) => at < 3) : one))),
      ],
      sums: { connections: 6, midstream: 2, missed: 2 },
    },
    {
      name: 'of attempts without answer and stray RSTs: nothing',
      packets: () => together(talk({ start }).syn(), talk({ start, client: '10.0.0.3:40001' }).segment('server', 4, 0)),
      sums: { connections: 0, oneway: 0 },
    },
    {
      name: 'of connections that go on at the end of a file: nothing',
      packets: () => together(talk({ start }).open().exchange()),
      sums: { connections: 0 },
    },
    { name: 'of drops', packets: () => together(...connections(5, 2)), drops: 12, sums: { drops: 12 } },
    {
      name: 'of drops that nobody tells of: null',
      packets: () => together(...connections(5, 2)),
      sums: { drops: null },
    },
    {
      name: 'of a clock that was set back',
      packets: () => [
        ...together(...connections(2, 2)),
        ...talk({ start: start - 500, client: '10.0.0.9:40009' })
          .open()
          .exchange()
          .close('client').packets,
      ],
      sums: { clockSteps: 1, connections: 3 },
    },
  ];
  for (const { name, packets, drops, sums } of cases) {
    test(name, () => {
      const { sums: all } = see(packets(), drops ?? null);
      assert.deepEqual(Object.fromEntries(Object.keys(sums).map((key) => [key, all[key as keyof FeedSums]])), sums);
    });
  }

  test('of packets that are left out at random: their share, acknowledgements being as many as segments', () => {
    let state = 1;
    const random = () => ((state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0) >>> 8) / 2 ** 24;
    const all = together(...connections(100, 20));
    for (const loss of [0.05, 0.1, 0.2]) {
      const { sums } = see(all.filter(() => random() >= loss));
      const share = sums.gapAcks / sums.acks;
      assert.ok(share > 0.7 * loss && share < 1.3 * loss, `${loss}: ${share}`);
    }
  });
});

describe('the gate', () => {
  interface Case {
    readonly measure: string;
    /** What is wrong with `part` of `whole`. */
    readonly see: (part: number, whole: number) => Seen;
    readonly fails: readonly [number, number];
    readonly passes: readonly [number, number];
    readonly tooFew: readonly [number, number];
    readonly evidence: RegExp;
  }
  const end = (...talks: Talk[]) => together(...talks, refused(start + 25));
  const cases: Case[] = [
    {
      measure: 'drops',
      see: (part, whole) => see(end(...connections((whole - part - 2) / 14, 2)), part),
      fails: [66, 1258],
      passes: [62, 1254],
      tooFew: [500, 990],
      evidence: /66 of 1258 packets were dropped before they could be read \(5\.2 %\)/,
    },
    {
      measure: 'gaps',
      see: (part, whole) => {
        const count = whole / 22;
        const gone = (i: number) => Math.floor(part / count) + Number(i < part % count);
        return see(end(...connections(count, 10, (one, i) => without(one, answers(gone(i))))));
      },
      fails: [12, 220],
      passes: [11, 220],
      tooFew: [30, 198],
      evidence: /12 of 220 acknowledgements were for data that were not captured \(5\.5 %\)/,
    },
    {
      measure: 'one direction',
      see: (part, whole) =>
        see(end(...connections(whole - 1, 2, (one, i) => (i < part ? fromClient(one) : one))), null, { gaps: 1 }),
      fails: [12, 22],
      passes: [11, 22],
      tooFew: [18, 19],
      evidence: /12 of 22 connections were captured in one direction only \(55 %\)/,
    },
    {
      measure: 'missed beginnings',
      see: (part, whole) =>
        see(
          [
            ...talk({ start: start - 400, client: '10.0.0.9:40009' })
              .open()
              .exchange()
              .close('client').packets,
            ...end(...connections(whole - 1, 2, (one, i) => (i < part ? without(one, (at) => at < 3) : one))),
          ],
          null
        ),
      fails: [12, 22],
      passes: [11, 22],
      tooFew: [18, 19],
      evidence: /12 of 22 connections began without their start being captured \(55 %\)/,
    },
  ];
  const ofRefusal = ({ verdicts }: Seen) => verdicts.find(({ cause }) => cause === 'refused');
  for (const { measure, see: make, fails, passes, tooFew, evidence } of cases) {
    test(`${measure}: above the limit a refusal cannot be told from something else`, () => {
      const seen = make(...fails);
      assert.equal(ofRefusal(seen), undefined, JSON.stringify(seen.feed));
      assert.ok(
        seen.verdicts.some(
          ({ cause, evidence: said }) => cause === 'cannot-tell' && said.some((one) => evidence.test(one))
        ),
        JSON.stringify(seen.feed)
      );
    });
    test(`${measure}: at the limit it is told`, () => {
      const seen = make(...passes);
      assert.equal(ofRefusal(seen)?.cause, 'refused', JSON.stringify(seen.feed));
      assert.equal(ofRefusal(seen)?.poor, null);
    });
    test(`${measure}: a share of few is not looked at`, () => {
      const seen = make(...tooFew);
      assert.equal(ofRefusal(seen)?.cause, 'refused', JSON.stringify(seen.feed));
    });
  }

  test('a minute later the capture is believed again', () => {
    const torn = connections(20, 10, (one) => without(one, answers(2)));
    const causes = (at: number) => {
      const { verdicts } = see(together(...torn, refused(start + at)));
      return verdicts.some(({ cause }) => cause === 'refused');
    };
    assert.equal(causes(30), false);
    assert.equal(causes(95), true);
  });

  test('an attempt is judged by the minute of its last SYN, not by that in which it is given up', () => {
    const torn = connections(20, 10, (one) => without(one, answers(2)));
    const later = Array.from({ length: 30 }, (_, i) =>
      talk({ client: `10.0.2.${i + 1}:40000`, start: start + 80 + i })
        .open()
        .exchange()
        .close('client')
    );
    const silent = talk({ client: '10.9.0.1:40000', start: start + 15 })
      .syn()
      .wait(1)
      .repeat()
      .wait(2)
      .repeat();
    const { verdicts } = see(together(...torn, silent, ...later));
    assert.ok(!verdicts.some(({ cause }) => cause === 'no-answer'));
    const whole = see(together(...connections(20, 10), silent, ...later)).verdicts;
    assert.ok(whole.some(({ cause }) => cause === 'no-answer'));
  });

  test('a capture that merely begins in the middle of everything keeps its verdicts', () => {
    const middle = connections(60, 4, (one) => without(one, (at) => at < 3));
    const { verdicts } = see(end(...middle));
    assert.ok(verdicts.every(({ poor }) => poor === null));
  });
});

test('a diagnoser says the same as one who has all, however the connections are shared', async () => {
  const packets = together(
    ...connections(40, 10, (one, i) => (i % 2 === 0 ? without(one, answers(3)) : one)),
    ...Array.from({ length: 60 }, (_, i) => refused(start + 2 * i, i + 1))
  );
  const { batches: all, feed } = diagnoseInput(batchesOf(packets));
  const expected = seenOf(all, feed);
  const gates = new Set(expected.feed.map(({ poor }) => poor !== null));
  assert.equal(gates.size, 2, 'some windows are good, some are not');
  for (const workers of [1, 2, 3]) {
    const judged: DiagnosedBatch[] = [];
    const windows: FeedWindow[] = [];
    const diagnoser = new Diagnoser({
      workers,
      patience: Infinity,
      emit: (batch) => void judged.push(batch),
      emitFeed: (some) => void windows.push(...some),
    });
    for (let index = 0; index < workers; index++) {
      for (const batch of batchesOf(packets, null, { index, of: workers })) {
        void diagnoser.take(batch, index);
      }
    }
    await diagnoser.finish();
    const seen = seenOf(judged, windows);
    assert.deepEqual(seen.feed, expected.feed, `${workers} workers`);
    const order = (one: Seen) => one.verdicts.map((verdict) => JSON.stringify(verdict)).sort();
    assert.deepEqual(order(seen), order(expected), `${workers} workers`);
  }
});
