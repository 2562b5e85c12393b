import assert from 'node:assert/strict';
import { test } from 'node:test';
import { analyze } from '../../../../test/traffic/analyze.js';
import { ACK } from '../../../../test/traffic/frame.js';
import { talk, together, type Talk } from '../../../../test/traffic/talk.js';

/** Five clients that upload to one server, each a little later than the one before. */
const five = (rest: (one: Talk, i: number) => Talk) =>
  together(
    ...Array.from({ length: 5 }, (_, i) =>
      rest(
        talk({ client: `10.0.1.${i + 1}:40000`, start: 1_700_000_000 + 3 * i })
          .open()
          .send('client', 1400),
        i
      )
    )
  );
const closed = { window: 0 };
/** The server's window closes, and two probes find it closed still. */
const stalls = (one: Talk) => {
  one.ack('server', closed);
  for (const wait of [0.3, 0.6]) {
    one.wait(wait).segment('client', ACK, 0, { sequence: 2400 }).ack('server', closed);
  }
  return one.wait(1);
};
const found = (packets: ReturnType<typeof five>) =>
  analyze(packets).findings.flatMap(({ kind, text }) => (kind === 'server-stalled' ? [text] : []));

test('a server whose window stays closed until its clients reset is stalled, and the zero windows are counted', () => {
  assert.deepEqual(found(five((one) => stalls(one).rst('client'))), [
    '10.0.0.2:80 stopped reading on 5 connections that did not end well: in 15 of its segments there it announced a window of 0',
  ]);
});

test('… also when they give up with data left to send', () => {
  assert.equal(found(five((one) => stalls(one).send('client', 1400).wait(1).rst('client'))).length, 1);
});

test('a server that reads on and closes in order has not stalled', () => {
  assert.deepEqual(
    found(five((one) => stalls(one).ack('server').send('server', 200).ack('client').close('client'))),
    []
  );
});

test('a reset without a closed window has another reason', () => {
  assert.deepEqual(found(five((one) => one.ack('server').wait(2).rst('client'))), []);
});

test('a client that stops reading is not the server', () => {
  assert.deepEqual(
    found(five((one) => one.ack('server').send('server', 1400).ack('client', closed).wait(1).rst('client'))),
    []
  );
});

test('the window of a RST says nothing', () => {
  assert.deepEqual(found(five((one) => one.ack('server').wait(1).rst('server', closed))), []);
});
