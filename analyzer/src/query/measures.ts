import { isOfTimes, mayBeUnknown, valueOfField, type StoredField } from '@tcpscope/filter';
import type { Metric } from './answer.js';
import { ingredientsOf, type Ingredients } from './names.js';
import { attempts, isPerConnection } from './sql/levels.js';

/** What must be asked to know metrics, and why some of them are null. */
export function measured(metrics: readonly Metric[]): Ingredients {
  return ingredientsOf(metrics.some(isPerConnection) ? [...metrics, attempts] : metrics);
}

/** Reads the values of metrics out of rows whose columns are the sums and counts of some ingredients. */
export class Measures {
  private readonly at: ReadonlyMap<StoredField, number>;

  /** @param first index of the first counter's column */
  constructor(
    { counters, distincts, times }: Ingredients,
    private readonly columns: ReadonlyArray<readonly unknown[]>,
    first: number
  ) {
    this.at = new Map<StoredField, number>([...counters, ...distincts, ...times].map((field, i) => [field, first + i]));
  }

  /** The sum of a counter, or a metric of times, in stored units; null for times of nothing and what no row knew. */
  stored(field: StoredField, row: number): number | null {
    const column = this.at.get(field);
    if (column === undefined) {
      throw new TypeError(`${field.name} was not asked for`);
    }
    const value = this.columns[column]![row] ?? null;
    return value === null ? null : Number(value);
  }

  value(metric: Metric, row: number): number | null {
    const value = valueOfField(metric, (field) => this.stored(field, row));
    return typeof value === 'number' ? value : null;
  }

  /** Whether a ratio without a divisor has something that would be divided. */
  isInfinite(metric: Metric, row: number): boolean {
    if (!isPerConnection(metric) || metric.kind !== 'ratio' || this.value(metric, row) !== null) {
      return false;
    }
    const { counters } = ingredientsOf([metric]);
    const divided = counters.filter(({ name }) => metric.numerator.includes(name));
    return [...divided, attempts].some((counter) => Number(this.stored(counter, row)) > 0);
  }
}

/** The value of a metric where something was captured and none of it matched: what may be unknown is so there. */
export function valueOfNothing(metric: Metric): number | null {
  const none = metric.kind === 'ratio' || isOfTimes(metric) || mayBeUnknown(metric);
  return none ? null : 0;
}
