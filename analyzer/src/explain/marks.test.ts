import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { pcap } from '../../../test/traffic/capture-file.js';
import { ACK, PSH, RST, SYN } from '../../../test/traffic/frame.js';
import { Scratch } from '../../../test/traffic/read-back.js';
import { talk, type Talk } from '../../../test/traffic/talk.js';
import { explained, stepsOf } from './explain-fixture.js';

const scratch = new Scratch();
after(() => scratch.remove());

/** The marks of every packet: kinds, and what is said. */
const isn = 5000;

async function marksOf({ packets }: Pick<Talk, 'packets'>): Promise<Array<ReadonlyArray<readonly [string, string]>>> {
  const path = scratch.write(pcap(packets, { nanoseconds: true }), 'marks.pcap');
  const steps = stepsOf(await explained(path, null));
  assert.equal(steps.length, packets.length);
  return steps.map(({ marks }) => marks.map(({ kind, text }) => [kind, text] as const));
}

/** What is said of the last packet. */
async function last(of: Talk): Promise<ReadonlyArray<readonly [string, string]>> {
  return (await marksOf(of)).at(-1) ?? [];
}

describe('marks of packets', () => {
  const table: ReadonlyArray<readonly [fact: string, of: Talk, marks: ReadonlyArray<readonly [string, string]>]> = [
    ['a plain acknowledgement is not remarkable', talk().open().exchange(), []],
    [
      'the handshake tells both its legs',
      talk().syn().wait(0.009).synAck().ack('client'),
      [['handshake', 'handshake in 11.0 ms: 10.0 ms to the server, 1.00 ms to the client']],
    ],
    [
      'a SYN once more is counted',
      talk().syn().wait(0.999).repeat(),
      [['syn-again', 'SYN no. 2, 1.0 s after the one before']],
    ],
    [
      'the first data of the server tell how long they took',
      talk().open().send('client', 10).wait(0.499).send('server', 20),
      [['first-data', "first data of the server, 500 ms after the client's"]],
    ],
    [
      'data that nobody acknowledged come again',
      talk().open().send('client', 10).wait(0.199).repeat(),
      [['retransmission', '10 bytes again, no acknowledgement for 200 ms']],
    ],
    [
      'data that were acknowledged come again',
      talk().open().send('client', 10).ack('server').send('client', 10, { sequence: 1001 }),
      [['retransmission', '10 bytes again, though acknowledged']],
    ],
    [
      'duplicate ACKs ask for data',
      talk().open().send('client', 10).ack('server').send('client', 10).ack('server', { acknowledgement: 1011 }),
      [['duplicate-ack', 'no. 1, asks for 11 again']],
    ],
    [
      'a gap is as long as what is missing',
      talk().open().send('client', 10, { sequence: 1101 }),
      [
        ['gap', '100 bytes before it were not captured, or come later'],
        ['first-data', 'first data of the client'],
      ],
    ],
    [
      'what fills a gap is out of order',
      talk().open().send('client', 10, { sequence: 1011 }).send('client', 10, { sequence: 1001 }),
      [['out-of-order', 'fills a hole in what came before it']],
    ],
    [
      'a keep-alive asks',
      talk().open().exchange().ack('client', { sequence: 1100 }),
      [['keep-alive', 'asks whether the peer still lives']],
    ],
    [
      'and is answered',
      talk().open().exchange().ack('client', { sequence: 1100 }).ack('server'),
      [['keep-alive-answer', 'it does']],
    ],
    [
      'a window of 0 says who has stopped reading',
      talk().open().send('server', 100).ack('client', { window: 0 }),
      [['zero-window', 'zero window: the client has stopped reading, 100 bytes of the server not acknowledged']],
    ],
    [
      'a window opens again',
      talk().open().send('server', 100).ack('client', { window: 0 }).wait(0.999).ack('client'),
      [['window-open', 'room again after 1.0 s']],
    ],
    ['silence is told', talk().open().exchange().wait(62).send('client', 5), [['silence', '1 min 2 s of silence']]],
    [
      'the first FIN tells what it leaves open',
      talk()
        .open()
        .send('client', 5)
        .send('server', 1000, { acknowledgement: 1001 })
        .fin('client', { acknowledgement: 9001 }),
      [
        [
          'fin',
          'the client closes first; 5 bytes of its own not acknowledged yet; 1,000 bytes of the server not acknowledged',
        ],
      ],
    ],
    ['the last acknowledgement closes', talk().open().close('server'), [['closed', 'closed on both sides']]],
    [
      'a closed port refuses',
      talk().syn().refuse(),
      [['reset', 'refuses: number 0 and an ACK of the SYN, as a closed port answers']],
    ],
    [
      'a RST that acknowledges something else than the SYN is no closed port',
      talk({ clientIsn: isn })
        .syn()
        .segment('server', RST | ACK, 0, { sequence: 0, acknowledgement: isn, window: 0 }),
      [['reset', 'acknowledges 0, not the SYN: no closed port answers so']],
    ],
    [
      'numbers from before the SYN acknowledge nothing',
      talk({ clientIsn: isn })
        .syn()
        .segment('server', SYN | ACK, 0, { acknowledgement: isn - 1000 })
        .stateless('client'),
      [['reset', 'no ACK, the shape of an answer to a stray packet: knows no such connection']],
    ],
    [
      'a deliberate abort is in sequence',
      talk().open().send('client', 5).ack('server').rst('server'),
      [['reset', 'ACK and in sequence, the shape of a deliberate abort']],
    ],
    [
      'a RST without ACK comes from a host without the connection',
      talk().open().send('client', 5).stateless('server'),
      [
        [
          'reset',
          'no ACK, the shape of an answer to a stray packet: knows no such connection; 5 bytes of the client not acknowledged',
        ],
      ],
    ],
    [
      'a RST from somewhere else has another TTL',
      talk().open().exchange().rst('server', { ttl: 61 }),
      [['reset', 'ACK and in sequence, the shape of a deliberate abort; TTL 61, its other packets had 60']],
    ],
    [
      'a RST far from the stream says how far',
      talk()
        .open()
        .exchange()
        .rst('server', { sequence: 9001 + 1000 + 4096 }),
      [['reset', 'ACK, but its number is 4,096 bytes ahead of what it has sent']],
    ],
    [
      'a RST of many is counted',
      talk().open().send('client', 5).stateless('server').stateless('server'),
      [['reset', 'no. 2 of the server, like the one before']],
    ],
    [
      'data after a FIN say how late they are',
      talk().open().fin('client').send('server', 100),
      [
        ['first-data', 'first data of the server'],
        ['late-data', "100 bytes of new data 1.00 ms after the client's FIN"],
      ],
    ],
    [
      'data after a RST say how late they are',
      talk().open().rst('client').send('server', 100),
      [
        ['first-data', 'first data of the server'],
        ['late-data', "100 bytes of new data 1.00 ms after the client's RST"],
      ],
    ],
    [
      'flags that contradict each other are told',
      talk().segment('client', SYN | RST, 0),
      [
        ['malformed', 'flags that contradict each other'],
        ['reset', 'no ACK, the shape of an answer to a stray packet: knows no such connection'],
      ],
    ],
  ];
  for (const [fact, of, marks] of table) {
    test(fact, async () => assert.deepEqual(await last(of), marks));
  }

  test('three duplicate ACKs make a fast retransmission', async () => {
    const asking = talk().open().send('client', 10).ack('server').send('client', 10, { sequence: 1021 });
    const again = { acknowledgement: 1011 };
    asking.ack('server', again).ack('server', again).ack('server', again).send('client', 10, { sequence: 1021 });
    assert.deepEqual(await last(asking), [['retransmission', '10 bytes again, asked for by 3 duplicate ACKs']]);
  });

  test('a clock that is set back makes no times below zero', async () => {
    const back = (of: Talk) => of.wait(-0.01);
    const talks: ReadonlyArray<readonly [of: Talk, text: string]> = [
      [back(talk().syn()).repeat(), 'SYN no. 2'],
      [back(talk().syn().synAck()).ack('client'), 'handshake, captured out of order'],
      [back(talk().open().send('client', 10)).send('server', 20), 'first data of the server'],
      [back(talk().open().ack('client', { window: 0 })).ack('client'), 'room again'],
      [back(talk().open().rst('server')).send('client', 10), "10 bytes of new data after the server's RST"],
      [
        back(talk().open().wait(0.005).fin('client')).ack('server').wait(0.001).send('server', 10),
        "10 bytes of new data after the client's FIN",
      ],
    ];
    for (const [of, text] of talks) {
      const texts = (await last(of)).map(([, words]) => words);
      assert.ok(texts.includes(text), texts.join());
    }
  });

  test('numbers are counted from the SYN of each side, and mid-stream from 1, as in Wireshark', async () => {
    const numbers = async ({ packets }: Talk) =>
      stepsOf(await explained(scratch.write(pcap(packets), 'numbers.pcap'), null)).map((step) => [
        step.sequence,
        step.acknowledgement,
      ]);
    assert.deepEqual(await numbers(talk({ clientIsn: 0xffff_fffe }).open().send('client', 10).ack('server')), [
      [0, null],
      [0, 1],
      [1, 1],
      [1, 1],
      [1, 11],
    ]);
    assert.deepEqual(await numbers(talk().segment('client', PSH | ACK, 5, { acknowledgement: 77 })), [[1, 1]]);
  });
});

describe('packets that two mirror ports delivered', () => {
  const { packets } = talk().open().exchange().fin('client').ack('server').fin('server').ack('client');
  // 50 µs later once more, with the tag of the other port.
  const copies = packets.map(({ time, frame }) => ({
    time: time + 50_000n,
    frame: Uint8Array.from([...frame.subarray(0, 12), 0x81, 0, 0, 9, ...frame.subarray(12)]),
  }));
  const both = [...packets, ...copies].sort((a, b) => Number(a.time - b.time));
  const path = scratch.write(pcap(both, { nanoseconds: true }), 'mirrored.pcap');

  test('are shown once where copies are left out, as they are counted', async () => {
    const slice = `${path}.slice.pcap`;
    const explanation = await explained(path, null, slice, true, 'auto');
    assert.equal(stepsOf(explanation).length, packets.length);
    assert.equal(
      (explanation.facts['packets.clt'] as number) + (explanation.facts['packets.srv'] as number),
      packets.length
    );
    assert.equal(stepsOf(await explained(slice, null)).length, packets.length);
  });

  test('are all shown where every packet counts', async () => {
    assert.equal(stepsOf(await explained(path, null)).length, both.length);
  });
});
