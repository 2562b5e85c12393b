import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { pcap } from '../../../test/traffic/capture-file.js';
import { Scratch } from '../../../test/traffic/read-back.js';
import { runCli, type CliResult } from '../../../test/traffic/run-cli.js';
import { talk, together } from '../../../test/traffic/talk.js';

const scratch = new Scratch();
after(() => scratch.remove());

/** Two good connections to a web server, one refused three times by a VPN server, one RST of a web server. */
const packets = together(
  talk({ client: '10.0.0.1:40000', server: '10.0.0.80:443' }).open().exchange(100, 1000).close('client'),
  talk({ client: '10.0.0.1:40001', server: '10.0.0.80:443' }).open().exchange(100, 1000).rst('server'),
  talk({ client: '10.0.0.2:40002', server: '10.0.0.94:1194' })
    .syn()
    .refuse()
    .wait(0.5)
    .syn()
    .refuse()
    .wait(0.5)
    .syn()
    .refuse(),
  talk({ client: '[2001:db8::2]:40003', server: '[2001:db8::80]:443' }).open().close('server')
);
const bytes = pcap(packets, { nanoseconds: true });
const capture = scratch.write(bytes, 'capture.pcap');
const PACKETS = packets.length;

interface Json {
  readonly packets: {
    read: number;
    tcp: number;
    duplicate: number;
    undecoded: Record<string, number>;
  };
  readonly totals: Record<string, number | null>;
  readonly conversations: ReadonlyArray<Record<string, unknown>>;
  readonly connections: ReadonlyArray<Record<string, unknown>>;
}

const report = (...args: string[]) => runCli(['report', ...args]);
/** The capture as JSON, which many tests compare with. */
let plain: Promise<CliResult> | undefined;
const plainReport = () => (plain ??= report('--format', 'json', capture));

async function json(...args: string[]): Promise<Json> {
  const result = await report('--format', 'json', ...args);
  assert.equal(result.status, 0, result.err);
  assert.equal(result.err, '');
  return JSON.parse(result.out) as Json;
}

function refused(result: CliResult, code: string): void {
  assert.equal(result.status, 2, result.err);
  assert.equal(result.out, '');
  assert.ok(result.err.includes(`[${code}]`), result.err);
  assert.ok(!result.err.includes('    at '), `no stack for users: ${result.err}`);
}

