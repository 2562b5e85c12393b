import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pcap } from '../traffic/capture-file.js';
import { talk } from '../traffic/talk.js';
import { Analyzer, ask, askUntil, cli, command, health, withoutCapabilities, type Ended } from './analyzer.js';
import { pageInTerminal } from './terminal.js';
import { generate } from './traffic-file.js';
import { isInstalled } from './two-hosts.js';

const folder = mkdtempSync(join(tmpdir(), 'tcpscope-faults-'));
const start = 1_767_225_600;
const range = { from: (start - 60) * 1000, to: (start + 600) * 1000 };
const file = join(folder, 'one.pcap');
writeFileSync(file, pcap(talk({ start }).open().exchange().rst('server').packets));
const text = join(folder, 'notes.pcap');
writeFileSync(text, 'these are notes');

/** Packets of a file: no right is needed. */
const reading = ['capture', '--read', file, '--port', '0'];
let stores = 0;
const freshStore = () => ['--store', join(folder, `store-${stores++}`)];

after(async () => {
  await Analyzer.stopAll();
  rmSync(folder, { recursive: true, force: true });
});

/** One line that says what is wrong, its code, and nothing for programmers. */
function refused({ status, out, err }: Ended, code: string, says: RegExp): void {
  assert.equal(status, 2, err);
  assert.equal(out, '');
  const [line] = err.split('\n').filter((one) => one.includes(`[${code}]`));
  assert.ok(line !== undefined, err);
  assert.match(line, says);
  assert.doesNotMatch(err, /^ +at /m);
}

describe('a capture that cannot begin ends with status 2 and says why', () => {
  const configuration = (name: string, content: string) => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return ['--config', path];
  };
  const cases: Readonly<Record<string, readonly [args: readonly string[], code: string, says: RegExp]>> = {
    'there is no such interface': [
      ['capture', '-i', 'nowhere0', '--port', '0'],
      'TCPS_E_CAPTURE_INTERFACE_MISSING',
      /No network interface named "nowhere0"\. Interfaces here: .*\blo\b/,
    ],
    'there is no such configuration': [
      [...reading, '--config', join(folder, 'absent.yml')],
      'TCPS_E_CONFIG_UNREADABLE',
      /absent\.yml: there is no such file/,
    ],
    'a setting does not exist': [
      [...reading, ...configuration('typing-error.yml', 'probe: a\nstore:\n  retentoin: {}\n')],
      'TCPS_E_CONFIG_INVALID',
      /typing-error\.yml:3:3: store\.retentoin is no setting/,
    ],
    'a setting is out of range': [
      [...reading, ...configuration('range.yml', 'connections: 10\n')],
      'TCPS_E_CONFIG_INVALID',
      /range\.yml:1:1: connections: /,
    ],
    'the configuration is no YAML': [
      [...reading, ...configuration('broken.yml', 'probe: [a\n')],
      'TCPS_E_CONFIG_INVALID',
      /broken\.yml:\d+:\d+: /,
    ],
    'others could ask and there is no token': [
      [...reading, '--host', '0.0.0.0'],
      'TCPS_E_API_EXPOSED',
      /without a token/,
    ],
    'the file of packets is not there': [
      ['capture', '--read', join(folder, 'absent.pcap'), '--port', '0'],
      'TCPS_E_FILE_UNREADABLE',
      /absent\.pcap: there is no such file/,
    ],
    'the store would be inside a file': [
      [...reading, '--store', join(text, 'store')],
      'TCPS_E_STORE_FOLDER',
      /The store folder .* cannot be used: /,
    ],
  };
  for (const [name, [args, code, says]] of Object.entries(cases)) {
    test(name, async () => {
      const own = args.includes('--store') ? [] : freshStore();
      refused(await command([...args, ...own]), code, says);
    });
  }

  test('the port is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    const { port } = taken.address() as AddressInfo;
    try {
      const ended = await command(['capture', '--read', file, '--port', String(port), ...freshStore()]);
      refused(ended, 'TCPS_E_API_LISTEN', new RegExp(`cannot listen on 127\\.0\\.0\\.1:${port}: `));
    } finally {
      taken.close();
    }
  });

  test('somebody else owns the store, who is named and goes on', async () => {
    const store = freshStore();
    const owner = await Analyzer.start(['serve', '--port', '0', ...store], 'listens');
    refused(
      await command([...reading, ...store]),
      'TCPS_E_STORE_LOCKED',
      new RegExp(`process ${owner.process.pid}\\b`)
    );
    assert.equal((await health(owner.url)).status, 'ok');
    assert.equal(await owner.stop(), 0);
  });

  const skip = process.getuid?.() === 0 && !isInstalled('setpriv') ? 'setpriv (util-linux) is not installed' : false;
  test('it may not capture', { skip }, async () => {
    const ended = await command(['capture', '-i', 'lo', '--port', '0', ...freshStore()], withoutCapabilities);
    refused(ended, 'TCPS_E_CAPTURE_NOT_PERMITTED', /grant CAP_NET_RAW \(docs\/operations\.md\)/);
  });
});

