import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TcpscopeError } from '../errors.js';
import { parseTime, readInstants, span, windowsIn } from './range.js';

const noon = Date.UTC(2026, 0, 2, 12);

const times: ReadonlyArray<readonly [number | string, number]> = [
  [noon, noon],
  [String(noon), noon],
  [noon + 0.7, noon],
  ['2026-01-02T12:00:00Z', noon],
  ['2026-01-02t12:00:00z', noon],
  ['2026-01-02 12:00:00Z', noon],
  ['2026-01-02T13:00:00+01:00', noon],
  ['2026-01-02T12:00:00.250Z', noon + 250],
  ['2026-01-02T12:00:00.123456789Z', noon + 123],
];
for (const [written, expected] of times) {
  test(`${JSON.stringify(written)} is a time`, () => {
    assert.equal(parseTime(written, 'from'), expected);
  });
}

const notTimes = ['', 'now-1h', 'yesterday', '2026-01-02', '2026-01-02T12:00:00', '2026-13-02T12:00:00Z', 'NaN', '0x10', NaN, Infinity]; // prettier-ignore
for (const written of notTimes) {
  test(`${JSON.stringify(written)} is no time, and the error says what is`, () => {
    assert.throws(() => parseTime(written, 'to'), {
      code: 'TCPS_E_QUERY_RANGE',
      status: 400,
      message: /"to".*RFC 3339/,
    });
  });
}

test('a range must end after it begins', () => {
  for (const to of [noon, noon - 1]) {
    assert.throws(() => readInstants(noon, to, 3600), { code: 'TCPS_E_QUERY_RANGE', message: /later/ });
  }
});

test('years that no row can have are refused, and a range that only reaches into them is cut', () => {
  for (const [from, to] of [
    [-2000, -1000],
    [4_294_967_296_000, 4_294_967_297_000],
    [1e17, 2e17],
  ] as const) {
    assert.throws(() => readInstants(from, to, 1e9), TcpscopeError);
  }
  assert.deepEqual(readInstants(-1000, 5000, 1e9).instants, { fromMs: 0, toMs: 5000 });
  assert.equal(readInstants(noon, 9e15, 1e10).instants.toMs, 4_294_967_290_000);
});

test('a range that is too long loses its beginning and says so', () => {
  const { instants, notices } = readInstants(noon - 7_200_000, noon, 3600);
  assert.deepEqual(instants, { fromMs: noon - 3_600_000, toMs: noon });
  assert.match(notices[0]?.text ?? '', /longer than 1 h.*begins at 2026-01-02T11:00:00/);
});

test('windows belong to a range when they begin in it', () => {
  assert.deepEqual(windowsIn({ fromMs: 10_000, toMs: 30_000 }), { from: 10, to: 30 });
  assert.deepEqual(windowsIn({ fromMs: 10_001, toMs: 30_001 }), { from: 20, to: 40 });
  assert.deepEqual(windowsIn({ fromMs: 10_001, toMs: 19_999 }), { from: 20, to: 20 });
});

test('spans are said in the largest unit that fits', () => {
  assert.deepEqual([10, 90, 300, 7200, 604_800, 5 * 31_536_000].map(span), [
    '10 s',
    '90 s',
    '5 m',
    '2 h',
    '7 d',
    '5 y',
  ]);
});
