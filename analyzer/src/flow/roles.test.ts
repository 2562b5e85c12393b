import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { analyze } from '../../../test/traffic/analyze.js';
import type { Packet } from '../../../test/traffic/capture-file.js';
import { rules } from '../../../test/traffic/rule.js';
import { talk, together, type Talk } from '../../../test/traffic/talk.js';

/** Ports that speak against what the flags say: were it a guess, 10.0.0.1 would be the server. */
const turned = { client: '10.0.0.1:80', server: '10.0.0.2:40000' };

const start = 1_700_000_000;

rules('client and server (semantics b1)', {
  'the sender of a SYN is the client, for certain, whatever the ports': {
    packets: () => talk(turned).open().close('client'),
    connections: [{ 'client.ip': '10.0.0.1', 'client.port': 80, 'server.port': 40000, role: 'certain' }],
    totals: { 'role.guess.count': 0 },
  },
  'the sender of a SYN+ACK is the server, for certain, though its SYN was not captured': {
    packets: () => talk(turned).synAck().ack('client').exchange().close('client'),
    connections: [{ 'client.port': 80, 'server.port': 40000, role: 'certain', midstream: true, ct: null }],
    totals: { 'role.guess.count': 0, 'midstream.count': 1, 'ct.count': 0, 'synack.count': 1, 'close.fin': 1 },
  },
  'a role without SYN and SYN+ACK is a guess, and says so': {
    packets: () =>
      together(
        talk({ client: '10.0.0.1:40001' }).exchange().close('client'),
        talk({ client: '10.0.0.1:40002', start: start + 1 })
          .open()
          .close('client')
      ),
    connections: [{ role: 'guess' }, { role: 'certain' }],
    totals: { 'role.guess.count': 1, 'conn.count': 2 },
  },
  'a role that is guessed stays for as long as the connection, whatever is learned of its ends meanwhile': {
    packets: () =>
      together(
        talk({ client: '10.0.0.9:5000', server: '10.0.0.1:6000', start, step: 20 }).exchange().exchange().exchange(),
        // 10.0.0.9:5000, the lower port and so the server, is now seen to connect to others and to answer nobody …
        talk({ client: '10.0.0.7:7000', server: '10.0.0.1:6000', start: start + 30 })
          .open()
          .close('client'),
        // … while 10.0.0.1:6000 accepts: a new guess would be the other way round.
        talk({ client: '10.0.0.8:7000', server: '10.0.0.1:6000', start: start + 50 })
          .open()
          .close('client')
      ),
    connections: [
      { 'server.ip': '10.0.0.9', 'server.port': 5000, role: 'guess', close: 'midstream' },
      { 'server.ip': '10.0.0.1', 'client.ip': '10.0.0.7' },
      { 'server.ip': '10.0.0.1', 'client.ip': '10.0.0.8' },
    ],
    totals: { 'role.guess.count': 1 },
  },
  'what is learned of an endpoint outlives its connections: four hours later it is still a server': {
    packets: () =>
      together(
        talk({ client: '10.0.0.1:100', server: '10.0.0.2:5000', start }).open().close('client'),
        talk({ client: '10.0.0.3:200', server: '10.0.0.2:5000', start: start + 4 * 3600 }).exchange()
      ),
    connections: [{ close: 'fin' }, { 'server.port': 5000, 'client.port': 200, role: 'guess' }],
  },
  'a guess that a late SYN corrects in its window is counted as if it had never been': {
    packets: () => lateSyn(talk({ ...turned, start: start + 1 })),
    connections: [{ 'client.port': 80, role: 'certain', midstream: false }],
    totals: { 'midstream.count': 0, 'role.guess.count': 0, 'attempt.count': 1, 'ct.count': 1 },
    windows: [{ after: 0, client: '10.0.0.1', 'packets.clt': 6, 'packets.srv': 4 }],
  },
  'a guess that a late SYN corrects in a later window stays as it was booked, and nothing is counted back': {
    packets: () => lateSyn(talk({ ...turned, start: start + 9.99 })),
    connections: [{ 'client.port': 80, role: 'certain', midstream: false, close: 'fin' }],
    totals: { 'midstream.count': 1, 'role.guess.count': 1, 'attempt.count': 1, 'ct.count': 1 },
    turned: true,
    windows: [
      { after: 0, client: '10.0.0.2', server: '10.0.0.1', port: 80, 'packets.srv': 1, 'role.guess.count': 1 },
      {
        after: 10,
        client: '10.0.0.1',
        server: '10.0.0.2',
        port: 40000,
        'packets.clt': 5,
        'packets.srv': 4,
        'midstream.count': 0,
        'role.guess.count': 0,
      },
    ],
  },
});