describe('JSON', () => {
  /** What contract and guide promise; more may come. */
  const counters = [
    ...['syn.count', 'synack.count', 'attempt.count', 'ct.count', 'fin.count', 'fin.count.clt', 'fin.count.srv'],
    ...['rst.count', 'rst.count.clt', 'rst.count.srv', 'retrans.count.clt', 'retrans.count.srv'],
  ];
  const connectionKeys = [
    ...['client.ip', 'client.port', 'server.ip', 'server.port', 'vlan', 'midstream', 'role', 'start', 'end', 'state'],
    ...['history', 'closer', 'close', 'aborter', 'stage', 'cause', 'confidence', 'evidence', 'packets.clt'],
    ...['packets.srv', 'bytes.clt', 'bytes.srv', 'syn.count', 'synack.count', 'ct.count', 'malformed.count'],
    ...['fin.count.clt', 'fin.count.srv', 'rst.count.clt', 'rst.count.srv', 'retrans.count.clt', 'retrans.count.srv'],
  ];
  const has = (row: object, keys: readonly string[]) =>
    assert.deepEqual(
      keys.filter((key) => !(key in row)),
      [],
      'missing keys'
    );

  test('has every key that programs rely on', async () => {
    const found = JSON.parse((await plainReport()).out) as Json;
    has(found, ['packets', 'totals', 'feed', 'conversations', 'connections']);
    has(found.packets, ['read', 'tcp', 'duplicate', 'undecoded']);
    has(found.packets.undecoded, ['not_tcp', 'fragment']);
    has(found.totals, counters);
    found.conversations.forEach((row) => has(row, ['client.ip', 'server.ip', 'server.port', 'diagnosis', ...counters]));
    found.connections.forEach((row) => has(row, connectionKeys));
    assert.deepEqual([found.conversations.length, found.connections.length], [3, 4]);
  });

  test('tells what happened', async () => {
    const { packets: read, totals, connections } = JSON.parse((await plainReport()).out) as Json;
    assert.deepEqual([read.read, read.tcp, read.duplicate], [PACKETS, PACKETS, 0]);
    const said = ['syn.count', 'attempt.count', 'ct.count', 'fin.count', 'rst.count', 'rst.count.srv', 'refused.count'];
    assert.deepEqual(
      said.map((name) => totals[name]),
      [6, 4, 3, 4, 4, 4, 1]
    );
    const facts = [
      'client.port',
      'close',
      'aborter',
      'closer',
      'state',
      'history',
      'start',
      'syn.count',
      'rst.count.srv',
    ];
    assert.deepEqual(
      connections.map((row) => facts.map((name) => row[name])),
      [
        [40000, 'fin', null, 'client', 'SF', 'ShADadFf', '2023-11-14T22:13:20.000000000Z', 1, 0],
        [40001, 'rst', 'server', 'server', 'RSTR', 'ShADadr', '2023-11-14T22:13:20.000000000Z', 1, 1],
        [40002, 'refused', 'server', 'server', 'REJ', 'Sr', '2023-11-14T22:13:20.000000000Z', 3, 3],
        [40003, 'fin', null, 'server', 'SF', 'ShAfFa', '2023-11-14T22:13:20.000000000Z', 1, 0],
      ]
    );
  });

  test('of a filter has its conversations only, and their totals', async () => {
    const { packets: read, totals, conversations, connections } = await json(capture, '--filter', 'server.port = 1194');
    assert.equal(read.read, PACKETS, 'packets are those of the input');
    assert.deepEqual(
      conversations.map((row) => [row['client.ip'], row['server.ip'], row['server.port']]),
      [['10.0.0.2', '10.0.0.94', 1194]]
    );
    assert.deepEqual(
      ['syn.count', 'rst.count', 'ct.count', 'fin.count'].map((name) => totals[name]),
      [3, 3, 0, 0]
    );
    assert.equal(totals['rst.ratio'], null, 'no connection, so no ratio: not 0');
    assert.deepEqual(
      connections.map((row) => row['client.port']),
      [40002]
    );
  });

  test('of a filter that sums the whole input', async () => {
    // In the conversation with port 443 there are FINs, in the one with the VPN server there are none.
    const found = await json(capture, '--filter', 'rst.count > 0 and fin.count = 0');
    assert.deepEqual(
      found.conversations.map((row) => row['server.port']),
      [1194]
    );
  });

  test('of a filter that nothing matches is empty, not an error', async () => {
    const found = await json(capture, '--filter', 'server.port = 9');
    assert.deepEqual([found.conversations, found.connections, found.totals['packets']], [[], [], 0]);
  });

  test('of standard input, gzipped or not, is that of the file', async () => {
    const { out } = await plainReport();
    for (const input of [bytes, gzipSync(bytes)]) {
      const result = await runCli(['report', '--format', 'json', '-'], { input });
      assert.deepEqual([result.status, result.err, result.out], [0, '', out]);
    }
  });

  test('is the same byte for byte for any number of workers, and without looking for duplicates here', async () => {
    const { out } = await plainReport();
    for (const args of [
      ['--workers', '2'],
      ['--workers', '3', '--dedup', 'off'],
    ]) {
      const result = await report('--format', 'json', ...args, capture);
      assert.deepEqual([result.status, result.err], [0, '']);
      // Where nobody looks for copies, their number is unknown and not 0.
      const expected = args.includes('off')
        ? out.replaceAll(/"(duplicates|dup\.count(?:\.clt|\.srv)?)":0/g, '"$1":null')
        : out;
      assert.equal(result.out, expected, args.join(' '));
    }
  });

  test('of several files is that of their packets in one', async () => {
    const odd = packets.filter((_, i) => i % 2 === 1);
    const even = packets.filter((_, i) => i % 2 === 0);
    const files = [odd, even].map((list, i) => scratch.write(pcap(list, { nanoseconds: true }), `half${i}`));
    const { out } = await plainReport();
    assert.equal((await report('--format', 'json', ...files)).out, out);
    assert.equal((await report('--format', 'json', '--workers', '2', ...files)).out, out);
  });
});

