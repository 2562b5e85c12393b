import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { createEnrichment, enrichConfigSchema } from '../../analyzer/src/enrich/index.js';
import { address } from './frame.js';
import { analyzeBytes } from './analyze.js';
import { CompanyTraffic, stories, type CompanyOptions } from './company/company.js';
import { Truth, type Counts } from './company/truth.js';

/** A working day at 10:00 UTC. */
const FROM = Date.UTC(2026, 0, 14, 10) / 1000;
const usual = { seed: 7, rate: 400, from: FROM, until: FROM + 60 };

function capture(options: Partial<CompanyOptions> = {}): Buffer {
  return Buffer.concat(
    Array.from(new CompanyTraffic({ ...usual, ...options }).pieces(), (piece) => Buffer.from(piece))
  );
}

/** Plays to the end and keeps nothing. */
function play(traffic: CompanyTraffic, meanwhile: () => void = () => undefined): void {
  while (traffic.next().state !== 'over') {
    meanwhile();
  }
}

const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

interface RecordOf {
  /** Nanoseconds since 1970. */
  readonly time: bigint;
  readonly wire: number;
  readonly frame: Buffer;
}

function* records(file: Buffer): Generator<RecordOf> {
  const unit = file.readUInt32LE(0) === 0xa1b23c4d ? 1n : 1000n;
  for (let at = 24; at < file.length;) {
    const captured = file.readUInt32LE(at + 8);
    const time = BigInt(file.readUInt32LE(at)) * 1_000_000_000n + BigInt(file.readUInt32LE(at + 4)) * unit;
    yield { time, wire: file.readUInt32LE(at + 12), frame: file.subarray(at + 16, at + 16 + captured) };
    at += 16 + captured;
  }
}

/** The Internet checksum over bytes that contain their checksum: 0 when it is right (RFC 1071). */
function residue(...parts: readonly Uint8Array[]): number {
  let sum = 0;
  for (const part of parts) {
    part.forEach((byte, i) => (sum += i % 2 === 0 ? byte * 256 : byte));
  }
  while (sum > 0xffff) {
    sum = (sum & 0xffff) + Math.floor(sum / 65536);
  }
  return ~sum & 0xffff;
}

/** Residues of the checksums of a whole frame. */
function residues(frame: Buffer): { family: number; ip: number; tcp: number } {
  const start = frame.readUInt16BE(12) === 0x8100 ? 18 : 14;
  const ip = frame.subarray(start);
  const family = (ip[0] ?? 0) >> 4;
  const header = family === 4 ? 20 : 40;
  const addresses = ip.subarray(family === 4 ? 12 : 8, header);
  const segment = ip.subarray(header);
  const pseudo = Buffer.from([0, 6, segment.length >> 8, segment.length & 255]);
  return { family, ip: family === 4 ? residue(ip.subarray(0, 20)) : 0, tcp: residue(addresses, pseudo, segment) };
}

const compared = [
  'syn.count',
  'synack.count',
  'ct.count',
  'fin.count.clt',
  'fin.count.srv',
  'rst.count.clt',
  'rst.count.srv',
  'retrans.count.clt',
  'retrans.count.srv',
  'zerowindow.count.clt',
  'zerowindow.count.srv',
] as const;

/** What analyzer and truth are compared by, as text that shows the difference. */
function summary(connections: number, close: Record<string, number | undefined>, counts: Record<string, unknown>) {
  return {
    connections,
    close: Object.fromEntries(Object.entries(close).sort(([a], [b]) => (a < b ? -1 : 1))),
    ...Object.fromEntries(compared.map((name) => [name, counts[name]])),
  };
}

function truthOf(counts: Counts) {
  return summary(counts.connections, counts.close, { ...counts });
}

/** Conversations as the analyzer tells them, by the same name and in the same form as the truth. */
function analyzed(file: Buffer) {
  const analysis = analyzeBytes(file, { maxConnections: 1 << 17, windowConnections: 1 << 16 });
  const nameOf = (row: Record<string, unknown>) =>
    `${String(row['client.ip'])} ${String(row['server.ip'])} ${String(row['server.port'])}`;
  const ends = new Map<string, { connections: number; close: Record<string, number> }>();
  for (const row of analysis.connections) {
    const end = ends.get(nameOf(row)) ?? { connections: 0, close: {} };
    ends.set(nameOf(row), end);
    end.connections++;
    end.close[String(row['close'])] = (end.close[String(row['close'])] ?? 0) + 1;
  }
  return new Map(
    analysis.conversations.map((row) => {
      const { connections, close } = ends.get(nameOf(row)) ?? { connections: 0, close: {} };
      return [nameOf(row), summary(connections, close, row)] as const;
    })
  );
}