describe('an import', { concurrency: false }, () => {
  const store = join(folder, 'imports');
  const imported = (...args: string[]) => command(['import', '--store', store, ...args]);
  const rows = async () => {
    const serve = await Analyzer.start(['serve', '--store', store, '--port', '0'], 'listens');
    const [row] = await ask(serve.url, { ...range, kind: 'top', metrics: ['rst.count.srv', 'ct.count', 'conn.count'] });
    await serve.stop();
    return row;
  };

  test('tells what it stored, and where in time', async () => {
    const { status, out, err } = await imported(file);
    assert.deepEqual([status, err], [0, '']);
    assert.match(
      out,
      /^\d+ packets read, \d+ of them TCP\n\d+ rows stored in .*\nwindows from 2026-01-01 00:00:00 to /
    );
    assert.deepEqual(await rows(), { 'rst.count.srv': 1, 'ct.count': 1, 'conn.count': 1 });
  });

  test('of the same file adds nothing, under any name', async () => {
    const copy = join(folder, 'copy.pcap');
    writeFileSync(copy, pcap(talk({ start }).open().exchange().rst('server').packets));
    for (const same of [file, copy]) {
      const { status, out } = await imported(same);
      assert.equal(status, 0);
      assert.match(out, /nothing new: all \d+ rows were imported before/);
    }
    assert.deepEqual(await rows(), { 'rst.count.srv': 1, 'ct.count': 1, 'conn.count': 1 });
  });

  const wrong: Readonly<Record<string, readonly [args: readonly string[], code: string, says: RegExp]>> = {
    'that is no capture': [[text], 'TCPS_E_FILE_FORMAT', /notes\.pcap is not a capture file: /],
    'that is not there': [[join(folder, 'absent.pcap')], 'TCPS_E_FILE_UNREADABLE', /there is no such file/],
    'that is a folder': [[folder], 'TCPS_E_FILE_UNREADABLE', /it is a folder/],
    'of standard input': [['-'], 'TCPS_E_IMPORT_STDIN', /tcpscope capture --read -/],
    'good, beside one that is no capture': [[file, text], 'TCPS_E_FILE_FORMAT', /notes\.pcap/],
  };
  for (const [name, [args, code, says]] of Object.entries(wrong)) {
    test(`of a file ${name}`, async () => {
      const ended = await imported(...args);
      refused(ended, code, says);
    });
  }

  test('of nothing is wrong usage', async () => {
    const { status, err } = await imported();
    assert.equal(status, 2);
    assert.match(err, /missing required argument 'file'/);
  });

  test('of what has been refused stored nothing', async () => {
    assert.deepEqual(await rows(), { 'rst.count.srv': 1, 'ct.count': 1, 'conn.count': 1 });
  });

  test('of several files is one of all of them in time order; beside a running service its owner stores them', async () => {
    const later = join(folder, 'later.pcap');
    const earlier = join(folder, 'earlier.pcap');
    writeFileSync(
      later,
      pcap(
        talk({ start: start + 300, client: '10.0.0.7:40000' })
          .syn()
          .refuse().packets
      )
    );
    writeFileSync(
      earlier,
      pcap(
        talk({ start: start + 200, client: '10.0.0.7:40000' })
          .open()
          .rst('server').packets
      )
    );
    const serve = await Analyzer.start(['serve', '--store', store, '--port', '0'], 'listens');
    const { status, out, err } = await imported(later, earlier);
    assert.deepEqual([status, err], [0, '']);
    assert.match(out, /handed over to the process that owns /);
    const query = {
      ...range,
      kind: 'top',
      metrics: ['rst.count.srv', 'refused.count'],
      filter: 'client.ip = 10.0.0.7',
    };
    assert.deepEqual(await ask(serve.url, query), [{ 'rst.count.srv': 2, 'refused.count': 1 }]);
    assert.equal(await serve.stop(), 0);
    assert.deepEqual(readdirSync(join(store, 'spool')), []);
  });

  test('into a store whose folder may not be written is refused', async () => {
    const place = join(folder, 'a-file');
    writeFileSync(place, '');
    refused(await command(['import', '--store', place, file]), 'TCPS_E_STORE_FOLDER', /a-file cannot be used: /);
  });
});