/** The handshake's last packet comes first; SYN and SYN+ACK are captured 50 ms later. */
function lateSyn(whole: Talk): Packet[] {
  const [syn, synAck, ack, ...rest] = whole.open().exchange().close('client').packets as [Packet, Packet, Packet];
  const later = (packet: Packet): Packet => ({ ...packet, time: packet.time + 50_000_000n });
  return [ack, later(syn), later(synAck), ...rest.map(later)];
}

/** What speaks for the higher end, 10.0.0.2, as the server of a connection that is seen from the middle. */
interface Knowledge {
  readonly [what: string]: {
    readonly low: number;
    readonly high: number;
    readonly before?: (low: string, high: string) => Talk[];
    readonly serverPorts?: number[];
  };
}

/** A connection to an endpoint, before the one that is guessed. */
const accepted = (server: string) =>
  talk({ client: '10.9.0.1:999', server, start: start - 100 })
    .open()
    .close('client');
/** SYNs to an endpoint that never answers. */
const aimedAt = (server: string, times: number) =>
  Array.from({ length: times }, (_, i) => talk({ client: `10.9.0.2:${50_000 + i}`, server, start: start - 100 }).syn());

/** In the order of their weight: each line has everything that weighs less against it. */
const weights: Knowledge = {
  'an endpoint that has accepted, against a configured port and one below 1024': {
    low: 443,
    high: 30_000,
    before: (_, high) => [accepted(high)],
    serverPorts: [443],
  },
  'a configured port, against one below 1024 that SYNs were aimed at': {
    low: 443,
    high: 30_000,
    before: (low) => aimedAt(low, 3),
    serverPorts: [30_000],
  },
  'a port below 1024, against one that SYNs were aimed at': {
    low: 2000,
    high: 1023,
    before: (low) => aimedAt(low, 3),
  },
  'the endpoint that more SYNs were aimed at, against a lower port': {
    low: 2000,
    high: 30_000,
    before: (low, high) => [...aimedAt(low, 1), ...aimedAt(high, 2)],
  },
  'the lower port, though SYNs were aimed at the other one of another host': {
    low: 30_000,
    high: 2000,
    before: () => aimedAt('10.0.0.3:30000', 5),
  },
};

describe('without SYN and SYN+ACK the server is', () => {
  for (const [what, { low, high, before, serverPorts = [] }] of Object.entries(weights)) {
    test(what, () => {
      const ends = [`10.0.0.1:${low}`, `10.0.0.2:${high}`] as const;
      const seen = talk({ client: ends[0], server: ends[1], start }).exchange();
      // Whoever speaks first: only when nothing else tells is it the client.
      const answered = talk({ client: ends[1], server: ends[0], start }).exchange();
      for (const one of [seen, answered]) {
        const packets = together(...(before?.(...ends) ?? []), one);
        const guessed = analyze(packets, { serverPorts }).connections.filter((row) => row['role'] === 'guess');
        assert.deepEqual(
          guessed.map((row) => row['server.ip']),
          ['10.0.0.2']
        );
      }
    });
  }

  test('the one that did not speak first, when nothing else tells', () => {
    for (const client of ['10.0.0.1', '10.0.0.2']) {
      const server = client === '10.0.0.1' ? '10.0.0.2' : '10.0.0.1';
      const row = analyze(talk({ client: `${client}:5000`, server: `${server}:5000` }).exchange()).connections[0];
      assert.equal(row?.['client.ip'], client);
    }
  });
});
