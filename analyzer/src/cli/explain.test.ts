import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { pcap } from '../../../test/traffic/capture-file.js';
import { readBack, Scratch } from '../../../test/traffic/read-back.js';
import { runCli, type CliResult } from '../../../test/traffic/run-cli.js';
import { talk, together } from '../../../test/traffic/talk.js';

const scratch = new Scratch();
after(() => scratch.remove());

const refused = talk({ client: '10.0.0.2:40002', server: '10.0.0.94:1194' }).syn().refuse();
const aborted = talk({ client: '10.0.0.1:40001', server: '10.0.0.80:443', start: 1_700_000_000.2 })
  .open()
  .send('client', 100)
  .ack('server')
  .wait(62)
  .send('client', 100)
  .stateless('server');
const both = scratch.write(pcap(together(refused, aborted)), 'both.pcap');
const one = scratch.write(pcap(aborted.packets), 'one.pcap');

const explain = (...args: string[]) => runCli(['explain', ...args]);
const NAME = '10.0.0.1:40001 > 10.0.0.80:443';

function refusedWith(result: CliResult, code: string): void {
  assert.equal(result.status, 2, result.err);
  assert.equal(result.out, '');
  assert.ok(result.err.includes(`[${code}]`), result.err);
  assert.ok(!result.err.includes('    at '), `no stack for users: ${result.err}`);
}