function assertAgree(options: Partial<CompanyOptions>): void {
  const truth = new Truth();
  const told = analyzed(capture({ ...options, truth }));
  const expected = new Map([...truth.conversations].map(([name, counts]) => [name, truthOf(counts)]));
  const differing = [...new Set([...told.keys(), ...expected.keys()])].filter(
    (name) => JSON.stringify(told.get(name)) !== JSON.stringify(expected.get(name))
  );
  assert.deepEqual(
    differing.slice(0, 5).map((name) => ({ name, ...told.get(name) })),
    differing.slice(0, 5).map((name) => ({ name, ...expected.get(name) })),
    `${differing.length} of ${expected.size} conversations differ`
  );
}

describe('the file', () => {
  test('the same seed gives the same bytes, however large the pieces; another seed gives others', () => {
    const first = digest(capture());
    assert.equal(digest(capture()), first);
    assert.equal(digest(capture({ piece: 8192 })), first);
    assert.notEqual(digest(capture({ seed: 8 })), first);
  });

  test('telling the truth changes no byte', () => {
    assert.equal(digest(capture({ truth: new Truth() })), digest(capture()));
  });

  test('every checksum is right, with IPv4, IPv6 and VLAN tags', () => {
    const families = new Set<number>();
    let tagged = 0;
    for (const { frame, wire } of records(capture({ snap: 65535, until: FROM + 30 }))) {
      assert.equal(frame.length, wire);
      const { family, ip, tcp } = residues(frame);
      assert.deepEqual({ ip, tcp }, { ip: 0, tcp: 0 });
      families.add(family);
      tagged += frame.readUInt16BE(12) === 0x8100 ? 1 : 0;
    }
    assert.deepEqual([...families].sort(), [4, 6]);
    assert.ok(tagged > 0);
  });

  for (const nanoseconds of [false, true]) {
    test(`packets come in order of time and within the range, in ${nanoseconds ? 'nano' : 'micro'}seconds`, () => {
      let last = BigInt(FROM) * 1_000_000_000n;
      for (const { time } of records(capture({ nanoseconds }))) {
        assert.ok(time >= last);
        last = time;
      }
      assert.ok(last < BigInt(FROM + 60) * 1_000_000_000n);
    });
  }

  test('cutting packets short changes nothing but what is kept of them', () => {
    const whole = [...records(capture({ snap: 65535 }))];
    const short = [...records(capture({ snap: 60 }))];
    assert.equal(short.length, whole.length);
    short.forEach((record, i) => {
      assert.equal(record.wire, whole[i]?.wire);
      assert.deepEqual(record.frame, whole[i]?.frame.subarray(0, 60));
    });
  });

  test('it ends after the packets asked for', () => {
    assert.equal([...records(capture({ packets: 1234 }))].length, 1234);
  });

  for (const rate of [100, 400, 3000]) {
    test(`${rate} packets a second are what comes, within a tenth`, () => {
      const traffic = new CompanyTraffic({ ...usual, rate, until: FROM + 600 });
      play(traffic);
      const actual = traffic.packets / 600;
      assert.ok(Math.abs(actual / rate - 1) < 0.1, `${actual} a second`);
    });
  }

  test('what is held does not grow with the length of the capture', () => {
    const most = (seconds: number) => {
      const traffic = new CompanyTraffic({ ...usual, rate: 100, until: FROM + seconds });
      let live = 0;
      play(traffic, () => (live = Math.max(live, traffic.live)));
      return live;
    };
    assert.ok(most(7200) < 2 * most(1800));
  });
});