test('text of a capture whose clock was set back says from its oldest packet to its youngest', async () => {
  const back = talk().open().wait(-20).send('client', 10);
  const { out } = await report(scratch.write(pcap(back.packets), 'back.pcap'));
  assert.match(out, /^2023-11-14 22:13:00 to 2023-11-14 22:13:20 UTC, 20 s$/m);
});

test('text has a page with totals, servers, clients, ends and conversations', async () => {
  const { status, out, err } = await report(capture);
  assert.deepEqual([status, err], [0, '']);
  for (const part of [
    /capture\.pcap/,
    /2023-11-14 22:13:20/,
    /Totals/,
    /handshakes +3\b/,
    /Top servers by RST/,
    /10\.0\.0\.94 +1194/,
    /∞ \(no connection\)/,
    /Top clients by RST of servers/,
    /10\.0\.0\.2 /,
    /How connections ended/,
    /refused +refused by the server +1 /,
    /Conversations by RST/,
  ]) {
    assert.match(out, part);
  }
  assert.doesNotMatch(out, /\u001b/, 'no colours where there is no terminal');
  assert.doesNotMatch(out, /[ \t]+$/m, 'no blanks at the end of lines');
});

test('text says how long the capture is to less than a second', async () => {
  const short = talk({ client: '10.0.0.1:40000', server: '10.0.0.80:443', start: 1_700_000_000.9 });
  const { packets: attempt } = short.syn().wait(0.25).refuse();
  const { out } = await report(scratch.write(pcap(attempt, { nanoseconds: true }), 'short.pcap'));
  assert.match(out, /^2023-11-14 22:13:20 to 2023-11-14 22:13:21 UTC, 251 ms$/m);
});

test('text of an empty capture says that there was nothing', async () => {
  const { status, out } = await report(scratch.write(pcap([]), 'empty.pcap'));
  assert.equal(status, 0);
  assert.match(out, /packets +0/);
  assert.doesNotMatch(out, /NaN|undefined|Infinity/);
});

test('text of many files names the first of them', async () => {
  const files = ['a', 'b', 'c', 'd', 'e'].map((name) => scratch.write(pcap(packets, { nanoseconds: true }), name));
  const titleOf = async (given: readonly string[]) =>
    (await report(...given)).out.replaceAll(/\s+/g, ' ').split(' 20')[0];
  assert.equal(await titleOf(files.slice(0, 4)), files.slice(0, 4).join(', '));
  assert.equal(await titleOf(files), `${files.slice(0, 3).join(', ')}, 2 more`);
});

