import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Limiter } from './limiter.js';

test('as many run as there are places, the others in their order', async () => {
  const limiter = new Limiter(2, 10);
  const order: number[] = [];
  const leave1 = await limiter.enter();
  const leave2 = await limiter.enter();
  const third = limiter.enter().then((leave) => {
    order.push(3);
    return leave;
  });
  const fourth = limiter.enter().then((leave) => {
    order.push(4);
    return leave;
  });
  assert.deepEqual([limiter.running, limiter.queued], [2, 2]);
  leave1();
  const leave3 = await third;
  assert.deepEqual(order, [3]);
  leave2();
  const leave4 = await fourth;
  assert.deepEqual(order, [3, 4]);
  leave3();
  leave4();
  assert.deepEqual([limiter.running, limiter.queued], [0, 0]);
});

test('a place is given back once, however often that is said', async () => {
  const limiter = new Limiter(1, 0);
  const leave = await limiter.enter();
  leave();
  leave();
  assert.equal(limiter.running, 0);
});

test('a full queue refuses with the number of those who wait', async () => {
  const limiter = new Limiter(1, 1);
  const leave = await limiter.enter();
  const waiting = limiter.enter();
  await assert.rejects(limiter.enter(), { code: 'TCPS_E_STORE_BUSY', message: /^1 queries run and 1 wait already/ });
  leave();
  (await waiting)();
});

test('who loses interest while waiting makes room', async () => {
  const limiter = new Limiter(1, 1);
  const leave = await limiter.enter();
  const controller = new AbortController();
  const waiting = limiter.enter(controller.signal);
  controller.abort(new Error('gone'));
  await assert.rejects(waiting, /gone/);
  assert.equal(limiter.queued, 0);
  await assert.rejects(limiter.enter(controller.signal), /gone/);
  leave();
  assert.equal(limiter.running, 0);
});