test('a capture that is to end while rows find no space ends all the same, and says what is lost', async () => {
  const store = join(folder, `store-${stores++}`);
  const analyzer = await Analyzer.start(
    ['capture', '--read', '-', '--store', store, '--port', '0'],
    'listens',
    (program, args) => {
      const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
      child.stdin.on('error', () => undefined);
      return child;
    }
  );
  // As a disk that is full, or taken away.
  renameSync(join(store, 'spool'), join(store, 'spool-away'));
  analyzer.process.stdin!.write(readFileSync(file));
  await askUntil(
    () => health(analyzer.url),
    ({ reasons }) => /rows wait in memory/.test(reasons.join())
  );
  const giveUp = setTimeout(() => analyzer.process.kill('SIGKILL'), 30_000);
  assert.equal(await analyzer.stop(), 0, analyzer.output);
  clearTimeout(giveUp);
  assert.match(analyzer.output, /"reason":"stopped","rows":\d+,"msg":"rows lost"/);
});

describe('an import onto a disk that is full', { skip: cannotMount(), concurrency: false }, () => {
  const disk = join(folder, 'disk');
  const store = join(disk, 'store');
  const ballast = join(disk, 'ballast');
  const large = join(folder, 'large.pcap');

  before(async () => {
    mkdirSync(disk);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', disk]);
    generate(60_000, large);
    assert.equal((await command(['import', '--store', store, file])).status, 0);
  });
  after(() => execFileSync('umount', ['--lazy', disk]));

  /** Fills the disk but for some bytes. */
  const fill = (spare: number) => {
    const { bavail, bsize } = statfsSync(disk);
    writeFileSync(ballast, Buffer.alloc(bavail * bsize - spare));
  };

  test('cannot begin', async () => {
    fill(0);
    refused(await command(['import', '--store', store, large]), 'TCPS_E_STORE_FOLDER', /no space left on device/);
    rmSync(ballast);
  });

  test('or becomes so waits, says why, and stores everything when there is space', async () => {
    fill(150 * 1024);
    const child = spawn(process.execPath, [cli, 'import', '--store', store, large], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [out, err] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (said: string) => (out += said));
    child.stderr.setEncoding('utf8').on('data', (said: string) => {
      err += said;
      if (/disk-full/.test(err)) {
        rmSync(ballast, { force: true });
      }
    });
    const [status] = (await once(child, 'close')) as [number];
    assert.equal(status, 0, err);
    // First in memory, for want of room in the spool; where the engine finds too little as well, also in the spool.
    assert.match(err, /^tcpscope: rows wait in memory: disk-full; the import goes on when that is over\n/);
    assert.match(err, /^(tcpscope: rows wait in .*; the import goes on when that is over\n)+$/);
    assert.match(out, /^60,000 packets read, .*\n[\d,]+ rows stored in /);
  });
});

function cannotMount(): string | false {
  return process.getuid?.() === 0 && isInstalled('mount') ? false : 'mounting needs root';
}

describe('the live page', { skip: isInstalled('script') ? false : 'script (util-linux) is not installed' }, () => {
  let shown: Map<number, string>;
  const widths = [80, 130];

  before(async () => {
    shown = new Map();
    // Long ago: the page follows the packets' time.
    const packets = [
      ...talk({ start, client: '10.1.2.3:40000', server: '10.20.30.40:8443' }).open().exchange().rst('server').packets,
      ...talk({ start: start + 5, client: '[2001:db8:1629:5::beef:5]:40001', server: '[2001:db8:20:1:2:3:4:5]:443' })
        .open()
        .exchange()
        .rst('server').packets,
    ];
    const recorded = join(folder, 'recorded.pcap');
    writeFileSync(recorded, pcap(packets));
    for (const columns of widths) {
      const args = ['capture', '--read', recorded, '--port', '0', ...freshStore()];
      shown.set(columns, await pageInTerminal([columns, 60], args, /10\.20\.30\.40/));
    }
  });

  for (const columns of widths) {
    test(`at ${columns} columns has no line that is wider`, () => {
      const lines = shown.get(columns)!.split('\n');
      const wide = lines.filter((line) => [...line].length > columns);
      assert.deepEqual(wide, []);
    });

    test(`at ${columns} columns names servers, clients and how connections ended`, () => {
      const page = shown.get(columns)!;
      for (const words of [/Servers? /i, /10\.20\.30\.40/, /10\.1\.2\.3/, /API http:\/\/127\.0\.0\.1:\d+/, /Ctrl-C/]) {
        assert.match(page, words);
      }
    });
  }
});
