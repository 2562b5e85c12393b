import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Flights } from './flights.js';

/** An execution that ends when it is told to. */
function execution() {
  const seen: AbortSignal[] = [];
  let finish: (value: string) => void = () => undefined;
  let fail: (error: Error) => void = () => undefined;
  const start = (signal: AbortSignal) => {
    seen.push(signal);
    return new Promise<string>((resolve, reject) => {
      finish = resolve;
      fail = reject;
    });
  };
  return { seen, start, finish: (value: string) => finish(value), fail: (error: Error) => fail(error) };
}

test('those who ask the same at the same time share one execution', async () => {
  const flights = new Flights<string>();
  const { seen, start, finish } = execution();
  const all = [1, 2, 3].map(() => flights.join('k', undefined, start));
  finish('answer');
  assert.deepEqual(await Promise.all(all), ['answer', 'answer', 'answer']);
  assert.equal(seen.length, 1);
  assert.equal(flights.shared, 2);
  assert.equal(flights.size, 0);
});

test('who leaves does not take the answer away from the others', async () => {
  const flights = new Flights<string>();
  const { seen, start, finish } = execution();
  const leaving = new AbortController();
  const first = flights.join('k', leaving.signal, start);
  const second = flights.join('k', new AbortController().signal, start);
  leaving.abort(new Error('left'));
  await assert.rejects(first, /left/);
  assert.equal(seen[0]?.aborted, false);
  finish('answer');
  assert.equal(await second, 'answer');
});

test('when everybody has left, the execution is stopped and the next one starts anew', async () => {
  const flights = new Flights<string>();
  const { seen, start, finish } = execution();
  const leaving = new AbortController();
  const first = flights.join('k', leaving.signal, start);
  leaving.abort(new Error('left'));
  await assert.rejects(first, /left/);
  assert.equal(seen[0]?.aborted, true);
  const next = flights.join('k', undefined, start);
  finish('again');
  assert.equal(await next, 'again');
  assert.equal(seen.length, 2);
});

test('an error reaches everybody and is not remembered', async () => {
  const flights = new Flights<string>();
  const { start, fail, finish } = execution();
  const both = [flights.join('k', undefined, start), flights.join('k', undefined, start)];
  fail(new Error('broken'));
  for (const one of both) {
    await assert.rejects(one, /broken/);
  }
  const next = flights.join('k', undefined, start);
  finish('well');
  assert.equal(await next, 'well');
});

test('who has left already does not start anything', () => {
  const flights = new Flights<string>();
  const { seen, start } = execution();
  assert.throws(() => flights.join('k', AbortSignal.abort(new Error('gone')), start), /gone/);
  assert.equal(seen.length, 0);
});