describe('settings', () => {
  const settings = (text: string) =>
    scratch.write(Buffer.from(text), `${Buffer.from(text).toString('hex').slice(-60)}.yml`);

  test('name zones and applications, in rows and filters', async () => {
    const config = settings(
      'probe: branch\nzones: [{ name: /Shops, subnets: [10.0.0.80] }, { name: /Clients, subnets: [10.0.0.0/24] }]\n' +
        'applications: [{ name: Till, ports: [443], serverZones: [/Shops] }]\n'
    );
    const filter = 'server.zone in "/Shops" and client.zone = "/Clients" and application = "Till" and probe = "branch"';
    const { conversations } = await json('--config', config, '--filter', filter, capture);
    assert.deepEqual(
      conversations.map((row) => [row['client.ip'], row['application'], row['client.zone'], row['server.zone']]),
      [['10.0.0.1', 'Till', '/Clients', '/Shops']]
    );
    const without = await json('--filter', 'server.zone in "/Shops" or application = "Till"', capture);
    assert.deepEqual(without.conversations, []);
    assert.match((await report('--config', config, capture)).out, /Till/);
  });

  test('say from when on something is a finding', async () => {
    const findings = async (...args: string[]) =>
      (JSON.parse((await report('--format', 'json', ...args)).out) as { findings: Array<Record<string, unknown>> })
        .findings;
    const tries = together(
      ...Array.from({ length: 3 }, (_, i) =>
        talk({ client: `10.0.0.${i + 1}:40000`, server: '10.0.0.94:1194', start: 1_700_000_000 + i })
          .syn()
          .refuse()
      )
    );
    const file = scratch.write(pcap(tries), 'tries.pcap');
    const kinds = (all: ReadonlyArray<Record<string, unknown>>) => all.map((one) => one['kind']);
    assert.deepEqual(kinds(await findings(file)), []);
    assert.deepEqual(kinds(await findings('--config', settings('findings: { attempts: 3 }\n'), file)), [
      'refusal-storm',
    ]);
  });

  test('name the zone that is in trouble as the service does', async () => {
    const lost = together(
      ...Array.from({ length: 12 }, (_, i) =>
        talk({ client: `10.9.0.${i}:40000`, server: `10.0.${i % 4}.80:443`, start: 1_700_000_000 + i })
          .syn()
          .wait(1)
          .syn()
          .wait(2)
          .syn()
      )
    );
    const file = scratch.write(pcap(lost), 'lost.pcap');
    const config = settings('zones: [{ name: /Paris, subnets: [10.0.0.0/16] }]\n');
    const { out } = await report('--config', config, file);
    assert.match(out, /zone-trouble {3}high[\s\S]*4 of 4 servers in \/Paris lost[\s\S]*server\.zone = "\/Paris"/);
    assert.doesNotMatch((await report(file)).out, /zone-trouble/, 'four networks without a zone in common');
  });

  test('say which ports are servers, and what of copies and VLANs; options come before them', async () => {
    const tail = talk({ client: '10.0.0.1:40000', server: '10.0.0.80:50000' }).exchange().exchange();
    const twice = tail.packets.flatMap((packet) => [packet, packet]);
    const file = scratch.write(pcap(twice), 'tail.pcap');
    const served = async (...args: string[]) => {
      const { packets: read, connections } = await json(...args, file);
      return [read.duplicate, connections[0]?.['server.port']];
    };
    const [config, other] = [40_000, 50_000].map((port) => settings(`serverPorts: [${port}]\ndedup: "off"\n`));
    assert.deepEqual(await served('--config', config!), [0, 40_000]);
    assert.deepEqual(await served('--config', other!), [0, 50_000]);
    const [copies] = await served('--config', other!, '--dedup', 'on');
    assert.equal(copies, tail.packets.length);
  });

  test('that are wrong are refused with their line', async () => {
    const result = await report('--config', settings('probe: x\nfindings: { repeat: 3 }\n'), capture);
    refused(result, 'TCPS_E_CONFIG_INVALID');
    assert.match(result.err, /\.yml:2:13: findings\.repeat is no setting/);
  });
});

