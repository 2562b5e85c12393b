import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorKinds } from '../errors.js';
import { Session } from './session.js';

const store = { select: assert.fail, selectUnread: assert.fail };
/** Ends when it is given up. */
const endless = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => {
    const give = () => reject(signal.reason as Error);
    return signal.aborted ? give() : signal.addEventListener('abort', give);
  });

test('work beside the statements is given up when the time of the question is over', async () => {
  let now = 1000;
  const session = new Session(store, 30, () => now, undefined);
  assert.equal(await session.within(async (signal) => signal.aborted), false);
  now += 29_999;
  await assert.rejects(session.within(endless), { code: errorKinds.queryTimeout.code });
  now += 60_000;
  await assert.rejects(session.within(endless), { code: errorKinds.queryTimeout.code });
});

test('work beside the statements is given up when nobody waits for it any more', async () => {
  const leaving = new AbortController();
  const session = new Session(store, 30, () => 0, leaving.signal);
  const working = session.within(endless);
  leaving.abort();
  await assert.rejects(working, { code: errorKinds.queryCancelled.code });
  await assert.rejects(session.within(endless), { code: errorKinds.queryCancelled.code });
});
