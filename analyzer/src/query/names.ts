import {
  dimensions,
  findField,
  formulaOf,
  histograms,
  isOfTimes,
  nearestFields,
  type Dimension,
  type Distinct,
  type Counter,
  type Field,
  type FieldKind,
  type Histogram,
  type RowKind,
  type TimeMetric,
} from '@tcpscope/filter';
import { errorKinds, TcpscopeError } from '../errors.js';
import type { Metric } from './answer.js';

const words: Readonly<Record<FieldKind, string>> = {
  dimension: 'a dimension; put it into groupBy',
  attribute: 'a fact of single connections; use kind "connections"',
  counter: 'a counter',
  sum: 'a counter',
  ratio: 'a ratio',
  percentile: 'a percentile',
  mean: 'a mean',
  distinct: 'a number of different values',
};

/** The field of a name on any rows, for saying what was meant instead. */
function anywhere(name: string): Field | undefined {
  return findField(name, 'windows') ?? findField(name, 'connections');
}

function unknown(error: TcpscopeError, name: string, rows: RowKind, fits: (field: Field) => boolean): TcpscopeError {
  const candidate = nearestFields(name, rows, 10).find((near) => {
    const field = findField(near, rows);
    return field !== undefined && fits(field);
  });
  if (candidate !== undefined) {
    error.hint = candidate;
  }
  return error;
}

export function isMetric(field: Field): field is Metric {
  return field.kind !== 'dimension' && field.kind !== 'attribute';
}

/** The metric of a name or alias. Throws `queryMetric`. */
export function metricOf(name: string): Metric {
  const field = findField(name.trim(), 'windows');
  if (field !== undefined && isMetric(field)) {
    return field;
  }
  const other = field ?? anywhere(name.trim());
  if (other !== undefined) {
    throw new TcpscopeError(errorKinds.queryNotMetric, [other.name, words[other.kind]]);
  }
  throw unknown(new TcpscopeError(errorKinds.queryMetric, [name]), name, 'windows', isMetric);
}

const allDimensions = dimensions.map(({ name }) => name).join(', ');

/** The dimension of a name or alias. Throws `queryDimension`. */
export function dimensionOf(name: string): Dimension {
  const field = findField(name.trim(), 'windows');
  if (field?.kind === 'dimension') {
    return field;
  }
  const other = field ?? anywhere(name.trim());
  if (other !== undefined) {
    throw new TcpscopeError(errorKinds.queryNotDimension, [other.name, words[other.kind], allDimensions]);
  }
  const error = new TcpscopeError(errorKinds.queryDimension, [name, allDimensions]);
  throw unknown(error, name, 'windows', ({ kind }) => kind === 'dimension');
}

/** The field that single connections have under a name. Throws `queryField`. */
export function connectionFieldOf(name: string): Field {
  const field = findField(name.trim(), 'connections');
  if (field === undefined) {
    throw unknown(new TcpscopeError(errorKinds.queryField, [name]), name, 'connections', () => true);
  }
  return field;
}

/** What must be summed, found in histograms, and counted as different, to know some fields. */
export interface Ingredients {
  readonly counters: readonly Counter[];
  readonly distincts: readonly Distinct[];
  readonly times: readonly TimeMetric[];
}

export function ingredientsOf(fields: readonly Field[]): Ingredients {
  const counters = new Set<Counter>();
  const distincts = new Set<Distinct>();
  const times = new Set<TimeMetric>();
  for (const field of fields) {
    if (field.kind === 'distinct') {
      distincts.add(field);
    }
    if (isOfTimes(field)) {
      times.add(field);
    }
    const formula = formulaOf(field);
    formula?.numerator.forEach((counter) => counters.add(counter));
    formula?.denominator?.forEach((counter) => counters.add(counter));
  }
  return { counters: [...counters], distincts: [...distincts], times: [...times] };
}

/** The dimension whose values a distinct count counts. */
export function countedBy(distinct: Distinct): Dimension {
  return dimensions.find(({ name }) => name === distinct.of)!;
}

/** The histogram that it is found in. */
export function foundIn({ of }: TimeMetric): Histogram {
  return histograms.find(({ name }) => name === of)!;
}

export const conversationKey = ['client.ip', 'server.ip', 'server.port'].map(dimensionOf);
