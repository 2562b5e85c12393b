import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { bytes, ethernet, ip } from '../../../test/traffic/frame.js';
import { around, framed, icmpError, udp } from '../../../test/traffic/layers.js';
import { defaultProgram } from '../capture/ring/bpf.js';
import { run } from '../capture/ring/bpf-fixture.js';
import { cases } from './layers-fixture.js';

const SNAP = 256;
const ETHERNET = 1;
const RAW_IP = 101;
const programs = { [ETHERNET]: defaultProgram(14, SNAP), [RAW_IP]: defaultProgram(0, SNAP) };

describe('what the decoder looks through passes the default filter of the kernel', () => {
  for (const [group, members] of Object.entries(cases)) {
    test(group, () => {
      for (const [name, [{ frame, linkType = ETHERNET }]] of Object.entries(members)) {
        const program = programs[linkType as keyof typeof programs];
        if (program !== undefined) {
          assert.equal(run(program, { bytes: frame }), SNAP, name);
        }
      }
    });
  }
});

describe('ICMP messages that something cannot be reached pass', () => {
  const segment = ip({ source: '10.0.0.1', destination: '10.0.0.2', protocol: 6 }, new Uint8Array(20));
  const segment6 = ip({ source: '2001:db8::1', destination: '2001:db8::2', protocol: 6 }, new Uint8Array(20));
  const message = around(1, icmpError(3, 13, segment));
  const message6 = ip({ source: '2001:db8::9', destination: '2001:db8::1', protocol: 58 }, icmpError(1, 1, segment6));
  for (const packet of [message, message6]) {
    test(packet === message ? 'IPv4' : 'IPv6', () => {
      assert.equal(run(programs[ETHERNET], { bytes: framed(packet) }), SNAP);
      assert.equal(run(programs[RAW_IP], { bytes: packet }), SNAP);
    });
  }
});

describe('what cannot hold TCP stays out', () => {
  const others: Readonly<Record<string, Uint8Array>> = {
    ARP: ethernet(0x0806, new Uint8Array(28)),
    UDP: framed(around(17, udp(53, new Uint8Array(20)))),
    'UDP over IPv6': framed(
      ip({ source: '2001:db8::1', destination: '2001:db8::2', protocol: 17 }, udp(443, new Uint8Array(20)))
    ),
    'ICMP echo': framed(around(1, new Uint8Array(20))),
    'ICMPv6 echo': framed(
      ip({ source: '2001:db8::1', destination: '2001:db8::2', protocol: 58 }, bytes([4, 0x80000000], [4, 0]))
    ),
    'spanning tree': ethernet(38, new Uint8Array(38)),
  };
  for (const [name, frame] of Object.entries(others)) {
    test(name, () => assert.equal(run(programs[ETHERNET], { bytes: frame }), 0));
  }

  test('on a link of raw IP, too', () => {
    assert.equal(run(programs[RAW_IP], { bytes: around(17, udp(53, new Uint8Array(20))) }), 0);
    assert.equal(run(programs[RAW_IP], { bytes: around(1, new Uint8Array(20)) }), 0);
  });
});
