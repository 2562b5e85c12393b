import assert from 'node:assert/strict';
import { test } from 'node:test';
import { analyze } from '../../../test/traffic/analyze.js';
import { rules } from '../../../test/traffic/rule.js';
import { talk, together } from '../../../test/traffic/talk.js';

const FORBIDDEN = 13;
const router = '10.0.0.254';

rules('ICMP messages that a segment could not be delivered', {
  'an attempt that is forbidden is unanswered, and counted apart, once': {
    packets: () => talk().syn().unreachable(FORBIDDEN, router).wait(1).syn().unreachable(FORBIDDEN, router),
    connections: [{ close: 'noanswer', 'packets.clt': 2, 'packets.srv': 0, 'syn.count': 2, cause: 'rejected-on-path' }],
    totals: { 'unreachable.count': 1, 'noanswer.count': 1, 'refused.count': 0, packets: 2 },
  },
  'of IPv6, too': {
    packets: () =>
      talk({ client: '[2001:db8::1]:40000', server: '[2001:db8::2]:80' }).syn().unreachable(1, '2001:db8::fe'),
    connections: [{ close: 'noanswer', cause: 'rejected-on-path' }],
    totals: { 'unreachable.count': 1 },
  },
  "the host's own word is a refusal": {
    packets: () => talk().syn().unreachable(3),
    connections: [{ close: 'noanswer', cause: 'refused' }],
    totals: { 'unreachable.count': 1 },
  },
  'a host that cannot be reached gives no answer': {
    packets: () => talk().syn().unreachable(1, router),
    connections: [{ close: 'noanswer', cause: 'no-answer' }],
    totals: { 'unreachable.count': 1 },
  },
  'a connection goes on after such a message': {
    packets: () => talk().open().send('client', 100).unreachable(1, router).ack('server').close('client'),
    connections: [{ close: 'fin', 'packets.clt': 5, 'packets.srv': 3 }],
    totals: { 'unreachable.count': 0 },
  },
  'an attempt that is answered later was said no to all the same': {
    packets: () => talk().syn().unreachable(1, router).wait(1).syn().synAck().ack('client').close('client'),
    connections: [{ close: 'fin' }],
    totals: { 'unreachable.count': 1, 'ct.count': 1 },
  },
  'a message about a number that the client never sent is not believed': {
    packets: () => {
      const forged = talk({ clientIsn: 900_000 }).syn().unreachable(FORBIDDEN, router).packets[1]!;
      const { packets } = talk().syn();
      return [...packets, { ...forged, time: packets[0]!.time + 1000n }];
    },
    connections: [{ close: 'noanswer', cause: 'no-answer' }],
    totals: { 'unreachable.count': 0 },
  },
  'a message about a connection that was not captured begins none': {
    packets: () => talk().syn().unreachable(FORBIDDEN, router).packets.slice(1),
    connections: [],
    totals: { 'unreachable.count': 0, packets: 0 },
  },
  'an attempt that waits beside a connection is told from it by its number': {
    packets: () =>
      talk().open().exchange().wait(5).again(7_000_000, 9_000_000).syn().unreachable(FORBIDDEN, router).packets,
    connections: [{ close: 'open' }, { close: 'noanswer', cause: 'rejected-on-path' }],
    totals: { 'unreachable.count': 1 },
  },
  'it is counted in the window in which it comes': {
    packets: () => talk().syn().wait(12).unreachable(1, router),
    connections: [{ close: 'noanswer' }],
    windows: [
      { after: 0, 'syn.count': 1, 'unreachable.count': 0 },
      { after: 10, 'syn.count': 0, 'unreachable.count': 1 },
    ],
  },
});

test('the evidence names who said so, and how often', () => {
  const { connections } = analyze(
    talk().syn().unreachable(FORBIDDEN, router).wait(1).syn().unreachable(FORBIDDEN, router)
  );
  assert.match(
    JSON.stringify(connections[0]),
    /10\.0\.0\.254, which is not the server, says by ICMP that a rule forbids it \(2 messages\)/
  );
});

test('whoever looks for copies leaves the messages alone', () => {
  const attempt = () => talk().syn().unreachable(FORBIDDEN, router);
  const { totals, packets } = analyze(together(attempt(), attempt()), { dedup: 'on' });
  assert.equal(totals['unreachable.count'], 1);
  assert.equal(packets.undecoded.not_tcp, 2);
});