describe('the truth', () => {
  test('is what the analyzer tells of every conversation in a quarter of an hour', () => {
    assertAgree({ until: FROM + 900 });
  });

  test('is so for other seeds, rates and times of day', () => {
    assertAgree({ seed: 1, rate: 150, from: FROM - 36_000, until: FROM - 36_000 + 1000 });
    assertAgree({ seed: 2, rate: 2000, until: FROM + 120 });
    assertAgree({ seed: 1234567890123, until: FROM + 300 });
  });

  test('is so wherever the file ends', () => {
    for (let packets = 1; packets < 30_000; packets = Math.ceil(packets * 1.7)) {
      assertAgree({ packets });
    }
  });

  test('adds up', () => {
    const truth = new Truth();
    const file = capture({ truth, until: FROM + 600 });
    assert.equal([...records(file)].length, truth.totals.packets);
    for (const groups of [truth.stories, truth.conversations]) {
      for (const name of ['connections', 'packets', 'midstream', ...compared] as const) {
        const sum = [...groups.values()].reduce((total, counts) => total + counts[name], 0);
        assert.equal(sum, truth.totals[name], name);
      }
    }
    assert.ok(truth.totals.midstream > 20, 'the capture begins amidst connections');
  });
});

describe('the stories', () => {
  test('end their connections the way they say', () => {
    const ended = new Map<string, Map<string, number>>();
    capture({
      until: FROM + 2400,
      witness: ({ ended: over, pending, story, tally }) => {
        if (over && pending === 0) {
          const closes = ended.get(story) ?? new Map<string, number>();
          closes.set(tally.close, (closes.get(tally.close) ?? 0) + 1);
          ended.set(story, closes);
        }
      },
    });
    for (const { name, closes } of stories) {
      const found = [...(ended.get(name)?.keys() ?? [])].sort();
      assert.ok(found.length > 0, `${name} plays`);
      if (closes !== null) {
        assert.deepEqual(found, [...closes].sort(), name);
      }
    }
  });

  test('several are to be seen in every quarter of an hour', () => {
    const truth = new Truth();
    capture({ truth, rate: 50, until: FROM + 7200 });
    for (let start = FROM; start + 900 <= FROM + 7200; start += 300) {
      const begun = [...truth.stories].filter(([, { starts }]) => starts.some((at) => at >= start && at < start + 900));
      assert.ok(begun.length >= 15, `${begun.length} begin in the quarter from ${start}`);
    }
  });
});

describe('the configuration', () => {
  const file: unknown = parse(readFileSync(new URL('company.yaml', import.meta.url), 'utf8'));
  const { zones, applications } = file as { zones: unknown; applications: unknown };
  const enrichment = createEnrichment(enrichConfigSchema.parse({ zones, applications }));
  const zoneOf = (ip: string) => {
    const bytes = address(ip);
    const mapped = bytes.length === 16 ? bytes : Uint8Array.from([...Array<number>(10).fill(0), 255, 255, ...bytes]);
    return enrichment.zones.lookup(mapped, 0, 0);
  };

  for (const [ip, zone] of [
    ['10.1.4.77', '/Offices/Paris'],
    ['10.2.1.10', '/Offices/Lyon'],
    ['2001:db8:30:1::100', '/Offices/Nantes'],
    ['10.8.0.6', '/VPN'],
    ['10.20.1.11', '/Datacentre/Web'],
    ['10.20.3.11', '/Datacentre/Databases'],
    ['203.0.113.93', '/Datacentre/Public'],
    ['198.18.7.7', '/Internet'],
    ['2001:db8:1234::1', '/Internet'],
  ] as const) {
    test(`${ip} is in ${zone}`, () => {
      assert.equal(enrichment.zones.names[zoneOf(ip)], zone);
    });
  }

  for (const [client, server, port, application] of [
    ['10.1.4.77', '203.0.113.93', 1194, 'VPN'],
    ['10.20.0.10', '10.20.1.12', 8080, 'Shop servers'],
    ['198.18.7.7', '203.0.113.10', 443, 'Shop'],
    ['10.2.1.10', '10.20.2.33', 8080, 'Planning'],
    ['10.2.1.10', '198.51.100.20', 443, 'Cloud'],
  ] as const) {
    test(`${server}:${port} is ${application}`, () => {
      const found = enrichment.applications.lookup(port, zoneOf(client), zoneOf(server));
      assert.equal(enrichment.applications.names[found], application);
    });
  }
});