describe('exit status', () => {
  test('1: a damaged file is reported as far as it can be read, and the damage named', async () => {
    const cut = scratch.write(bytes.subarray(0, bytes.length - 7), 'cut.pcap');
    for (const workers of ['1', '2']) {
      const result = await report('--format', 'json', '--workers', workers, cut);
      assert.equal(result.status, 1, result.err);
      assert.equal((JSON.parse(result.out) as Json).packets.read, PACKETS - 1);
      assert.match(result.err, /^tcpscope: .*cut\.pcap is damaged: .*\[TCPS_E_FILE_DAMAGED\]\n$/);
    }
  });

  const failures: Readonly<Record<string, [readonly string[], string]>> = {
    'a file that is not there': [[`${scratch.folder}/absent`], 'TCPS_E_FILE_UNREADABLE'],
    'a folder': [[scratch.folder], 'TCPS_E_FILE_UNREADABLE'],
    'a file that is no capture': [[scratch.write(Buffer.from('hello world'), 'text')], 'TCPS_E_FILE_FORMAT'],
    'a good file and one that is not there': [[capture, `${scratch.folder}/absent`], 'TCPS_E_FILE_UNREADABLE'],
    'the same, with workers': [['--workers', '2', capture, `${scratch.folder}/absent`], 'TCPS_E_FILE_UNREADABLE'],
    'standard input twice': [['-', '-'], 'TCPS_E_STDIN_TWICE'],
    'standard input for several workers': [['--workers', '2', '-'], 'TCPS_E_STDIN_WORKERS'],
  };
  for (const [name, [args, code]] of Object.entries(failures)) {
    test(`2: ${name}`, async () => refused(await report('--format', 'json', ...args), code));
  }

  test('a page of a filter that matches nothing says so, and which filter', async () => {
    const { out, status } = await report('--filter', 'server.port = 99', capture);
    assert.equal(status, 0);
    assert.match(out, /^only conversations with server\.port = 99$/m);
    assert.match(out, /no conversation matches the filter/);
    assert.doesNotMatch(out, /no TCP connection/);
  });

  const usage: Readonly<Record<string, readonly string[]>> = {
    'no file': [],
    'an unknown option': ['--no-such-option', capture],
    'an unknown way of dedup': ['--dedup', 'maybe', capture],
    'a hundred thousand workers': ['--workers', '100000', capture],
  };
  for (const [name, args] of Object.entries(usage)) {
    test(`2: ${name}`, async () => {
      const result = await report(...args);
      assert.equal(result.status, 2, result.err);
      assert.equal(result.out, '');
      assert.match(result.err, /^tcpscope: Wrong usage: .* \[TCPS_E_USAGE\]$/m);
    });
  }

  test('2: a full disk, in a sentence', { skip: existsSync('/dev/full') ? false : 'no /dev/full' }, () => {
    const full = openSync('/dev/full', 'w');
    const cli = fileURLToPath(new URL('../cli.ts', import.meta.url));
    const { status, stderr } = spawnSync(process.execPath, ['--import', 'tsx', cli, 'report', capture], {
      stdio: ['ignore', full, 'pipe'],
      encoding: 'utf8',
    });
    closeSync(full);
    assert.equal(status, 2);
    assert.match(stderr, /^tcpscope: The output cannot be written: ENOSPC: .*\. \[TCPS_E_OUTPUT\]\n$/);
  });

  test('is the same when nobody reads what is said', async () => {
    const missing = await runCli(['report', `${capture}.missing`], { unread: 'stderr' });
    assert.equal(missing.status, 2);
    const several = await runCli(['explain', capture], { unread: 'stderr' });
    assert.equal(several.status, 2);
    const help = await runCli(['report', '--help'], { unread: 'stdout' });
    assert.deepEqual([help.status, help.err], [0, '']);
  });

  test('0: help and version', async () => {
    for (const args of [['--version'], ['report', '--help']]) {
      const result = await runCli(args);
      assert.deepEqual([result.status, result.err], [0, '']);
      assert.match(result.out, /tcpscope|\d+\.\d+\.\d+/);
    }
  });
});

test('a wrong filter is shown with the place where it goes wrong', async () => {
  const filter = 'rst.count > 0 and fin.cuont = 0';
  const result = await report('--filter', filter, capture);
  refused(result, 'TCPS_E_FILTER_FIELD');
  const [, shown, marks] = result.err.split('\n') as [string, string, string];
  assert.equal(shown, `  ${filter}`);
  assert.equal(marks.indexOf('^'), 2 + filter.indexOf('fin.cuont'));
  assert.equal(marks.trim(), '^'.repeat('fin.cuont'.length));
  assert.match(result.err, /fin\.count/, 'what was meant');
});

test('a reader that goes away (head, a pager) ends it quietly', async () => {
  const many = together(
    ...Array.from({ length: 3000 }, (_, i) =>
      talk({ client: `10.1.${i >> 8}.${i & 255}:40000`, start: 1_700_000_000 + i / 1000 })
        .open()
        .close('client')
    )
  );
  const file = scratch.write(pcap(many), 'many.pcap');
  const result = await runCli(['report', '--format', 'json', file], { head: true });
  assert.deepEqual([result.status, result.signal, result.err], [0, null, '']);
  assert.match(result.out, /^\{\n"packets"/);
});
