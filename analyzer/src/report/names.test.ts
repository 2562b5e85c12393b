import assert from 'node:assert/strict';
import { isIPv6 } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { addressText, timeText } from './names.js';

const ipv6 = (...groups: number[]) => Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 255]));

test('addresses are written as RFC 5952 says', () => {
  const cases: ReadonlyArray<readonly [Uint8Array, string]> = [
    [ipv6(0, 0, 0, 0, 0, 0xffff, 0x0a00, 0x0001), '10.0.0.1'],
    [ipv6(0, 0, 0, 0, 0, 0, 0, 0), '::'],
    [ipv6(0, 0, 0, 0, 0, 0, 0, 1), '::1'],
    [ipv6(1, 0, 0, 0, 0, 0, 0, 0), '1::'],
    [ipv6(0x2001, 0xdb8, 0, 0, 0, 0, 2, 1), '2001:db8::2:1'],
    // One group of zeros is not shortened, of two runs the longer one is, of equal ones the first.
    [ipv6(0x2001, 0xdb8, 0, 1, 1, 1, 1, 1), '2001:db8:0:1:1:1:1:1'],
    [ipv6(0x2001, 0, 0, 1, 0, 0, 0, 1), '2001:0:0:1::1'],
    [ipv6(0x2001, 0xdb8, 0, 0, 1, 0, 0, 1), '2001:db8::1:0:0:1'],
    [ipv6(0, 0, 0, 0, 0, 0, 0x0a00, 0x0001), '::a00:1'],
  ];
  for (const [bytes, text] of cases) {
    assert.equal(addressText(bytes, 0), text);
    const shifted = Uint8Array.from([9, 9, 9, ...bytes]);
    assert.equal(addressText(shifted, 3), text, 'at an offset');
  }
});

test('property: an address that is written can be read back', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.constant(0), fc.nat(0xffff)), { minLength: 8, maxLength: 8 }), (groups) => {
      const text = addressText(ipv6(...groups), 0);
      if (!text.includes('.')) {
        assert.ok(isIPv6(text), text);
        // The URL parser expands and writes addresses by the same rules, as a second opinion.
        assert.equal(new URL(`http://[${text}]`).hostname, `[${text}]`);
      }
    })
  );
});

test('times have nanoseconds and are UTC', () => {
  assert.equal(timeText(1_700_000_000, 7), '2023-11-14T22:13:20.000000007Z');
  assert.equal(timeText(0, 0), '1970-01-01T00:00:00.000000000Z');
  assert.equal(timeText(0xffffffff, 999_999_999), '2106-02-07T06:28:15.999999999Z');
});

test('property: times are those that dates know, in whatever order they are asked for', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 0xffffffff })), (times) => {
      for (const seconds of times) {
        assert.equal(timeText(seconds, 0), new Date(seconds * 1000).toISOString().replace('.000Z', '.000000000Z'));
      }
    })
  );
});
