import { combine, referencedFields, splitConjuncts, type Expression } from '@tcpscope/filter';
import type { Statement } from '../answer.js';
import type { Segment } from '../segments.js';
import { Bindings } from './bindings.js';
import { bucket, sourceOf } from './source.js';

/** The part of a condition that says whose capture is asked for, not what is in it. */
export function probeCondition(where: Expression | null): Expression | null {
  const { dimensions } = splitConjuncts(where);
  const parts = dimensions === null ? [] : dimensions.kind === 'and' ? dimensions.operands : [dimensions];
  const onProbe = (part: Expression) => referencedFields(part).every(({ name }) => name === 'probe');
  return combine('and', parts.filter(onProbe));
}

/** Also where there is nothing but rows that are left out, something was captured. */
const captured = (segments: readonly Segment[]) => segments.map(({ rows: _, ...segment }): Segment => segment);

/**
 * The buckets in which anything at all was captured: there, nothing found means 0; elsewhere it means unknown. Columns:
 * start of the bucket and, where series are told apart by it, the probe.
 */
export function presenceStatement(
  segments: readonly Segment[],
  step: number,
  where: Expression | null,
  byProbe: boolean
): Statement {
  const bindings = new Bindings();
  const columns = ['bucket', ...(byProbe ? ['probe'] : [])];
  const source = sourceOf(captured(segments), [bucket(step), ...columns.slice(1)], probeCondition(where), bindings);
  const sql = `SELECT DISTINCT ${columns.join(', ')}\nFROM ${source}`;
  return { what: 'When anything was captured', sql, parameters: bindings.parameters };
}

/** Whether anything at all was captured in a range: one row or none. */
export function anythingStatement(segments: readonly Segment[], where: Expression | null): Statement {
  const bindings = new Bindings();
  const sql = `SELECT 1\nFROM ${sourceOf(captured(segments), [], probeCondition(where), bindings)}\nLIMIT 1`;
  return { what: 'Whether anything was captured', sql, parameters: bindings.parameters };
}
