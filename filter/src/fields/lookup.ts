import { fields, type Field, type Side, type TimeMetric } from '../catalogue/index.js';
import { mayBeUnknown } from './formula.js';

/**
 * `windows` are conversations and groups, summed over a range; `connections` are single connections. One word may mean
 * different fields on them: `ct` is `ct.avg` of a group and the handshake time of a connection.
 */
export type RowKind = 'windows' | 'connections';

interface Names {
  readonly fields: readonly Field[];
  /** By canonical name or alias, lower case. */
  readonly exact: ReadonlyMap<string, Field>;
  /** By the name without its side, and the side: `rst.count.srv`, `rst.count.server`, `server.rst.count` are one. */
  readonly sided: ReadonlyMap<string, Field>;
}

const sideWords: Readonly<Record<string, Side>> = { clt: 'client', client: 'client', srv: 'server', server: 'server' };

/** What a name says apart from where it says the side; null when it names no side. */
function sidedKey(name: string): string | null {
  const parts = name.split('.');
  const first = parts[0] ?? '';
  const last = parts.at(-1) ?? '';
  if (parts.length < 2) {
    return null;
  }
  if (first === 'client' || first === 'server') {
    return `${parts.slice(1).join('.')} ${first}`;
  }
  return Object.hasOwn(sideWords, last) ? `${parts.slice(0, -1).join('.')} ${sideWords[last]}` : null;
}

/** Canonical names win over aliases, and names that are written win over synonyms that are made. */
function namesOf(rows: RowKind): Names {
  const here = fields.filter((field) => field.rows === rows || field.rows === 'both');
  const exact = new Map<string, Field>();
  const sided = new Map<string, Field>();
  for (const names of [(field: Field) => [field.name], (field: Field) => field.aliases]) {
    for (const field of here) {
      for (const name of names(field)) {
        const key = sidedKey(name);
        if (!exact.has(name)) {
          exact.set(name, field);
        }
        if (key !== null && !sided.has(key)) {
          sided.set(key, field);
        }
      }
    }
  }
  return { fields: here, exact, sided };
}

const byRows: Readonly<Record<RowKind, Names>> = {
  windows: namesOf('windows'),
  connections: namesOf('connections'),
};

/** The fields that these rows have, in the order of the catalogue. */
export function fieldsOf(rows: RowKind): readonly Field[] {
  return byRows[rows].fields;
}

/** The field of that name, alias or synonym, in any case; undefined when these rows have none. */
export function findField(name: string, rows: RowKind): Field | undefined {
  const { exact, sided } = byRows[rows];
  const lower = name.toLowerCase();
  const found = exact.get(lower);
  if (found !== undefined) {
    return found;
  }
  const key = sidedKey(lower);
  return key === null ? undefined : sided.get(key);
}

/** Whether a text field holds zone paths, of which `in "/Local"` takes the zones below too. */
export function isZone(field: Field): boolean {
  return field.kind === 'dimension' && field.name.endsWith('.zone');
}

/**
 * Whether rows may have no value of it: ratios without a divisor, times of nothing, counts that nobody knows, and facts
 * of what need not have happened.
 */
export function mayBeNull(field: Field): boolean {
  switch (field.kind) {
    case 'ratio':
    case 'percentile':
    case 'mean':
      return true;
    case 'attribute':
      return /^(ct|rtt)\b/.test(field.name) || (field.values !== undefined && !['close', 'role'].includes(field.name));
    default:
      return mayBeUnknown(field);
  }
}

/** Whether it is found among times that are stored one by one. */
export function isOfTimes(field: Field): field is TimeMetric {
  return field.kind === 'percentile' || field.kind === 'mean';
}

/** The values of an enumeration; undefined for every other field. */
export function enumeration(field: Field): readonly string[] | undefined {
  return field.kind === 'attribute' ? field.values : undefined;
}
