import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { describe, test } from 'node:test';
import { differences, reportOf } from './compare.js';
import { readExpected } from './expected.js';
import { missing, shared } from './shared.js';

/**
 * Where we differ from the truth made by tshark and a script over it, on purpose. The whole difference is written down, so
 * that any change of it is noticed. docs/differences.md has the reasons at length.
 */
const deliberate: Readonly<Record<string, readonly string[]>> = {
  // A stray SYN with another number, which the server answers with an ACK only, then the server repeats its SYN+ACK. One
  // connection for us, so that is a retransmission; the truth begins a new connection at every SYN with a new number.
  'arkime-tcp_handshake_synthetic.pcap': [
    'retrans.count: 4, expected 3',
    '192.0.2.10 40003 - 198.51.100.5 8080: retx of 198.51.100.5 8080 1, expected 0',
  ],
  // The same addresses and ports fifteen years later: a new connection for us, a retransmission for tshark.
  'pcapplusplus-Ftp.pcap': [
    'retrans.count: 2, expected 4',
    '192.168.0.114 1137 - 192.168.0.193 21: retx of 192.168.0.114 1137 1, expected 2',
    '192.168.0.114 1137 - 192.168.0.193 21: retx of 192.168.0.193 21 1, expected 2',
  ],
  // A split handshake: the server answers the SYN with a SYN of its own, and the client's SYN+ACK to that has the number of
  // its SYN again. One connection for us, so that is a retransmission; the truth begins a new one at the server's SYN.
  'suricata-tcp-split-handshake-02-5whs.pcap': [
    'retrans.count: 1, expected 0',
    '1.1.1.1 12345 - 2.2.2.2 80: retx of 1.1.1.1 12345 1, expected 0',
  ],
  // The client resets its attempt and acknowledges the SYN+ACK 15 seconds later. For us the attempt has ended 5 seconds
  // after its RST; the truth has no timers and completes the handshake.
  'zeek-modbus-and-non-modbus-p502.pcap': [
    'ct.count: 6, expected 7',
    '192.168.10.111 502 - 198.74.56.135 60293: handshakes 0, expected 1',
  ],
};

const skip = missing('captures/expected');
const folder = `${shared}captures/`;
const captures = skip === false ? readdirSync(folder).filter((name) => /\.pcap(ng)?$/.test(name)) : [];

describe('public captures give the counts that are known of them', { skip }, () => {
  for (const name of captures) {
    test(name, async () => {
      const expected = readExpected(`${folder}expected/${name}.json`);
      assert.deepEqual(differences(await reportOf(folder + name), expected), deliberate[name] ?? []);
    });
  }

  test('all of them are there', () => {
    assert.equal(captures.length, 51);
    assert.deepEqual(
      Object.keys(deliberate).filter((name) => !captures.includes(name)),
      []
    );
  });
});
