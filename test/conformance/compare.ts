import { createEnrichment, enrichConfigSchema } from '../../analyzer/src/enrich/index.js';
import { CaptureFile } from '../../analyzer/src/capture/capture-file.js';
import { readFiles } from '../../analyzer/src/capture/read-files.js';
import { Pipeline } from '../../analyzer/src/pipeline/pipeline.js';
import { Collector, connectionJson, makeReport, type Report } from '../../analyzer/src/report/index.js';
import { closeClassesOf, type Expected, type ExpectedConversation, type Side } from './expected.js';

/** Runs a capture through the pipeline, as `report` does. */
export async function reportOf(path: string): Promise<Report> {
  const collector = new Collector(createEnrichment(enrichConfigSchema.parse({})));
  const pipeline = new Pipeline((batch) => collector.add(batch), {
    maxConnections: 1 << 16,
    windowConnections: 1 << 12,
  });
  const file = await CaptureFile.open(path);
  await readFiles([file], pipeline);
  file.close();
  pipeline.finish();
  return makeReport(pipeline.counts(), collector, null);
}

interface Counts {
  pkts: number;
  payload_bytes: number;
  syn: number;
  synack: number;
  fin: number;
  rst: number;
  retx: number;
}

const none = (): Counts => ({ pkts: 0, payload_bytes: 0, syn: 0, synack: 0, fin: 0, rst: 0, retx: 0 });

/** What our connection rows say of one pair of endpoints, by sending endpoint. */
interface Pair {
  readonly sides: Map<string, Counts>;
  readonly clients: Set<string>;
  readonly closes: string[];
  syn: number;
  synack: number;
  attempts: number;
  handshakes: number;
}

function pairsOf(report: Report): Map<string, Pair> {
  const pairs = new Map<string, Pair>();
  for (const row of report.connections) {
    const json = connectionJson(row) as Record<string, number | string | null>;
    const client = `${json['client.ip']} ${json['client.port']}`;
    const server = `${json['server.ip']} ${json['server.port']}`;
    const key = [client, server].sort().join(' - ');
    let pair = pairs.get(key);
    if (pair === undefined) {
      pair = { sides: new Map(), clients: new Set(), closes: [], syn: 0, synack: 0, attempts: 0, handshakes: 0 };
      pairs.set(key, pair);
    }
    add(pair, client, json, 'clt');
    add(pair, server, json, 'srv');
    pair.clients.add(client);
    pair.closes.push(String(json['close']));
    pair.syn += Number(json['syn.count']);
    pair.synack += Number(json['synack.count']);
    pair.attempts += Number(json['attempt.count']);
    pair.handshakes += Number(json['ct.count']);
  }
  return pairs;
}

function add(pair: Pair, endpoint: string, json: Record<string, number | string | null>, side: 'clt' | 'srv'): void {
  const counts = pair.sides.get(endpoint) ?? none();
  counts.pkts += Number(json[`packets.${side}`]);
  counts.payload_bytes += Number(json[`bytes.${side}`]);
  counts.fin += Number(json[`fin.count.${side}`]);
  counts.rst += Number(json[`rst.count.${side}`]);
  counts.retx += Number(json[`retrans.count.${side}`]);
  pair.sides.set(endpoint, counts);
}

/** Every difference between a report and the oracle's truth, one line each. */
export function differences(report: Report, expected: Expected): string[] {
  const found: string[] = [];
  const check = (what: string, ours: unknown, theirs: unknown) => {
    if (theirs !== null && ours !== theirs) {
      found.push(`${what}: ${String(ours)}, expected ${String(theirs)}`);
    }
  };
  const { totals } = expected;
  check('packets read', report.packets.read, totals.frames);
  check('tcp packets', report.packets.tcp, totals.tcp);
  check('syn.count', report.totals['syn.count'], totals.syn);
  check('synack.count', report.totals['synack.count'], totals.synack);
  check('fin.count', report.totals['fin.count'], totals.fin);
  check('rst.count', report.totals['rst.count'], totals.rst);
  check('retrans.count', report.totals['retrans.count'], totals.retx);
  check('bytes', report.totals['bytes'], totals.payload_bytes);
  check('malformed.count', report.totals['malformed.count'], totals.odd);
  check('attempt.count', report.totals['attempt.count'], totals.attempts);
  check('ct.count', report.totals['ct.count'], totals.handshakes);
  const pairs = pairsOf(report);
  for (const conversation of expected.conversations) {
    const key = [conversation.a, conversation.b].sort().join(' - ');
    const pair = pairs.get(key);
    pairs.delete(key);
    if (pair === undefined) {
      found.push(`${key}: missing`);
    } else {
      found.push(...conversationDifferences(key, pair, conversation));
    }
  }
  found.push(...[...pairs.keys()].map((key) => `${key}: unexpected`));
  return found;
}

function conversationDifferences(key: string, pair: Pair, conversation: ExpectedConversation): string[] {
  const found: string[] = [];
  const same = conversation.a === conversation.b;
  for (const [endpoint, theirs] of [
    [conversation.a, conversation.ab],
    [conversation.b, conversation.ba],
  ] as ReadonlyArray<[string, Side]>) {
    const ours = pair.sides.get(endpoint) ?? none();
    for (const name of ['pkts', 'payload_bytes', 'fin', 'rst', 'retx'] as const) {
      if (!same && ours[name] !== theirs[name]) {
        found.push(`${key}: ${name} of ${endpoint} ${ours[name]}, expected ${theirs[name]}`);
      }
    }
  }
  const check = (what: string, ours: number, theirs: number | null) => {
    if (theirs !== null && ours !== theirs) {
      found.push(`${key}: ${what} ${ours}, expected ${theirs}`);
    }
  };
  check('syn', pair.syn, conversation.ab.syn + conversation.ba.syn);
  check('synack', pair.synack, conversation.ab.synack + conversation.ba.synack);
  check('attempts', pair.attempts, conversation.attempts);
  check('handshakes', pair.handshakes, conversation.handshakes);
  if (conversation.connections === 1 && conversation.close !== null) {
    if (conversation.client_by !== null && !pair.clients.has(conversation.a)) {
      found.push(`${key}: client ${[...pair.clients].join()}, expected ${conversation.a}`);
    }
    const allowed = closeClassesOf[conversation.close] ?? [];
    if (!pair.closes.some((close) => allowed.includes(close))) {
      found.push(`${key}: close ${pair.closes.join()}, expected ${conversation.close} (${allowed.join(' or ')})`);
    }
  }
  return found;
}
