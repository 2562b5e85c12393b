import { fields, formulaOf, isMaximum, isOfTimes, type Counter, type Field, type TimeMetric } from '@tcpscope/filter';
import { connectionCounters, windowCounters } from '../flow/index.js';
import type { ConnectionRow } from './collector.js';
import { timeOf, type Sums } from './sums.js';

/** Metrics by name, in the order of the catalogue: counts; ratios and metrics of times are null where there is none. */
export type Metrics = Record<string, number | null>;

/**
 * A metric over counters that lie in a fixed order. How it comes from them is worked out once: a report computes some
 * hundred metrics for each conversation, and looking up every counter by its name took most of its time.
 */
interface Recipe {
  readonly name: string;
  /** The name as JSON has it, with the colon. */
  readonly label: string;
  /** The value in the field's own unit, from sums in stored units; as `valueOfField` computes it. */
  readonly of: (sums: Sums) => number | null;
}

function recipesOf(metrics: readonly Field[], given: readonly Counter[]): readonly Recipe[] {
  const place = new Map(given.map((counter, i) => [counter.name, i]));
  return metrics.map((field) => ({
    name: field.name,
    label: `${JSON.stringify(field.name)}:`,
    of: isOfTimes(field) ? timeIn(field) : formulaOver(field, place),
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
  const largest = isMaximum(field);
  const numerator = places(formula.numerator);
  const denominator = formula.denominator === null ? null : places(formula.denominator);
  return ({ counters }) => {
    const value = total(counters, numerator) / scale;
    if (Number.isNaN(value) || (value === 0 && largest)) {
      return null; // a counter that is unknown, the largest of nothing
    }
    if (denominator === null) {
      return value;
    }
    const divisor = total(counters, denominator);
    return divisor === 0 ? null : value / divisor;
  };
}

function timeIn(field: TimeMetric): Recipe['of'] {
  return (sums) => {
    const value = timeOf(sums, field);
    return value === null ? null : value / field.scale;
  };
}

function total(counters: Float64Array, places: readonly number[]): number {
  let sum = 0;
  for (const place of places) {
    sum += counters[place] as number;
  }
  return sum;
}

/** Counters, sums, ratios and times: all that a report says of a group. */
const groupRecipes = recipesOf(
  fields.filter(({ kind }) => ['counter', 'sum', 'ratio', 'percentile', 'mean'].includes(kind)),
  windowCounters
);
const byName = new Map(groupRecipes.map((recipe) => [recipe.name, recipe]));

/** Every metric of a group. */
export function metricsOf(sums: Sums): Metrics {
  return Object.fromEntries(groupRecipes.map(({ name, of }) => [name, of(sums)]));
}

/** One metric of a group; null when there is no such metric. */
export function metricOf(name: string, sums: Sums): number | null {
  return byName.get(name)?.of(sums) ?? null;
}

/** The members of the JSON object of `metricsOf`, without an object of a hundred members in between. */
export function metricsText(sums: Sums): string {
  return membersOf(groupRecipes, sums);
}

function membersOf(recipes: readonly Recipe[], sums: Sums): string {
  let text = '';
  for (const { label, of } of recipes) {
    const value = of(sums);
    text += `${text === '' ? '' : ','}${label}${Number.isFinite(value) ? value : 'null'}`;
  }
  return text;
}

const connectionRecipes = recipesOf(
  [...connectionCounters, ...fields.filter((field) => field.kind === 'sum' && field.rows === 'both')],
  connectionCounters
);
const ofConnection: Sums = { counters: new Float64Array(connectionCounters.length), times: [] };

function sumsOf({ batch, row }: ConnectionRow): Sums {
  for (let i = 0; i < connectionCounters.length; i++) {
    ofConnection.counters[i] = batch.counters[i]?.[row] as number;
  }
  return ofConnection;
}

/** Every metric that a single connection has. */
export function connectionMetrics(connection: ConnectionRow): Metrics {
  const sums = sumsOf(connection);
  return Object.fromEntries(connectionRecipes.map(({ name, of }) => [name, of(sums)]));
}

/** The members of the JSON object of `connectionMetrics`. */
export function connectionMetricsText(connection: ConnectionRow): string {
  return membersOf(connectionRecipes, sumsOf(connection));
}
