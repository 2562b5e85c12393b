import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { analyze, pick, type Analysis } from './analyze.js';
import type { Packet } from './capture-file.js';
import type { PipelineOptions } from '../../analyzer/src/pipeline/pipeline.js';
import type { Talk } from './talk.js';

/**
 * One rule of the semantics: packets, the connections they must give (by their beginning), totals and
 * rows of windows. Only the facts that are named are compared.
 */
export interface Rule {
  readonly packets: () => Talk | readonly Packet[];
  readonly options?: PipelineOptions;
  readonly connections: ReadonlyArray<Record<string, unknown>>;
  readonly totals?: Record<string, number | null>;
  /** Roles are corrected after a window was written: sides of connections and of totals then differ. */
  readonly turned?: true;
  /** Rows of windows by the second of the first packet (rounded down to ten), in the order in which they are written. */
  readonly windows?: ReadonlyArray<Record<string, unknown> & { readonly after: number }>;
}

/**
 * A table of rules, named as facts. They stand beside what follows them, in `analyzer/src/flow`: who is client and server in
 * `roles.test.ts`; attempts, handshakes and feeds that miss packets in `opening.test.ts`; FINs, RSTs and retransmissions in
 * `closing.test.ts`; how long a connection is kept, and what a full table gives up, in `connections.test.ts`; when numbers are
 * booked in `window-book.test.ts`; clocks in `clock.test.ts`; and whole stories in `rules.test.ts`.
 */
export function rules(about: string, table: Readonly<Record<string, Rule>>): void {
  describe(about, () => {
    for (const [name, rule] of Object.entries(table)) {
      test(name, () => check(analyze(rule.packets(), rule.options), rule));
    }
  });
}

function check(analysis: Analysis, rule: Rule): void {
  const { connections } = analysis;
  assert.equal(connections.length, rule.connections.length, `connections: ${JSON.stringify(connections.map(brief))}`);
  rule.connections.forEach((expected, i) => {
    assert.deepEqual(pick(connections[i] ?? {}, expected), expected);
  });
  if (rule.totals !== undefined) {
    assert.deepEqual(pick(analysis.totals, rule.totals), rule.totals);
  }
  if (rule.windows !== undefined) {
    checkWindows(analysis, rule.windows);
  }
  addsUp(analysis, rule.turned === true);
}

function checkWindows({ windows }: Analysis, expected: NonNullable<Rule['windows']>): void {
  const first = Math.min(...windows.map((row) => row.window));
  const rows = windows.map((row) => ({ ...row, ...row.counters, after: row.window - first }));
  assert.equal(rows.length, expected.length, `rows of windows: ${JSON.stringify(rows)}`);
  expected.forEach((row, i) => {
    const found = Object.entries(pick({ ...rows[i] }, row)).map(([name, value]) => [name, value ?? 0]);
    assert.deepEqual(Object.fromEntries(found), row);
  });
}

function brief(connection: Record<string, unknown>): unknown {
  return pick(connection, { close: 0, state: 0, history: 0, 'syn.count': 0, 'client.port': 0 });
}

/** Every packet is in one connection, and connections, conversations and totals agree. */
function addsUp(analysis: Analysis, turned: boolean): void {
  const names = [
    'packets.clt',
    'packets.srv',
    'bytes',
    'syn.count',
    'synack.count',
    'ct.count',
    'fin.count',
    'rst.count',
  ];
  for (const name of names) {
    const sum = analysis.connections.reduce((all, row) => all + Number(row[name]), 0);
    const byConversation = analysis.conversations.reduce((all, row) => all + Number(row[name]), 0);
    assert.equal(byConversation, analysis.totals[name], `${name} of conversations and totals`);
    if (!turned || !/\.(clt|srv)$/.test(name)) {
      assert.equal(sum, analysis.totals[name], `${name} of connections and totals`);
    }
  }
  assert.equal(analysis.totals['packets'], analysis.packets.tcp);
}
