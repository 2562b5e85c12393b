import { fields, formulaOf, type Counter, type Field } from '@tcpscope/filter';
import { connectionCounters, windowCounters } from '../flow/index.js';
import type { ConnectionRow } from './collector.js';

/** Metrics by name, in the order of the catalogue: counts, and ratios that are null where there is nothing to divide by. */
export type Metrics = Record<string, number | null>;

/**
 * A metric over counters that lie in a fixed order. How it comes from them is worked out once: a report computes some
 * hundred metrics for each conversation, and looking up every counter by its name took most of its time.
 */
interface Recipe {
  readonly name: string;
  /** The name as JSON has it, with the colon. */
  readonly label: string;
  /** The value in the field's own unit, from counters in stored units; as `valueOfField` computes it. */
  readonly of: (counters: Float64Array) => number | null;
}

function recipesOf(metrics: readonly Field[], given: readonly Counter[]): readonly Recipe[] {
  const place = new Map(given.map((counter, i) => [counter.name, i]));
  return metrics.map((field) => ({
    name: field.name,
    label: `${JSON.stringify(field.name)}:`,
    of: formulaOver(field, place),
  }));
}

function formulaOver(field: Field, place: ReadonlyMap<string, number>): Recipe['of'] {
  const formula = formulaOf(field);
  const needed = [...(formula?.numerator ?? []), ...(formula?.denominator ?? [])];
  if (formula === null || needed.some(({ name }) => !place.has(name))) {
    return () => null;
  }
  const places = (counters: readonly Counter[]) => counters.map(({ name }) => place.get(name) as number);
  const { scale } = formula;
  const numerator = places(formula.numerator);
  const denominator = formula.denominator === null ? null : places(formula.denominator);
  return (counters) => {
    const value = total(counters, numerator) / scale;
    if (denominator === null) {
      return value;
    }
    const divisor = total(counters, denominator);
    return divisor === 0 ? null : value / divisor;
  };
}

function total(counters: Float64Array, places: readonly number[]): number {
  let sum = 0;
  for (const place of places) {
    sum += counters[place] as number;
  }
  return sum;
}

/** Counters, sums and ratios: all that a report says of a group. */
const groupRecipes = recipesOf(
  fields.filter(({ kind }) => kind === 'counter' || kind === 'sum' || kind === 'ratio'),
  windowCounters
);
const byName = new Map(groupRecipes.map((recipe) => [recipe.name, recipe]));

/** Adds counters of a conversation to those of a group. */
export function addCounters(sum: Float64Array, counters: Float64Array): void {
  for (let i = 0; i < windowCounters.length; i++) {
    const value = counters[i] as number;
    sum[i] = windowCounters[i]?.aggregate === 'max' ? Math.max(sum[i] as number, value) : (sum[i] as number) + value;
  }
}

/** Every metric of a group from its counters (in stored units, as they come in batches). */
export function metricsOf(counters: Float64Array): Metrics {
  return Object.fromEntries(groupRecipes.map(({ name, of }) => [name, of(counters)]));
}

/** One metric of a group; null when there is no such metric. */
export function metricOf(name: string, counters: Float64Array): number | null {
  return byName.get(name)?.of(counters) ?? null;
}

/** The members of the JSON object of `metricsOf`, without an object of a hundred members in between. */
export function metricsText(counters: Float64Array): string {
  return membersOf(groupRecipes, counters);
}

function membersOf(recipes: readonly Recipe[], counters: Float64Array): string {
  let text = '';
  for (const { label, of } of recipes) {
    const value = of(counters);
    text += `${text === '' ? '' : ','}${label}${Number.isFinite(value) ? value : 'null'}`;
  }
  return text;
}

const connectionRecipes = recipesOf(
  [...connectionCounters, ...fields.filter((field) => field.kind === 'sum' && field.rows === 'both')],
  connectionCounters
);
const ofConnection = new Float64Array(connectionCounters.length);

function countersOf({ batch, row }: ConnectionRow): Float64Array {
  for (let i = 0; i < ofConnection.length; i++) {
    ofConnection[i] = batch.counters[i]?.[row] as number;
  }
  return ofConnection;
}

/** Every metric that a single connection has. */
export function connectionMetrics(connection: ConnectionRow): Metrics {
  const counters = countersOf(connection);
  return Object.fromEntries(connectionRecipes.map(({ name, of }) => [name, of(counters)]));
}

/** The members of the JSON object of `connectionMetrics`. */
export function connectionMetricsText(connection: ConnectionRow): string {
  return membersOf(connectionRecipes, countersOf(connection));
}
