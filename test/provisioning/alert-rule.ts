import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { inRepository } from '../plugin-host/paths.js';

export interface Step {
  refId: string;
  datasourceUid: string;
  relativeTimeRange?: { from: number; to: number };
  model: Record<string, unknown> & {
    type?: string;
    expression?: string;
    reducer?: string;
    conditions?: Array<{ evaluator: Evaluator; unloadEvaluator?: Evaluator }>;
  };
}
interface Evaluator {
  type: string;
  params: [number];
}
export interface Rule {
  title: string;
  condition: string;
  data: Step[];
}

export function ruleOf(file: string, title: string): Rule {
  const text = readFileSync(inRepository(`provisioning/alerting/${file}`), 'utf8');
  const { groups } = parse(text) as { groups: Array<{ rules: Rule[] }> };
  const found = groups.flatMap(({ rules }) => rules).find((rule) => rule.title === title);
  if (found === undefined) {
    throw new Error(`there is no rule "${title}" in ${file}`);
  }
  return found;
}

/** Series or numbers by their labels, written as one text. */
export type Points = ReadonlyMap<string, ReadonlyArray<number | null>>;
type Numbers = ReadonlyMap<string, number>;

export interface Outcome {
  /** The values of every step but the queries. */
  readonly values: ReadonlyMap<string, Numbers>;
  /** Labels of what fires. */
  readonly firing: readonly string[];
}

/**
 * Evaluates a rule as Grafana's expressions do, as far as these rules use them: `reduce` with nulls dropped, `math` over
 * the labels that both sides have, `threshold` with the other threshold for what was firing before.
 */
export async function evaluate(
  { data, condition }: Rule,
  ask: (model: Step['model'], range: { from: number; to: number }) => Promise<Points>,
  before: readonly string[] = []
): Promise<Outcome> {
  const queried = new Map<string, Points>();
  const values = new Map<string, Numbers>();
  for (const { refId, datasourceUid, relativeTimeRange, model } of data) {
    if (datasourceUid !== '__expr__') {
      const points = await ask(model, relativeTimeRange!);
      queried.set(refId, points);
      // An answer of numbers is a number already.
      values.set(refId, new Map([...points].map(([labels, [first]]) => [labels, first ?? NaN])));
      continue;
    }
    const expression = model.expression ?? '';
    switch (model.type) {
      case 'reduce':
        values.set(
          refId,
          new Map([...(queried.get(expression) ?? [])].map(([labels, all]) => [labels, reduce(model.reducer!, all)]))
        );
        break;
      case 'math':
        values.set(refId, math(expression, values));
        break;
      case 'threshold': {
        const [{ evaluator, unloadEvaluator } = { evaluator: undefined }] = model.conditions ?? [];
        const is = ({ type, params: [limit] }: Evaluator, value: number) =>
          type === 'gt' ? value > limit : value < limit;
        const fires = (labels: string, value: number) =>
          unloadEvaluator !== undefined && before.includes(labels)
            ? !is(unloadEvaluator, value)
            : is(evaluator!, value);
        const numbers = [...values.get(expression)!];
        values.set(refId, new Map(numbers.map(([labels, value]) => [labels, fires(labels, value) ? 1 : 0])));
        break;
      }
      default:
        throw new Error(`the step ${refId} is a ${model.type}`);
    }
  }
  const firing = [...values.get(condition)!].filter(([, value]) => value !== 0).map(([labels]) => labels);
  return { values, firing };
}

function reduce(reducer: string, points: ReadonlyArray<number | null>): number {
  const known = points.filter((value) => value !== null);
  const sum = known.reduce((total, value) => total + value, 0);
  return reducer === 'count' ? known.length : reducer === 'sum' ? sum : sum / known.length;
}

function math(expression: string, values: ReadonlyMap<string, Numbers>): Numbers {
  const names = [...new Set([...expression.matchAll(/\$(\w+)/g)].map(([, name]) => name!))];
  const [first, ...others] = names.map((name) => values.get(name) ?? new Map<string, number>());
  const shared = [...first!.keys()].filter((labels) => others.every((one) => one.has(labels)));
  if (!/^[\s\d.$A-Z()+\-*/<>=]+$/.test(expression)) {
    throw new Error(`"${expression}" has more than arithmetic and comparisons`);
  }
  // Comparisons are 1 or 0 there as here.
  const calculate = new Function(...names, `return Number(${expression.replaceAll('$', '')})`) as (
    ...numbers: number[]
  ) => number;
  return new Map(shared.map((labels) => [labels, calculate(...names.map((name) => values.get(name)!.get(labels)!))]));
}
