import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Finding, FindingKind } from '../diagnose/index.js';
import { whyText } from './why.js';

function finding(kind: FindingKind, number: number): Finding {
  return {
    kind,
    severity: 'high',
    origin: null,
    confidence: 0.9,
    client: `10.0.0.${number}`,
    server: null,
    port: 22,
    since: 0,
    until: 1,
    clients: 1,
    connections: 30,
    text: `what ${kind} ${number} is about`,
    rival: null,
    nextCheck: 'Look.',
    filter: 'server.port = 22',
  };
}

const list = (kind: FindingKind, length: number) => Array.from({ length }, (_, i) => finding(kind, i));
const text = (findings: readonly Finding[], top: number) =>
  whyText({ causes: [], conversations: new Map(), findings }, { color: false, top });

test('many findings of one kind do not hide the others', () => {
  const page = text([...list('host-sweep', 40), ...list('refusal-storm', 2)], 10);
  assert.equal(page.match(/what host-sweep/g)?.length, 3);
  assert.match(page, /and 37 more host-sweep\n/);
  assert.equal(page.match(/what refusal-storm/g)?.length, 2);
  assert.doesNotMatch(page, /more refusal-storm/);
});

test('what there is no room for is counted', () => {
  const page = text([...list('host-sweep', 3), ...list('refusal-storm', 5), ...list('syn-loss', 2)], 3);
  assert.doesNotMatch(page, /what (refusal-storm|syn-loss)/);
  assert.match(page, /and 5 refusal-storm, 2 syn-loss/);
});

test('without findings nothing is said', () => {
  assert.equal(text([], 10), '');
});
