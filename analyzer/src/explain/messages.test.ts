import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { pcap } from '../../../test/traffic/capture-file.js';
import { Scratch } from '../../../test/traffic/read-back.js';
import { talk, together } from '../../../test/traffic/talk.js';
import { connectionsOfFile, explained } from './explain-fixture.js';
import { explanationJson } from './json.js';
import { explanationText } from './page.js';

const scratch = new Scratch();
after(() => scratch.remove());

const router = '10.0.0.254';
/** A connection, then two attempts on its ports that a router forbids; beside them another host's attempt, forbidden too. */
const path = scratch.write(
  pcap(
    together(
      talk()
        .open()
        .exchange()
        .close('client')
        .wait(30)
        .again(70_000, 90_000)
        .syn()
        .unreachable(13, router)
        .wait(100)
        .again(80_000, 90_000)
        .syn()
        .unreachable(1, router),
      talk({ client: '10.0.0.9:40000', start: 1_700_000_030.5 }).syn().unreachable(13, router)
    ),
    { nanoseconds: true }
  )
);
const attempt = '10.0.0.1:40000 > 10.0.0.2:80';

/** Explains one of the three connections of the ports, in order. */
async function explain(which: number, slice: string | null = null) {
  const all = (await connectionsOfFile(path)).filter(({ tuple }) => tuple === attempt);
  return explained(path, all[which]!.id, slice);
}

test('a message is shown with the connection that it is about, and with no other of its ports', async () => {
  const texts = await Promise.all(
    [0, 1, 2].map(async (which) => (await explain(which)).messages.shown.map(({ text }) => text))
  );
  assert.deepEqual(texts, [
    [],
    [`${router}, which is not the server, says by ICMP that a rule forbids it`],
    [`${router}, which is not the server, says by ICMP that the host cannot be reached`],
  ]);
});

test('the page says when it came, and in which packet; JSON, too', async () => {
  const explanation = await explain(1);
  const page = explanationText(explanation, { color: false, source: 'forbidden.pcap' });
  assert.match(page, /Messages about it\n {2}0\.001000 {2}packet 12: 10\.0\.0\.254, which is not the server, says/);
  assert.deepEqual(
    explanationJson(explanation).messages.map(({ packet, about }) => ({ packet, about })),
    [{ packet: 12, about: 'client' }]
  );
});

test('a message that the verdict does not believe is not shown', async () => {
  const forged = talk({ clientIsn: 900_000 }).syn().unreachable(13, router).packets[1]!;
  const { packets } = talk().syn();
  const file = scratch.write(pcap([...packets, { ...forged, time: packets[0]!.time + 1000n }], { nanoseconds: true }));
  const { verdict, messages } = await explained(file, null);
  assert.equal(verdict?.cause, 'no-answer');
  assert.deepEqual(messages.shown, []);
});

test('of many messages the first are shown, and the others counted', async () => {
  const [syn, message] = talk().syn().unreachable(13, router).packets;
  const again = Array.from({ length: 30 }, (_, i) => ({ ...message!, time: message!.time + BigInt(i) * 1_000_000n }));
  const explanation = await explained(scratch.write(pcap([syn!, ...again])), null);
  assert.deepEqual([explanation.messages.shown.length, explanation.messages.more], [20, 10]);
  assert.match(explanationText(explanation, { color: false, source: '' }), /\n {2}and 10 more\n/);
});

test('the Wireshark filter shows it, of a connection with a message alone', async () => {
  assert.match((await explain(0)).displayFilter, /!icmp/);
  const { displayFilter } = await explain(1);
  assert.doesNotMatch(displayFilter, /icmp/);
});

test('a slice has it, so that the slice is explained alike', async () => {
  const slice = join(scratch.folder, 'slice.pcap');
  const { verdict } = await explain(1, slice);
  const again = await explained(slice, null);
  assert.equal(verdict?.cause, 'rejected-on-path');
  // How long nothing came is no longer known, but who said no is.
  assert.equal(again.verdict?.cause, verdict?.cause);
  assert.deepEqual(again.verdict?.evidence, verdict?.evidence);
  assert.equal(again.messages.shown.length, 1);
});