describe('tcpscope explain', () => {
  test('shows the sequence, the verdict with its rival, the close, and a display filter', async () => {
    const { out, status, err } = await explain(both, NAME);
    assert.equal(status, 0, err);
    assert.ok(
      out.startsWith('10.0.0.1:40001 → 10.0.0.80:443  HTTPS\n2023-11-14 22:13:20.200 UTC, 7 packets in 1 min 2 s; ')
    );
    assert.equal(
      out.slice(out.indexOf('\nSequence\n'), out.indexOf('\nVerdict\n')),
      `
Sequence
       time  client        server  seq  ack  len    win
   0.000000  SYN ───────────────▶    0    –    0  64240
   0.001000  ◀─────────── SYN+ACK    0    1    0  64240
   0.002000  ACK ───────────────▶    1    1    0  64240  handshake in 2.00 ms: 1.00 ms to the
                                                         server, 1.00 ms to the client
   0.003000  PSH+ACK ───────────▶    1    1  100  64240  first data of the client
   0.004000  ◀─────────────── ACK    1  101    0  64240
             ┆ 1 min 2 s of silence
  62.005000  PSH+ACK ───────────▶  101    1  100  64240
  62.006000  ◀─────────────── RST    1    –    0      0  no ACK, the shape of an answer to a stray
                                                         packet: knows no such connection; 100 bytes
                                                         of the client not acknowledged
`
    );
    assert.match(out, /\nVerdict\n {2}dead-peer: the peer no longer knew the connection, \d+ % sure\n {4}\+ .+/);
    assert.match(out, /\n {2}Or: [a-z-]+, /);
    assert.match(out, /\n {2}Next: /);
    assert.match(
      out,
      /\nClose\n {2}rst: closed by RST alone; reset by the server, stage \w+\n {2}Zeek calls it RSTR, /
    );
    const filter = 'ip.addr == 10.0.0.1 && ip.addr == 10.0.0.80 && tcp.port == 40001 && tcp.port == 443 && !icmp';
    assert.ok(out.endsWith(`\nWireshark\n  ${filter}\n`), out);
  });

  test('a connection goes by its ends in either order, by one of them, by its stream; the only one needs no name', async () => {
    const { out } = await explain(both, NAME);
    for (const name of ['10.0.0.80:443 > 10.0.0.1:40001', ':443', 'tcp.stream eq 1']) {
      assert.equal((await explain(both, ...name.split(' '))).out, out, name);
    }
    assert.equal((await explain(one)).out, out.replace(both, one).replace('stream 1', 'stream 0'));
  });

  test('JSON has the same, and every number', async () => {
    const { out } = await explain('--format', 'json', both, NAME);
    const { connection, verdict, stream, sequence, displayFilter } = JSON.parse(out) as {
      connection: Record<string, unknown>;
      verdict: { cause: string; confidence: number; evidence: string[]; rival: { cause: string } | null };
      stream: number;
      sequence: ReadonlyArray<Record<string, unknown>>;
      displayFilter: string;
    };
    assert.equal(connection['close'], 'rst');
    assert.equal(verdict.cause, connection['cause']);
    assert.deepEqual(verdict.evidence, connection['evidence']);
    assert.equal(stream, 1);
    assert.ok(displayFilter.includes('tcp.port == 40001'));
    assert.equal(sequence.length, 7);
    const { marks, ...last } = sequence.at(-1) ?? {};
    assert.deepEqual(last, {
      packet: 9,
      time: '2023-11-14T22:14:22.206000000Z',
      offset: 62.006,
      delta: 0.001,
      from: 'server',
      flags: 'RST',
      seq: 1,
      ack: null,
      'seq.wire': 9001,
      'ack.wire': null,
      length: 0,
      window: 0,
      'window.scale': null,
      ttl: 60,
      'ip.id': 7,
      'in.flight': 0,
    });
    assert.deepEqual(
      (marks as Array<{ kind: string }>).map(({ kind }) => kind),
      ['reset']
    );
  });

  test('the middle of a long connection is left out and counted; --all shows it', async () => {
    const long = talk().open();
    for (let i = 0; i < 100; i++) {
      long.send('server', 1000).ack('client');
    }
    const path = scratch.write(pcap(long.close('client').packets), 'long.pcap');
    const { out } = await explain(path);
    assert.ok(out.split('\n').length < 45, out);
    assert.match(out, /┆ … \d+ packets in \d+ ms: client \d+, server \d+ with/);
    const all = await explain('--all', '--format', 'json', path);
    assert.equal((JSON.parse(all.out) as { sequence: unknown[] }).sequence.length, 206);
  });

  test('a slice holds its packets and nothing else', async () => {
    const slice = join(scratch.folder, 'slice.pcap');
    const { status, err } = await explain('--slice', slice, both, NAME);
    assert.equal(status, 0);
    assert.match(err, /^tcpscope: 7 packets written to .*slice\.pcap \(pcap\)\n$/);
    assert.deepEqual((await readBack(slice)).packets, (await readBack(one)).packets);
  });

  test('a name that fits several connections is answered with them', async () => {
    const several = await explain(both);
    refusedWith(several, 'TCPS_E_EXPLAIN_AMBIGUOUS');
    assert.match(
      several.err,
      /10\.0\.0\.2:40002 > 10\.0\.0\.94:1194 {2}refused, 1\.00 ms, refused by the server's host\n/
    );
    assert.match(
      several.err,
      /10\.0\.0\.1:40001 > 10\.0\.0\.80:443 {3}rst, 1 min 2 s, the peer no longer knew the connection\n/
    );
  });

  test('connections that differ by their time alone are listed with it, and explained by these names', async () => {
    const ends = { client: '10.0.0.1:40001', server: '10.0.0.80:443' };
    const one = (start: number, isn: number) => talk({ ...ends, start, clientIsn: isn, serverIsn: isn + 5 }).open();
    const second = 1_767_355_200;
    for (const [starts, names] of [
      [
        [second + 0.25, second + 90],
        ['at 12:00:00.250', 'at 12:01:30.000'],
      ],
      [
        [second, second + 86_400],
        ['at 2026-01-02T12:00:00.000', 'at 2026-01-03T12:00:00.000'],
      ],
    ] as const) {
      const [former, latter] = [one(starts[0], 1000).rst('server'), one(starts[1], 900_000).exchange().close('client')];
      const path = scratch.write(pcap(together(former, latter)), `${starts.join()}.pcap`);
      const several = await explain(path, NAME);
      refusedWith(several, 'TCPS_E_EXPLAIN_AMBIGUOUS');
      for (const [i, close] of ['rst', 'fin'].entries()) {
        assert.match(several.err, new RegExp(`${NAME} ${names[i]} +${close}, `.replaceAll('.', '\\.')));
        const { status, out, err } = await explain('--format', 'json', path, `${NAME} ${names[i]}`);
        assert.equal(status, 0, err);
        assert.equal((JSON.parse(out) as { connection: { close: string } }).connection.close, close);
      }
      refusedWith(await explain(path, `${NAME} at 11:00:00`), 'TCPS_E_EXPLAIN_UNKNOWN');
    }
  });

  describe('connections that differ by their VLAN alone', () => {
    // At the same instants and with as many packets, so that nothing but the tags tells them apart.
    const ends = { client: '10.0.0.1:40001', server: '10.0.0.80:443' };
    const red = talk({ ...ends, vlans: [10] })
      .open()
      .send('client', 100)
      .close('client');
    const blue = talk({ ...ends, vlans: [20], clientIsn: 70_000, serverIsn: 80_000 })
      .open()
      .send('client', 100)
      .ack('server')
      .wait(10)
      .rst('server')
      .stateless('client');
    const plain = talk({ ...ends, clientIsn: 170_000, serverIsn: 180_000, step: 0.0015 })
      .open()
      .exchange();
    const path = scratch.write(pcap(together(red, blue, plain)), 'vlans.pcap');

    test('are listed with their tags, and explained by these names', async () => {
      const several = await explain('--separate-vlans', path, NAME);
      refusedWith(several, 'TCPS_E_EXPLAIN_AMBIGUOUS');
      for (const [name, close, packets] of [
        [`${NAME} vlan 10`, 'fin', 7],
        [`${NAME} vlan 20`, 'rst', 7],
        [`${NAME} vlan none`, 'open', 7],
      ] as const) {
        assert.match(several.err, new RegExp(`${name.replaceAll('.', '\\.')} +${close}, `));
        const slice = join(scratch.folder, 'vlan.pcap');
        const { out, err, status } = await explain('--separate-vlans', '--slice', slice, path, name);
        assert.equal(status, 0, err);
        assert.match(out, new RegExp(`, ${packets} packets in `));
        assert.match(out, new RegExp(`\nClose\n {2}${close}: `));
        const own = { fin: red, rst: blue, open: plain }[close];
        assert.deepEqual((await readBack(slice)).packets, (await readBack(sliceOf(own.packets))).packets, name);
        const tags = { fin: ' && vlan.id == 10\n', rst: ' && vlan.id == 20\n', open: ' && !vlan\n' }[close];
        assert.ok(out.endsWith(tags), out);
      }
    });

    test('go by their Wireshark streams, too, where Wireshark tells them apart', async () => {
      // The SYN of the untagged one is the last of three: the stream that begins with it.
      const { out } = await explain('--separate-vlans', path, 'tcp.stream', 'eq', '2');
      assert.match(out, /\nClose\n {2}open: /);
    });

    test('are one tuple without the option; the settings may say it, too', async () => {
      const one = await explain(path, '10.0.0.1', 'vlan', '20');
      assert.equal(one.status, 2, 'the row has the tags of its first packet');
      const config = scratch.write(Buffer.from('separateVlans: true\n'), 'vlans.yml');
      const { out } = await explain('--config', config, path, `${NAME} vlan 20`);
      assert.match(out, /\nClose\n {2}rst: /);
    });

    function sliceOf(packets: typeof red.packets): string {
      return scratch.write(pcap(packets), 'own.pcap');
    }
  });

  test('settings name the application, and when the capture is too poor for a verdict', async () => {
    const config = scratch.write(
      Buffer.from(
        'zones: [{ name: /Shops, subnets: [10.0.0.80] }]\n' +
          'applications: [{ name: Till, ports: [443], serverZones: [/Shops] }]\n'
      ),
      'till.yml'
    );
    const { out } = await explain('--config', config, both, NAME);
    assert.match(out, /^10\.0\.0\.1:40001 → 10\.0\.0\.80:443 {2}Till\n/);
    refusedWith(await explain('--config', join(scratch.folder, 'none.yml'), both, NAME), 'TCPS_E_CONFIG_UNREADABLE');
  });

  test('a name that fits nothing is answered with what there is', async () => {
    const result = await explain(both, '10.0.0.77');
    refusedWith(result, 'TCPS_E_EXPLAIN_UNKNOWN');
    assert.match(result.err, /There is no connection in .* that fits "10\.0\.0\.77"/);
    assert.match(result.err, /10\.0\.0\.1:40001 > 10\.0\.0\.80:443/);
  });

  test('what is no name, no file or no capture is refused', async () => {
    refusedWith(await explain(both, 'the web server'), 'TCPS_E_EXPLAIN_NAME');
    refusedWith(await explain('-', NAME), 'TCPS_E_EXPLAIN_STREAM');
    refusedWith(await explain(join(scratch.folder, 'missing.pcap')), 'TCPS_E_FILE_UNREADABLE');
    refusedWith(await explain(scratch.write(new Uint8Array(100), 'zeros')), 'TCPS_E_FILE_FORMAT');
  });

  test('the file that is read is never overwritten', async () => {
    const before = readFileSync(both);
    refusedWith(await explain('--slice', both, both, NAME), 'TCPS_E_SLICE_INPUT');
    assert.deepEqual(readFileSync(both), before);
  });

  test('a slice that cannot be written says so', async () => {
    const path = join(scratch.folder, 'nowhere', 'slice.pcap');
    refusedWith(await explain('--slice', path, both, NAME), 'TCPS_E_SLICE_UNWRITABLE');
    assert.ok(!existsSync(path));
  });

  test('of a damaged file what is readable is explained', async () => {
    const bytes = pcap(aborted.packets);
    const path = scratch.write(bytes.subarray(0, bytes.length - 3), 'damaged.pcap');
    const { status, out, err } = await explain(path);
    assert.equal(status, 1);
    assert.match(out, /6 packets in/);
    assert.match(err, /\[TCPS_E_FILE_DAMAGED\]/);
  });

  test('that a file is damaged is said where no connection or several were found, too: the one may lie behind', async () => {
    const bytes = pcap(together(refused, aborted));
    const path = scratch.write(bytes.subarray(0, bytes.length - 3), 'cut.pcap');
    for (const [names, code] of [
      [['10.0.0.77'], 'TCPS_E_EXPLAIN_UNKNOWN'],
      [[], 'TCPS_E_EXPLAIN_AMBIGUOUS'],
    ] as const) {
      const result = await explain(path, ...names);
      refusedWith(result, code);
      assert.match(result.err, /cut\.pcap is damaged: .*\[TCPS_E_FILE_DAMAGED\]\n$/);
    }
  });
});
