import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { analyze } from '../../../test/traffic/analyze.js';
import { talk, together } from '../../../test/traffic/talk.js';

const start = 1_700_000_000;
/** Somebody else's packets, which show that the capture went on. */
const others = (after: number) =>
  talk({ client: '10.7.0.1:7777', start: start + after })
    .open()
    .close('client');

function endOf(what: ReturnType<typeof talk>, after: number): { cause: unknown; confidence: number; text: string } {
  const { connections } = analyze(together(what, others(after)));
  const connection = connections.find((one) => one['client.port'] !== 7777);
  assert.ok(connection !== undefined);
  const { cause, confidence, evidence } = connection;
  return { cause, confidence: Number(confidence), text: String(evidence) };
}

describe('how long an end was watched', () => {
  const attempt = () => talk({ start }).syn();
  const closing = () => talk({ start }).open().exchange().fin('client').ack('server');

  test('a SYN just before the end of the capture is less surely unanswered than one after which it goes on', () => {
    const short = endOf(attempt(), 0.4);
    const long = endOf(attempt(), 12.5);
    assert.equal(short.text, '1 SYN, nothing came back');
    assert.match(long.text, /^1 SYN, nothing came back in the 12 s after it/);
    assert.equal(long.cause, 'no-answer');
    assert.ok(short.confidence < long.confidence);
  });

  test('a FIN that is not answered says for how long', () => {
    const { cause, text } = endOf(closing(), 20.5);
    assert.equal(cause, 'half-closed');
    assert.match(text, /the client closed; the other side did not in the (19|20) s after that/);
  });

  test('a timer that ran out was a watch, too', () => {
    const { text } = endOf(attempt(), 200);
    assert.match(text, /1 SYN, nothing came back in the 1 min 1[56] s after it/);
  });
});

test('closings that are left open for a moment are no leak, those that stay open are', () => {
  const leaving = Array.from({ length: 5 }, (_, i) =>
    talk({ client: `10.0.0.${i + 1}:4000${i}`, start: start + i / 10 })
      .open()
      .exchange()
      .fin('client')
      .ack('server')
  );
  const leaks = (after: number) =>
    analyze(together(...leaving, others(after))).findings.filter(({ kind }) => kind === 'close-wait-leak');
  assert.deepEqual(leaks(2), []);
  const [leak] = leaks(30);
  assert.match(leak?.text ?? '', /^5 connections to .* never by the server, for (28|29|30) s or more$/);
});
