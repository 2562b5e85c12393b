import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { advise, feedFields, fields, parseFilter, type RowKind } from '../filter/src/index.js';
import { inRepository } from './plugin-host/paths.js';

/* src/ is built for the browser and does not belong to this program; only its shape is stated here. */
interface Canned {
  label: string;
  filter: string;
}
type Lookup = (reference: string) => string[] | 'all' | null;
const load = async <T>(file: string) => (await import(inRepository(`src/query/${file}`))) as T;
const { cannedFiltersFor } = await load<{ cannedFiltersFor: (rows: RowKind) => Canned[] }>('cannedFilters.ts');
const { interpolateFilter } = await load<{ interpolateFilter: (text: string, lookup: Lookup) => string }>(
  'interpolate.ts'
);
const { kinds } = await load<{
  kinds: Record<string, { defaultMetrics: string[]; defaultGroupBy: string[]; defaultOrder?: { field: string } }>;
}>('kinds.ts');

describe('filters that the editor offers', () => {
  for (const rows of ['windows', 'connections'] as const) {
    for (const { label, filter } of cannedFiltersFor(rows)) {
      it(`"${label}" is valid about ${rows}, and misses nobody`, () => {
        const parsed = parseFilter(filter, rows, { variables: 'refuse' });
        assert.ok(parsed.ok, parsed.ok ? '' : parsed.problem.message);
        const missing = advise(parsed.expression, rows).filter(({ code }) => code === 'ratio-null');
        assert.deepEqual(missing, []);
      });
    }
  }
});

describe('names that the editor starts with', () => {
  const known = new Set([...fields, ...feedFields].map(({ name }) => name));
  for (const [kind, { defaultMetrics, defaultGroupBy, defaultOrder }] of Object.entries(kinds)) {
    it(`are in the catalogue: ${kind}`, () => {
      const names = [...defaultMetrics, ...defaultGroupBy, ...(defaultOrder ? [defaultOrder.field] : [])];
      assert.deepEqual(
        names.filter((name) => !known.has(name)),
        []
      );
    });
  }
});

describe('filters whose variables were replaced', () => {
  const values: Record<string, string[] | 'all'> = {
    $one: ['10.0.0.1'],
    $two: ['10.0.0.1', '2001:db8::/32'],
    $ports: ['443', '8443'],
    $range: ['8000..8080'],
    $all: 'all',
    $odd: ['say "hi"\\', 'or 1 = 1', "it's", '$x', '}'],
    $limit: ['5'],
    $where: ['rst.count > 0 or fin.count = 0'],
    $key: ['rst.count.srv'],
  };
  const lookup: Lookup = (reference) => values[reference] ?? null;
  for (const text of [
    'server.ip = $one',
    'server.ip != $two and rst.count > 0',
    'server.ip not in $two',
    'server.port = $ports or server.port in $range',
    'server.port in {22, $ports}',
    'application = $odd',
    'application in {"a", $odd}',
    'application ~ "^$odd$"',
    'application ~ "$odd"',
    'rst.count > $limit * 2 and $where',
    '$key > $limit',
    '(server.ip in $all) and not (application = $all or rst.count > 0) and rst.count > 0',
    'server.ip in $all',
  ]) {
    it(`are valid: ${text}`, () => {
      const sent = interpolateFilter(text, lookup);
      const parsed = parseFilter(sent, 'windows', { variables: 'refuse' });
      assert.ok(parsed.ok, `${sent}: ${parsed.ok ? '' : parsed.problem.message}`);
    });
  }

  const anyText = fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.constantFrom('"', "'", '\\', '" or 1=1', '\\"')
  );
  // The language refuses control characters; ranges are written bare on purpose.
  const selects = (value: string) => value !== '' && !/\p{Cc}/u.test(value) && !/^\d+\.\.\d+$/.test(value);

  it('mean exactly the value, whatever it is', () => {
    fc.assert(
      fc.property(anyText.filter(selects), fc.constantFrom('$v', '"$v"', "'$v'"), (value, written) => {
        const sent = interpolateFilter(`application = ${written}`, () => [value]);
        const parsed = parseFilter(sent, 'windows', { variables: 'refuse' });
        assert.ok(parsed.ok, sent);
        assert.ok(parsed.expression?.kind === 'compare' && parsed.expression.right.kind === 'string', sent);
        assert.equal(parsed.expression.right.value, value);
      })
    );
  });

  it('stay inside the quotes that the user wrote around more than the variable', () => {
    fc.assert(
      fc.property(anyText.filter(selects), fc.constantFrom('"', "'"), (value, quote) => {
        const sent = interpolateFilter(`application = ${quote}a $v b${quote} and rst.count > 0`, () => [value]);
        const parsed = parseFilter(sent, 'windows', { variables: 'refuse' });
        assert.ok(parsed.ok, sent);
        assert.ok(parsed.expression?.kind === 'and' && parsed.expression.operands.length === 2, sent);
        const [first] = parsed.expression.operands;
        assert.ok(first?.kind === 'compare' && first.right.kind === 'string', sent);
        assert.equal(first.right.value, `a ${value} b`);
      })
    );
  });
});
