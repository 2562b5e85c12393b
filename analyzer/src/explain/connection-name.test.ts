import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { parseAddress } from '../enrich/address.js';
import { parseConnectionName } from './connection-name.js';

const end = (address: string | null, port: number | null) => ({
  address: address === null ? null : parseAddress(address),
  port,
});
const ends = (
  from: ReturnType<typeof end>,
  to: ReturnType<typeof end> | null,
  vlans: number | null = null,
  at: string | null = null
) => ({ kind: 'ends', from, to, vlans, at });

describe('names of connections', () => {
  const client = end('10.0.0.1', 40000);
  const server = end('10.0.0.2', 80);
  const six = [end('2001:db8::1', 40000), end('2001:db8::2', 443)] as const;
  const table: ReadonlyArray<readonly [text: string, name: unknown]> = [
    ['10.0.0.1:40000 > 10.0.0.2:80', ends(client, server)],
    ['10.0.0.1:40000>10.0.0.2:80', ends(client, server)],
    ['10.0.0.1:40000 -> 10.0.0.2:80', ends(client, server)],
    ['10.0.0.1:40000→10.0.0.2:80', ends(client, server)],
    ['10.0.0.1:40000 <-> 10.0.0.2:80', ends(client, server)],
    ['10.0.0.1:40000, 10.0.0.2:80', ends(client, server)],
    ['10.0.0.1:40000 - 10.0.0.2:80', ends(client, server)],
    ['10.0.0.1:40000 10.0.0.2:80', ends(client, server)],
    // As the report, Zeek and tcpdump write it.
    ['10.0.0.1 40000 → 10.0.0.2 80', ends(client, server)],
    ['10.0.0.1 40000 10.0.0.2 80', ends(client, server)],
    ['10.0.0.1.40000 > 10.0.0.2.80:', ends(client, server)],
    ['2001:db8::1.40000 > 2001:db8::2.443:', ends(...six)],
    ['[2001:db8::1]:40000 > [2001:db8::2]:443', ends(...six)],
    ['2001:db8::1 40000 2001:db8::2 443', ends(...six)],
    // One end, or a part of it.
    ['10.0.0.2:80', ends(server, null)],
    ['10.0.0.2', ends(end('10.0.0.2', null), null)],
    ['[2001:db8::2]', ends(end('2001:db8::2', null), null)],
    ['2001:db8::2', ends(end('2001:db8::2', null), null)],
    [':443', ends(end(null, 443), null)],
    ['port 443', ends(end(null, 443), null)],
    ['10.0.0.2 port 80', ends(server, null)],
    ['10.0.0.1 > 10.0.0.2', ends(end('10.0.0.1', null), end('10.0.0.2', null))],
    ['10.0.0.1:* > *:80', ends(end('10.0.0.1', null), end(null, 80))],
    // With the VLANs of its packets, as lists of namesakes write it; the inner tag behind the outer one.
    ['10.0.0.1:40000 > 10.0.0.2:80 vlan 10', ends(client, server, 10)],
    ['10.0.0.1:40000 > 10.0.0.2:80 VLAN 10.5', ends(client, server, 10 | (5 << 12))],
    ['10.0.0.1 40000 10.0.0.2 80 vlans 10,5', ends(client, server, 10 | (5 << 12))],
    ['10.0.0.2:80 vlan none', ends(server, null, 0)],
    // With the time at which it began, as lists of namesakes write it.
    ['10.0.0.1:40000 > 10.0.0.2:80 at 12:00:01.234', ends(client, server, null, '12:00:01.234')],
    ['10.0.0.2:80 AT 2026-01-02 12:00:01', ends(server, null, null, '2026-01-02T12:00:01')],
    ['[2001:db8::2]:443 vlan 10 at 2026-01-02T12:00:01.5Z', ends(six[1], null, 10, '2026-01-02T12:00:01.5')],
    ['7', { kind: 'stream', stream: 7 }],
    ['#7', { kind: 'stream', stream: 7 }],
    ['stream 7', { kind: 'stream', stream: 7 }],
    ['tcp.stream eq 7', { kind: 'stream', stream: 7 }],
    ['tcp.stream == 7', { kind: 'stream', stream: 7 }],
    ['17979cfe362a00000123456789abcdef', { kind: 'id', start: 0x17979cfe362a0000n }],
  ];
  for (const [text, name] of table) {
    test(`"${text}" is understood`, () => assert.deepEqual(parseConnectionName(text), name));
  }

  for (const text of [
    '',
    'web server',
    '10.0.0.1:70000',
    '10.0.0.300:80 > 10.0.0.1:40000',
    'a > b > c',
    '10.0.0.1:80 >',
    '10.0.0.1:80 vlan red',
  ]) {
    test(`"${text}" names nothing`, () => assert.equal(parseConnectionName(text), null));
  }

  test('any two ends are read back, whatever is between them', () => {
    const port = fc.integer({ min: 0, max: 65_535 });
    const address = fc.oneof(fc.ipV4(), fc.ipV6());
    const between = fc.constantFrom(' > ', '>', ' -> ', ' → ', ', ', ' <-> ');
    fc.assert(
      fc.property(address, port, address, port, between, (from, fromPort, to, toPort, arrow) => {
        const written = (ip: string, number: number) => (ip.includes(':') ? `[${ip}]:${number}` : `${ip}:${number}`);
        const name = parseConnectionName(`${written(from, fromPort)}${arrow}${written(to, toPort)}`);
        assert.deepEqual(name, ends(end(from, fromPort), end(to, toPort)));
      })
    );
  });

  test('no text makes it throw', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseConnectionName(text)));
  });
});
