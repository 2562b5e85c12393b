import assert from 'node:assert/strict';
import { isIP } from 'node:net';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { addressKey, addressText, networkOf, networkRanges, storedText } from './address.js';
import { numberOf, type Suffix } from './number.js';
import { canonicalTime, timeKey, timeKeyOfMilliseconds } from './time.js';

describe('addresses', () => {
  const spellings: ReadonlyArray<readonly [string, string | null]> = [
    ['10.0.0.1', '10.0.0.1'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['::FFFF:0a00:1', '10.0.0.1'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['::', '::'],
    ['1::', '1::'],
    ['::10.0.0.1', '::a00:1'],
    ['10.0.0', null],
    ['10', null],
    ['010.0.0.1', null],
    ['0x0a.0.0.1', null],
    ['10.0.0.256', null],
    ['1:2:3:4:5:6:7', null],
    ['1::2::3', null],
    ['fe80::1%eth0', null],
    ['12345::', null],
    ['', null],
    [':', null],
    ['1'.repeat(10_000), null],
  ];
  for (const [text, expected] of spellings) {
    test(`${text.slice(0, 30)} is ${expected ?? 'no address'}`, () => {
      const key = addressKey(text);
      assert.equal(key === null ? null : addressText(key), expected);
    });
  }

  test('what is an address here is one for the system too', () => {
    const text = fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      fc.string({ unit: fc.constantFrom(...'0123456789abcdef:.'), maxLength: 20 })
    );
    fc.assert(
      fc.property(text, (address) => {
        // Node reads IPv4-mapped and plain spellings; leading zeros are refused by both.
        assert.equal(addressKey(address) !== null, isIP(address) !== 0, address);
      }),
      { numRuns: 2_000 }
    );
  });

  test('a canonical address is its own canonical form', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (address) => {
        const key = addressKey(address) ?? '';
        assert.equal(key.length, 32);
        assert.equal(addressKey(addressText(key)), key);
        assert.equal(addressKey(storedText(key)), key);
        assert.equal(isIP(storedText(key)), 6);
      })
    );
  });

  const networks: ReadonlyArray<readonly [string, number, string | null]> = [
    ['10.1.2.3', 8, '10.0.0.0/8'],
    ['10.1.2.3', 32, '10.1.2.3/32'],
    ['10.1.2.3', 0, '0.0.0.0/0'],
    ['10.1.2.3', 33, null],
    ['10.1.2.3', 1.5, null],
    ['::ffff:10.1.2.3', 104, '10.0.0.0/8'],
    ['::ffff:10.1.2.3', 95, '::fffe:0:0/95'],
    ['2001:db8::1', 32, '2001:db8::/32'],
    ['2001:db8::1', 129, null],
    ['nonsense', 8, null],
  ];
  for (const [address, prefix, expected] of networks) {
    test(`${address}/${prefix} is ${expected ?? 'no network'}`, () => {
      const network = networkOf(address, prefix);
      assert.equal(network === null ? null : `${network.address}/${network.prefix}`, expected);
    });
  }

  const members: ReadonlyArray<readonly [string, number, string, boolean]> = [
    ['10.0.0.0', 8, '10.255.255.255', true],
    ['10.0.0.0', 8, '11.0.0.0', false],
    ['0.0.0.0', 0, '255.255.255.255', true],
    ['0.0.0.0', 0, '::1', false],
    ['::', 0, '::', true],
    ['::', 0, 'ffff::', true],
    ['::', 0, '10.0.0.1', false],
    ['::fffe:0:0', 95, '::fffe:0:1', true],
    ['::fffe:0:0', 95, '10.0.0.1', false],
    ['::', 80, '::fffe:ffff:ffff', true],
    ['::', 80, '10.0.0.1', false],
    ['2001:db8::', 32, '2001:db8:ffff::', true],
  ];
  for (const [address, prefix, member, expected] of members) {
    test(`${member} is ${expected ? '' : 'not '}in ${address}/${prefix}`, () => {
      const key = addressKey(member) ?? '';
      assert.equal(
        networkRanges({ address, prefix }).some(({ low, high }) => key >= low && key <= high),
        expected
      );
    });
  }
});

describe('numbers', () => {
  const numbers: ReadonlyArray<readonly [number, Suffix | null, number]> = [
    [200, 'ms', 0.2],
    [0.7, '%', 0.007],
    [15, 'us', 0.000015],
    [1.5, 'm', 90],
    [2, 'h', 7200],
    [3, 's', 3],
    [1.5, 'k', 1500],
    [2, 'M', 2e6],
    [1, 'G', 1e9],
    [1e21, 'k', 1e24],
    [1e-7, '%', 1e-9],
    [-5, 'ms', -0.005],
    [7, null, 7],
  ];
  for (const [value, suffix, expected] of numbers) {
    test(`${value}${suffix ?? ''} is ${expected}`, () => {
      assert.equal(numberOf({ kind: 'number', value, suffix }), expected);
    });
  }
});

describe('times', () => {
  const spellings: ReadonlyArray<readonly [string, string | null]> = [
    ['2026-10-01T12:00:00Z', '2026-10-01T12:00:00Z'],
    ['2026-10-01 12:00', '2026-10-01T12:00:00Z'],
    ['2026-10-01', '2026-10-01T00:00:00Z'],
    ['2026-10-01T12:00:00.120000000+02:00', '2026-10-01T10:00:00.12Z'],
    ['2026-10-01T12:00:00.123456789-0130', '2026-10-01T13:30:00.123456789Z'],
    ['1970-01-01T00:00:00Z', '1970-01-01T00:00:00Z'],
    ['1969-12-31', null],
    ['2262-01-01', null],
    ['2026-02-29', null],
    ['2028-02-29', '2028-02-29T00:00:00Z'],
    ['2026-13-01', null],
    ['2026-10-01T24:00:00Z', null],
    ['2026-10-01T12:60:00Z', null],
    ['2026-10-01T12:00:00.1234567890Z', null],
    ['2026-10-01T12:00:00+25:00', null],
    ['now', null],
  ];
  for (const [text, expected] of spellings) {
    test(`"${text}" is ${expected ?? 'no time'}`, () => assert.equal(canonicalTime(text), expected));
  }

  test('keys of times sort like the times', () => {
    fc.assert(
      fc.property(fc.nat(4e12), fc.nat(4e12), (a, b) => {
        const [first, second] = [timeKeyOfMilliseconds(a) ?? '', timeKeyOfMilliseconds(b) ?? ''];
        assert.equal(first < second, a < b);
        assert.equal(timeKey(canonicalTime(new Date(a).toISOString()) ?? ''), first);
      })
    );
    assert.ok(timeKey('2026-10-01T12:00:00.000000001Z') > timeKey('2026-10-01T12:00:00Z'));
    assert.ok(timeKey('2026-10-01T12:00:00.09Z') < timeKey('2026-10-01T12:00:00.1Z'));
  });
});
