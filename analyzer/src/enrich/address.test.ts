import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatAddress, parseAddress, parseRange } from './address.js';

test('IPv4 addresses are mapped into ::ffff:0:0/96', () => {
  assert.equal(parseAddress('0.0.0.0'), 0xffff_0000_0000n);
  assert.equal(parseAddress('255.255.255.255'), 0xffff_ffff_ffffn);
  assert.equal(parseAddress('10.1.2.3'), parseAddress('::ffff:10.1.2.3'));
});

test('every spelling of an IPv6 address is one number', () => {
  const one = 0x2001_0db8_0000_0000_0000_0000_0000_0001n;
  for (const text of ['2001:db8::1', '2001:DB8:0:0:0:0:0:1', '2001:0db8::0001', '2001:db8::0.0.0.1']) {
    assert.equal(parseAddress(text), one, text);
  }
  assert.equal(parseAddress('::'), 0n);
  assert.equal(parseAddress('1::'), 1n << 112n);
});

test('texts that are not addresses are null', () => {
  for (const text of ['', '10.0.0', '10.0.0.256', '01.2.3.4', '2001:db8', 'fe80::1%eth0', ':::', '1::2::3']) {
    assert.equal(parseAddress(text), null, text);
  }
});

test('an address survives being written and read', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }), (value) => {
      assert.equal(parseAddress(formatAddress(value)), value);
    })
  );
  fc.assert(fc.property(fc.ipV4(), (text) => formatAddress(parseAddress(text)!) === text));
  fc.assert(fc.property(fc.ipV6(), (text) => parseAddress(text) !== null));
});

test('a prefix covers exactly its addresses', () => {
  assert.deepEqual(parseRange('10.1.0.0/16'), { from: parseAddress('10.1.0.0'), to: parseAddress('10.1.255.255') });
  assert.deepEqual(parseRange('0.0.0.0/0'), { from: 0xffff_0000_0000n, to: 0xffff_ffff_ffffn });
  assert.deepEqual(parseRange('::/0'), { from: 0n, to: (1n << 128n) - 1n });
  assert.deepEqual(parseRange('10.1.2.3'), { from: parseAddress('10.1.2.3'), to: parseAddress('10.1.2.3') });
  assert.deepEqual(parseRange('10.0.0.1 - 10.0.0.9'), { from: parseAddress('10.0.0.1'), to: parseAddress('10.0.0.9') });
});

test('a wrong range is answered with what is wrong', () => {
  const cases: Array<[string, RegExp]> = [
    ['10.1.2.3/16', /bits behind its prefix; did you mean "10\.1\.0\.0\/16"/],
    ['2001:db8::1/32', /did you mean "2001:db8::\/32"/],
    ['10.0.0.0/33', /prefix length of 0 to 32/],
    ['10.0.0.0/', /prefix length/],
    ['10.0.0.9-10.0.0.1', /ends before it begins/],
    ['10.0.0.1-2001:db8::1', /mixes/],
    ['10.0.0.1-10.0.0.2-10.0.0.3', /not an address, a prefix or a range/],
    ['servers', /"servers" is not an IPv4 or IPv6 address/],
  ];
  for (const [text, message] of cases) {
    assert.match(parseRange(text) as string, message);
  }
});
